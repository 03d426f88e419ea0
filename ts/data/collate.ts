/** @file From samples to a batch. */

import { expectNumber, fail, sameShape, show } from "../core/shape.ts";
import { Tensor } from "../core/tensor.ts";
import { full, tensor } from "../ops/create.ts";
import { stack } from "../ops/join.ts";
import { transpose } from "../ops/shape.ts";

/** What `defaultCollate` makes of samples of a type. */
export type Collated<Sample> = Sample extends Tensor | number | boolean | TypedNumbers
  ? Tensor
  : Sample extends readonly unknown[]
    ? { [K in keyof Sample]: Collated<Sample[K]> }
    : Sample extends object
      ? { [K in keyof Sample]: Collated<Sample[K]> }
      : Sample[];

type TypedNumbers = Float32Array | Float64Array | Int32Array;

const isTyped = (x: unknown): x is TypedNumbers =>
  x instanceof Float32Array || x instanceof Float64Array || x instanceof Int32Array;

/**
 * Stacks tensors and typed arrays along a new first axis; makes numbers a float32 tensor and booleans a bool one (for
 * class numbers give int32 tensors of shape []); goes into arrays and objects; keeps the rest, such
 * as strings, as a list.
 *
 * @throws RangeError when samples have different shapes, lengths or keys; TypeError when they are of different kinds
 *
 * @example
 * defaultCollate([1, 2, 3]).toArray(); // [1, 2, 3]
 */
export function defaultCollate<Sample>(samples: readonly Sample[]): Collated<Sample> {
  return collate(samples, "the sample") as Collated<Sample>;
}

function collate(samples: readonly unknown[], what: string): unknown {
  const [first] = samples;
  const odd = samples.findIndex((s) => kindOf(s) !== kindOf(first));
  if (odd >= 0) {
    throw new TypeError(
      `defaultCollate: expected ${what} to be of one kind, got ${kindOf(first)} and ${kindOf(samples[odd])}`,
    );
  }
  if (first instanceof Tensor) return stacked(samples as Tensor[], what);
  if (isTyped(first)) {
    const tensors = (samples as TypedNumbers[]).map((s) => tensor(s));
    const batch = stacked(tensors, what);
    for (const t of tensors) t.free();
    return batch;
  }
  if (typeof first === "number") return tensor(samples as number[]);
  if (typeof first === "boolean") return tensor(samples as boolean[], { dtype: "bool" });
  if (typeof first !== "object" || first === null) return [...samples];
  const keys = Object.keys(first);
  const fields = keys.map((key) => {
    const values = samples.map((s) => {
      const own = Object.keys(s as object);
      if (own.length !== keys.length || !Object.hasOwn(s as object, key)) {
        fail("defaultCollate", what, `to have the fields ${keys.join(", ")}`, own.join(", "));
      }
      return (s as Record<string, unknown>)[key];
    });
    return [key, collate(values, `field ${key} of ${what}`)] as const;
  });
  return Array.isArray(first) ? fields.map(([, batch]) => batch) : Object.fromEntries(fields);
}

function kindOf(x: unknown): string {
  if (x instanceof Tensor) return `${x.dtype} tensor`;
  if (isTyped(x)) return x.constructor.name;
  return Array.isArray(x) ? "array" : x === null ? "null" : typeof x;
}

function stacked(tensors: readonly Tensor[], what: string): Tensor {
  const { shape } = tensors[0]!;
  const odd = tensors.find((t) => !sameShape(t.shape, shape));
  if (odd) {
    const got = `${show(shape)} and ${show(odd.shape)}; padCollate makes them alike`;
    fail("defaultCollate", what, "to have one shape", got);
  }
  return stack(tensors);
}

/** Options of `padCollate`. */
export interface PadOptions {
  /** What fills the rest. Default 0. */
  value?: number;
  /** [B, T, ...] instead of [T, B, ...]. Default false. */
  batchFirst?: boolean;
}

/**
 * A collate function for sequences of different lengths: pads them to the longest.
 *
 * @returns from samples [Ti, ...] to `padded` [T, B, ...], or [B, T, ...], and `lengths`, int32 [B]
 * @throws RangeError when the sequences differ in more than their length, or have no axis; TypeError for what is no tensor
 */
export function padCollate({ value = 0, batchFirst = false }: PadOptions = {}): (
  samples: readonly (Tensor | TypedNumbers)[],
) => { padded: Tensor; lengths: Tensor } {
  expectNumber("padCollate", "value", value);
  return (samples) => {
    const parts = samples.map((s) => (s instanceof Tensor ? s : { view: () => s, ...like(s) }));
    const { shape, dtype } = parts[0]!;
    const [, ...rest] = shape;
    for (const part of parts) {
      if (part.shape.length === 0) fail("padCollate", "a sequence", "to have a time axis", "[]");
      if (!sameShape(part.shape.slice(1), rest) || part.dtype !== dtype) {
        const expected = `to be ${dtype} [T${rest.map((d) => `, ${d}`).join("")}]`;
        fail("padCollate", "each sequence", expected, `${part.dtype} ${show(part.shape)}`);
      }
    }
    const lengths = parts.map((part) => part.shape[0]!);
    const T = Math.max(...lengths);
    const batch = full([parts.length, T, ...rest], value, { dtype });
    const length = batch.size / parts.length;
    parts.forEach((part, b) => batch.view().set(part.view(), b * length));
    const padded = batchFirst ? batch : transpose(batch, 0, 1);
    if (padded !== batch) batch.free();
    return { padded, lengths: tensor(lengths, { dtype: "int32" }) };
  };
}

function like(x: TypedNumbers): Pick<Tensor, "shape" | "dtype"> {
  if (!isTyped(x)) {
    throw new TypeError(`padCollate: expected tensors or typed arrays, got ${typeof x}`);
  }
  const dtype =
    x instanceof Int32Array ? "int32" : x instanceof Float64Array ? "float64" : "float32";
  return { shape: [x.length], dtype };
}
