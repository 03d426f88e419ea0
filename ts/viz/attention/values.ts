/** @file Numbers with a shape, as nested arrays or as tensors. */

import { show } from "./words.ts";

/** Nested arrays of numbers, or anything with `shape` and `data()`, such as a tensor. */
export type Values = Nested | Shaped;
export type Nested = readonly (number | Nested)[];
export interface Shaped {
  readonly shape: readonly number[];
  data(): ArrayLike<number>;
}

/** The numbers in a row, with their shape. @throws RangeError when the arrays are ragged or hold what is no number */
export function flat(what: string, values: Values): { shape: number[]; data: ArrayLike<number> } {
  if (!Array.isArray(values)) {
    const { shape, data } = values as Shaped; // the only other
    if (!shape || typeof data !== "function") {
      throw new TypeError(`${what}: expected nested arrays or a tensor, got ${String(values)}`);
    }
    return { shape: [...shape], data: (values as Shaped).data() };
  }
  const shape: number[] = [];
  for (let v: unknown = values; Array.isArray(v); v = v[0]) shape.push(v.length);
  const data: number[] = [];
  const walk = (v: unknown, axis: number): void => {
    const ok = axis === shape.length ? typeof v === "number" : Array.isArray(v) && v.length === shape[axis]; // prettier-ignore
    if (!ok) {
      throw new RangeError(`${what}: expected arrays ${show(shape)}, got one of another length or depth`); // prettier-ignore
    }
    if (typeof v === "number") data.push(v);
    else for (const part of v as unknown[]) walk(part, axis + 1);
  };
  walk(values, 0);
  return { shape, data };
}
