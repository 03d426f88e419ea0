/** @file Relative positions as T5 counts them (Raffel et al. 2020): each distance near 0, then ever wider ranges. */

import { scope } from "../core/lifetime.ts";
import { div, log, mul } from "../ops/arithmetic.ts";
import { arange, tensor } from "../ops/create.ts";

/**
 * The bucket of each distance from 0 to n − 1: half of the buckets hold one distance each, the others grow by a constant factor
 * up to `most`, from where on all are the last.
 */
export function buckets(n: number, count: number, most: number): Int32Array {
  const exact = Math.floor(count / 2);
  return scope(() => {
    const ratio = log(tensor([most / exact], { dtype: "float64" })).item();
    const steps = mul(div(log(div(arange(n), exact)), ratio), count - exact).view();
    return Int32Array.from(steps, (step, d) =>
      d < exact ? d : Math.min(exact + Math.trunc(step), count - 1),
    );
  });
}

/** Where T queries and T keys are one sequence, the bucket of each pair [T, T]; in both directions half of the buckets each. */
export function pairBuckets(T: number, count: number, most: number, both: boolean): Int32Array {
  const half = Math.floor(count / 2);
  const table = buckets(T, both ? half : count, most);
  return Int32Array.from({ length: T * T }, (_, at) => {
    const [i, j] = [Math.floor(at / T), at % T];
    if (!both) return table[Math.max(i - j, 0)]!;
    return table[Math.abs(i - j)]! + (j > i ? half : 0);
  });
}
