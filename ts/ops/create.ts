/** @file Tensors from values. */

import { BYTES, type DType, expectDType, isFloat, type TypedArray } from "../core/dtype.ts";
import {
  expectNumber,
  expectInteger,
  expectShapeOf,
  fail,
  type Shape,
  show,
  sizeOf,
} from "../core/shape.ts";
import { empty, Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { methods } from "./methods.ts";

// Whoever makes a tensor can chain ops on it; here, where no bundler can drop it.
for (const [name, method] of Object.entries(methods)) {
  Object.defineProperty(Tensor.prototype, name, {
    value(this: Tensor, ...rest: unknown[]) {
      return (method as (x: Tensor, ...rest: unknown[]) => unknown)(this, ...rest);
    },
    configurable: true,
    writable: true,
  });
}

/** Options of `tensor`, `zeros` and the like. */
export interface TensorOptions {
  /** Default: float32, or what the values say (booleans, Float64Array, Int32Array). */
  dtype?: DType;
  /** Default false. */
  requiresGrad?: boolean;
}

export type NestedNumbers = number | boolean | readonly NestedNumbers[];

/**
 * A tensor of the given values: nested arrays, or flat ones with a shape. The values are copied.
 *
 * @throws RangeError for ragged arrays, and for a shape that does not fit
 * @throws TypeError for values that are not numbers, or that the dtype cannot hold
 *
 * @example
 * tensor([[1, 2], [3, 4]]).shape; // [2, 2]
 * tensor(new Float64Array(6), [2, 3], { requiresGrad: true }).dtype; // "float64"
 * tensor([1, 0, 2], { dtype: "int32" }).toArray(); // [1, 0, 2]
 */
export function tensor(values: NestedNumbers | TypedArray, options?: TensorOptions): Tensor;
export function tensor(
  values: NestedNumbers | TypedArray,
  shape: Shape,
  options?: TensorOptions,
): Tensor;
export function tensor(
  values: NestedNumbers | TypedArray,
  second?: Shape | TensorOptions,
  third?: TensorOptions,
): Tensor {
  const shape = Array.isArray(second) ? (second as Shape) : undefined;
  const options = (shape ? third : (second as TensorOptions | undefined)) ?? {};
  const flat = ArrayBuffer.isView(values) ? fromTypedArray(values) : flatten(values);
  const dtype = options.dtype ?? flat.dtype;
  expectDType("tensor", dtype);
  const sizes = expectShapeOf("tensor", shape ? [...shape] : flat.shape, BYTES[dtype]);
  if (sizeOf(sizes) !== flat.values.length) {
    fail("tensor", "the values", `to fill ${show(sizes)}`, `${flat.values.length} of them`);
  }
  if (!isFloat(dtype)) expectWhole("tensor", flat.values, dtype);
  const t = empty(sizes, dtype);
  t.view().set(flat.values);
  return finish(t, options);
}

type Flat = { values: ArrayLike<number>; shape: number[]; dtype: DType };

function fromTypedArray(array: ArrayBufferView): Flat {
  const dtype =
    array instanceof Float64Array ? "float64" : array instanceof Int32Array ? "int32" : "float32";
  if (
    array instanceof DataView ||
    array instanceof BigInt64Array ||
    array instanceof BigUint64Array
  ) {
    throw new TypeError("tensor: expected numbers, got a DataView or a BigInt array");
  }
  const values = array as unknown as Float32Array; // every other view is an array of numbers
  try {
    values.subarray(0, 0).fill(0); // an array that lost its memory has no elements, but throws when it is used
  } catch (cause) {
    throw new TypeError("tensor: expected numbers, got an array whose buffer was detached or cut", {
      cause,
    });
  }
  return { values, shape: [values.length], dtype };
}

/** More axes than any tensor has: arrays that contain themselves end here. */
const DEEPEST = 64;

/** Reads nested arrays once, depth first. */
function flatten(nested: NestedNumbers): Flat {
  const values: number[] = [];
  const shape: number[] = [];
  let [leaves, booleans] = [-1, 0];
  const visit = (part: NestedNumbers, depth: number): void => {
    if (Array.isArray(part)) {
      if (depth === DEEPEST) fail("tensor", "the arrays", `to be at most ${DEEPEST} deep`, "more");
      const length = part.length as number;
      const ragged = depth === leaves || (shape[depth] !== undefined && shape[depth] !== length);
      if (ragged) fail("tensor", "the arrays", "of one level to be equally long", "ragged arrays");
      shape[depth] = length;
      for (let i = 0; i < length; i++) visit(part[i] as NestedNumbers, depth + 1);
      return;
    }
    if (typeof part !== "number" && typeof part !== "boolean") {
      throw new TypeError(
        `tensor: expected numbers or booleans, got ${part === null ? "null" : typeof part}`,
      );
    }
    if (leaves === -1 && shape.length === depth) leaves = depth;
    if (depth !== leaves) fail("tensor", "the arrays", "to be equally deep", "ragged arrays");
    if (typeof part === "boolean") booleans++;
    values.push(Number(part));
  };
  visit(nested, 0);
  const dtype = values.length > 0 && booleans === values.length ? "bool" : "float32";
  return { values, shape, dtype };
}

function expectWhole(op: string, values: ArrayLike<number>, dtype: DType): void {
  const [low, high] = dtype === "bool" ? [0, 1] : [-(2 ** 31), 2 ** 31 - 1];
  for (let i = 0; i < values.length; i++) {
    const v = values[i]!;
    if (!Number.isInteger(v) || v < low || v > high) {
      throw new TypeError(`${op}: ${dtype} holds integers from ${low} to ${high}, got ${v}`);
    }
  }
}

function finish(t: Tensor, { requiresGrad = false }: TensorOptions): Tensor {
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/**
 * Every element `value`.
 *
 * @example
 * full([2, 2], 7).toArray(); // [[7, 7], [7, 7]]
 */
export function full(shape: Shape, value: number, options?: TensorOptions): Tensor {
  return filled("full", shape, value, options);
}

function filled(op: string, shape: Shape, value: number, options: TensorOptions = {}): Tensor {
  const { dtype = "float32" } = options;
  expectDType(op, dtype);
  const sizes = expectShapeOf(op, shape, BYTES[dtype]);
  if (typeof value !== "number")
    throw new TypeError(`${op}: expected a number, got ${typeof value}`);
  if (!isFloat(dtype)) expectWhole(op, [value], dtype);
  const t = empty(sizes, dtype);
  if (value === 0 && !Object.is(value, -0)) kernels.zero(t.ptr, t.storage.bytes);
  else t.view().fill(value);
  return finish(t, options);
}

/**
 * Every element 0.
 *
 * @example
 * zeros([3], { dtype: "int32" }).toArray(); // [0, 0, 0]
 */
export function zeros(shape: Shape, options?: TensorOptions): Tensor {
  return filled("zeros", shape, 0, options);
}

/**
 * Every element 1.
 *
 * @example
 * ones([2], { requiresGrad: true }).requiresGrad; // true
 */
export function ones(shape: Shape, options?: TensorOptions): Tensor {
  return filled("ones", shape, 1, options);
}

/**
 * `start`, `start + step`, ... up to, not including, `end`. With one number it counts from 0 to it.
 *
 * @throws RangeError when `step` is 0 or leads away from `end`
 *
 * @example
 * arange(3).toArray(); // [0, 1, 2]
 * arange(1, 2, 0.25).toArray(); // [1, 1.25, 1.5, 1.75]
 */
export function arange(end: number, options?: TensorOptions): Tensor;
export function arange(start: number, end: number, step?: number, options?: TensorOptions): Tensor;
export function arange(
  first: number,
  second?: number | TensorOptions,
  step = 1,
  options?: TensorOptions,
): Tensor {
  const [start, end] = typeof second === "number" ? [first, second] : [0, first];
  const given = (typeof second === "object" ? second : options) ?? {};
  for (const [name, x] of Object.entries({ start, end, step })) {
    if (!Number.isFinite(expectNumber("arange", name, x)))
      fail("arange", name, "to be finite", String(x));
  }
  if (step === 0 || (end - start) / step < 0) {
    fail("arange", "step", `to lead from ${start} to ${end}`, String(step));
  }
  const { dtype = "float32" } = given;
  expectDType("arange", dtype);
  const [n] = expectShapeOf("arange", [Math.ceil((end - start) / step)], BYTES[dtype]) as [number];
  const last = start + Math.max(0, n - 1) * step;
  if (!isFloat(dtype)) expectWhole("arange", [start, step, last].slice(0, 3 * n), dtype);
  const t = empty([n], dtype);
  const flat = t.view();
  for (let i = 0; i < n; i++) flat[i] = start + i * step;
  return finish(t, given);
}

/**
 * The n × m matrix (m = n by default) with ones on its diagonal.
 *
 * @example
 * eye(2).toArray(); // [[1, 0], [0, 1]]
 */
export function eye(n: number, m: number | TensorOptions = n, options?: TensorOptions): Tensor {
  const columns = typeof m === "number" ? m : n;
  const given = (typeof m === "object" ? m : options) ?? {};
  expectInteger("eye", "n", n);
  expectInteger("eye", "m", columns);
  const t = zeros([n, columns], { ...given, requiresGrad: false });
  const flat = t.view();
  for (let i = 0; i < Math.min(n, columns); i++) flat[i * columns + i] = 1;
  return finish(t, given);
}
