/** @file Inputs as the case table draws them, and how a result is checked against its oracle. */

import { type Shape, tensor, type Tensor } from "unrolled";
import type { Bench, Nd, OpCase } from "../tests/support/cases.ts";
import { at, build, random, sizeOf } from "../tests/support/nd.ts";

/** Every bench of a row, as a list. */
export const benchesOf = ({ bench = [] }: OpCase): readonly Bench[] =>
  "shapes" in bench ? [bench] : bench;

/** Float32 inputs from the row's domain. */
export function draw({ domain = [-2, 2] }: OpCase, shapes: readonly Shape[]): Nd[] {
  const nested = typeof domain[0] === "number" ? undefined : domain;
  return shapes.map((shape, i) => {
    const range = (nested ? nested[i] : domain) as readonly [number, number];
    return { shape, data: random(sizeOf(shape), i + 1, range).map(Math.fround) };
  });
}

export const tensors = (xs: readonly Nd[]): Tensor[] =>
  xs.map(({ shape, data }) => tensor(data, shape));

/** Those indices of an axis. */
export const take = (x: Nd, axis: number, ids: readonly number[]): Nd => {
  const where = axis < 0 ? axis + x.shape.length : axis;
  return build(x.shape.with(where, ids.length), (i) => at(x, i.with(where, ids[i[where]!]!)));
};

/** The first, some in the middle and the last of n. */
export const some = (n: number): number[] => [
  ...new Set([0, 1, n >> 2, n >> 1, n - 2, n - 1].filter((i) => i >= 0 && i < n)),
];

/** Throws unless `got` is `want`, give or take `tolerance(i)` for element i. */
export function expectClose(
  what: string,
  got: ArrayLike<number>,
  want: readonly number[],
  tolerance: (i: number) => number,
): void {
  want.forEach((w, i) => {
    if (!(Math.abs(got[i]! - w) <= tolerance(i))) {
      throw new Error(`${what}: expected ${w} at element ${i}, got ${got[i]}`);
    }
  });
}
