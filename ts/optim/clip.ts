import { touch } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { expectNumber, fail } from "../core/shape.ts";
import { expectTensor, Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";

/** Options of `clipGradNorm`. */
export interface ClipGradNormOptions {
  /** p of the norm (Σ |g|^p)^(1/p), above 0; Infinity: the largest |g|. Default 2. */
  normType?: number;
  /** Throws where the norm is NaN or infinite. Default false: nothing is scaled then. */
  errorIfNonfinite?: boolean;
}

/**
 * Scales the gradients so that their norm, taken together, is at most `maxNorm` (Pascanu, Mikolov & Bengio 2013).
 *
 * @returns the norm before
 * @throws RangeError for an impossible norm, and where `errorIfNonfinite` asks for it; nothing is scaled then
 *
 * @example
 * const w = tensor([3, 4], { requiresGrad: true });
 * w.mul(w).sum().backward(); // a gradient of [6, 8]
 * clipGradNorm([w], 1); // 10
 * w.grad!.toArray(); // [0.6, 0.8]
 */
export function clipGradNorm(
  parameters: Tensor | Iterable<Tensor>,
  maxNorm: number,
  { normType = 2, errorIfNonfinite = false }: ClipGradNormOptions = {},
): number {
  expectNumber("clipGradNorm", "maxNorm", maxNorm, 0);
  if (!(normType > 0)) fail("clipGradNorm", "normType", "to be above 0", String(normType));
  const grads = gradients("clipGradNorm", parameters);
  const norm = normType === 2 ? euclidean(grads) : other(grads, normType);
  if (!Number.isFinite(norm)) {
    if (errorIfNonfinite) {
      fail("clipGradNorm", "the norm of the gradients", "to be finite", String(norm));
    }
    return norm;
  }
  const factor = maxNorm / (norm + 1e-6);
  if (factor < 1) {
    for (const g of grads) {
      kernels.of[g.dtype as FloatDType].scale(g.ptr, g.size, factor);
      touch(g);
    }
  }
  return norm;
}

/**
 * Clips every element of the gradients to ±`clipValue`; NaN stays. @throws RangeError unless it is at least 0
 *
 * @example
 * const w = tensor([3, 4], { requiresGrad: true });
 * w.mul(w).sum().backward();
 * clipGradValue([w], 7);
 * w.grad!.toArray(); // [6, 7]
 */
export function clipGradValue(parameters: Tensor | Iterable<Tensor>, clipValue: number): void {
  expectNumber("clipGradValue", "clipValue", clipValue, 0);
  for (const g of gradients("clipGradValue", parameters)) {
    kernels.of[g.dtype as FloatDType].clamp(g.ptr, g.size, clipValue);
    touch(g);
  }
}

/** Those there are; throws if one was freed. */
function gradients(op: string, parameters: Tensor | Iterable<Tensor>): Tensor[] {
  const all = parameters instanceof Tensor ? [parameters] : [...parameters];
  const grads = new Set(
    all.flatMap((p, i) => {
      expectTensor(op, `parameter ${i}`, p);
      return p.grad ?? [];
    }),
  );
  for (const g of grads) void g.ptr;
  return [...grads];
}

function euclidean(grads: readonly Tensor[]): number {
  let squares = 0;
  for (const g of grads) squares += kernels.of[g.dtype as FloatDType].sum_of_squares(g.ptr, g.size);
  return Math.sqrt(squares);
}

/** Seldom asked for: element by element. */
function other(grads: readonly Tensor[], p: number): number {
  let total = 0;
  for (const g of grads) {
    for (const x of g.view()) {
      const size = Math.abs(x);
      total = p === Infinity ? Math.max(total, size) : total + kernels.scalar_pow(size, p);
    }
  }
  return p === Infinity ? total : kernels.scalar_pow(total, 1 / p);
}
