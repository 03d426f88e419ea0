import { expectNumber } from "../core/shape.ts";
import type { FloatDType } from "../core/dtype.ts";
import type { Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";

/**
 * Scales the gradients so that their norm, taken together, is at most `maxNorm` (Pascanu, Mikolov & Bengio 2013).
 *
 * @returns the norm before; where it is not finite nothing is changed
 */
export function clipGradNorm(parameters: Iterable<Tensor>, maxNorm: number): number {
  expectNumber("clipGradNorm", "maxNorm", maxNorm, 0);
  const grads = [...parameters].flatMap((p) => p.grad ?? []);
  let squares = 0;
  for (const g of grads) {
    squares +=
      g.dtype === "float64"
        ? kernels.sum_of_squares_f64(g.ptr, g.size)
        : kernels.sum_of_squares(g.ptr, g.size);
  }
  const norm = Math.sqrt(squares);
  const factor = maxNorm / (norm + 1e-6);
  if (Number.isFinite(norm) && factor < 1) {
    for (const g of grads) kernels.of[g.dtype as FloatDType].scale(g.ptr, g.size, factor);
  }
  return norm;
}
