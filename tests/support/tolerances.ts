/** @file Every tolerance of the tests of ops, with its reason. All are relative to max(1, |value|). */

/** float64 against the oracle: both round every step, the oracle's functions are within 1 ulp, and sums have up to 100 terms. */
export const FLOAT64 = 1e-12;

/** float32 against float64: a few operations and functions within 4 ulp (6e-8 each), and sums of up to 100 terms. */
export const FLOAT32 = 2e-6;

/** float32 gradients against float64's: the backward of the same ops, about as many operations again. */
export const FLOAT32_GRADIENT = 1e-5;

/** Whether `got` is within `tolerance` of `want`; infinities and NaN must agree. */
export function close(got: number, want: number, tolerance: number): boolean {
  if (got === want || (Number.isNaN(got) && Number.isNaN(want))) return true;
  return Math.abs(got - want) <= tolerance * Math.max(1, Math.abs(want));
}
