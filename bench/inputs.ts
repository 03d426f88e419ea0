/** @file The case table's benches, and how a result is checked against its oracle. */

import { tensor, type Tensor } from "unrolled";
import type { Bench, Nd, OpCase } from "../tests/support/cases.ts";
import { at, build } from "../tests/support/nd.ts";

/** Every bench of a row, as a list. */
export const benchesOf = ({ bench = [] }: OpCase): readonly Bench[] =>
  "shapes" in bench ? [bench] : bench;

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
