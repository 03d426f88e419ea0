/** @file Finds the op, or the backward of an op, in which a NaN is born. */

import { isFloat } from "./dtype.ts";
import { isThenable } from "./lifetime.ts";
import type { Tensor } from "./tensor.ts";

let depth = 0;
let passes = 0;

/** Whether results are inspected now. */
export const isDetecting = (): boolean => depth > 0;

/**
 * Runs `f`, and throws where a NaN is born: in an op whose inputs have none, or in the backward of an op, where an
 * infinite gradient is an error too. It reads every result once more: for finding mistakes, not for training.
 *
 * @throws Error that names the op, the element and the backward pass; and for an async function
 *
 * @example
 * const x = tensor([1], { requiresGrad: true });
 * let said = "";
 * try {
 *   detectAnomaly(() => log(sub(x, 2)));
 * } catch (error) {
 *   said = String(error);
 * }
 * said.includes("log"); // true
 */
export function detectAnomaly<R>(f: () => R): R {
  if (depth++ === 0) passes = 0;
  try {
    const result = f();
    if (isThenable(result)) {
      throw new Error("detectAnomaly: expected a function that is not async: it looks no further");
    }
    return result;
  } finally {
    depth--;
  }
}

export function countPass(): void {
  if (depth > 0) passes++;
}

/** Throws if the result of an op has a NaN that came from no input. */
export function inspectResult(op: string, y: Tensor, inputs: readonly Tensor[]): void {
  const at = isFloat(y.dtype) ? y.view().findIndex(Number.isNaN) : -1;
  if (at < 0 || inputs.some((x) => isFloat(x.dtype) && x.view().some(Number.isNaN))) return;
  throw new Error(
    `detectAnomaly: ${op} gives NaN at element ${at} of a ${y}, from inputs that have none`,
  );
}

/** Throws if a gradient is not finite. */
export function inspectGradient(where: string, dx: Tensor): void {
  const values = dx.view();
  const at = values.findIndex((v) => !Number.isFinite(v));
  if (at < 0) return;
  throw new Error(
    `detectAnomaly: ${where} gives ${values[at]} at element ${at} of a gradient, a ${dx}, in backward pass ${passes}`,
  );
}
