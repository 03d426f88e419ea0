/** @file Reductions over one axis, several, or (by default) all. */

import { noGrad, record, type Rule } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { expectAxes, expectAxis, expectNumber, fail, sizeOf, show } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { add, div, exp, log, mul, sqrt, square, sub } from "./arithmetic.ts";
import { type Axes, reduced, type ReduceOptions, sum, without } from "./broadcast.ts";
import { to } from "./cast.ts";
import { eq, where } from "./compare.ts";
import { expectFloat } from "./operand.ts";
import { reshape } from "./shape.ts";
import { around } from "./slice.ts";

/**
 * Σ x / n over axes; NaN where n is 0.
 *
 * @example
 * mean(tensor([[1, 2], [3, 4]]), 0).toArray(); // [2, 3]
 */
export function mean(x: Tensor, axis?: Axes, options: ReduceOptions = {}): Tensor {
  expectFloat("mean", "x", x);
  const axes = expectAxes("mean", axis, x.ndim);
  return div(sum(x, axes, options), countOf(x, axes));
}

const countOf = (x: Tensor, axes: readonly number[]): number =>
  sizeOf(axes.map((a) => x.shape[a]!));

/**
 * The largest element over axes; NaN if there is one. Equal ones share the gradient evenly, as in torch.amax.
 *
 * @throws RangeError where there is nothing to choose from
 *
 * @example
 * max(tensor([[1, 5], [3, 2]]), 1).toArray(); // [5, 3]
 */
export function max(x: Tensor, axis?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme("max", x, axis, options);
}

/**
 * The smallest element over axes, as `max`.
 *
 * @example
 * min(tensor([[1, 5], [3, 2]]), 1).toArray(); // [1, 2]
 */
export function min(x: Tensor, axis?: Axes, options: ReduceOptions = {}): Tensor {
  return extreme("min", x, axis, options);
}

function extreme(
  op: "max" | "min",
  x: Tensor,
  axis: Axes,
  { keepdim = false }: ReduceOptions,
): Tensor {
  expectFloat(op, "x", x);
  const axes = expectAxes(op, axis, x.ndim);
  expectSome(op, x, axes);
  const y = reduced(op, x, axes, keepdim);
  const kept = without(x.shape, axes, true);
  return record(
    op,
    y,
    [x],
    [
      (dy) => {
        const chosen = to(eq(x, reshape(y.detach(), kept)), x.dtype);
        return mul(chosen, div(reshape(dy, kept), sum(chosen, axes, { keepdim: true })));
      },
    ],
  );
}

function expectSome(op: string, x: Tensor, axes: readonly number[]): void {
  if (axes.some((a) => x.shape[a] === 0)) {
    fail(op, "x", "to have elements to choose from", show(x.shape));
  }
}

/**
 * Where the largest element stands along an axis, or in the flattened tensor: int32, the first of equals, NaN first.
 *
 * @example
 * argmax(tensor([[1, 5], [3, 2]]), 1).toArray(); // [1, 0]
 */
export function argmax(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return place("argmax", x, axis, options);
}

/**
 * Where the smallest element stands, as `argmax`.
 *
 * @example
 * argmin(tensor([[1, 5], [3, 2]]), 1).toArray(); // [0, 1]
 */
export function argmin(x: Tensor, axis?: number, options: ReduceOptions = {}): Tensor {
  return place("argmin", x, axis, options);
}

function place(
  op: "argmax" | "argmin",
  x: Tensor,
  axis: number | undefined,
  { keepdim = false }: ReduceOptions,
): Tensor {
  expectFloat(op, "x", x);
  const axes = expectAxes(op, axis === undefined ? axis : expectAxis(op, axis, x.ndim), x.ndim);
  expectSome(op, x, axes);
  const at = x.ptr; // throws if it was freed
  const [outer, n, inner] = axis === undefined ? [1, x.size, 1] : around(x.shape, axes[0] ?? 0);
  const y = empty(without(x.shape, axes, keepdim), "int32");
  kernels.of[x.dtype as FloatDType][op](at, y.ptr, outer, n, inner);
  return y;
}

/**
 * ln Σ eˣ over axes, which neither overflows nor underflows.
 *
 * @example
 * logsumexp(tensor([1000, 1000])).item(); // 1000.69
 */
export function logsumexp(x: Tensor, axis?: Axes, { keepdim = false }: ReduceOptions = {}): Tensor {
  expectFloat("logsumexp", "x", x);
  const axes = expectAxes("logsumexp", axis, x.ndim);
  const kept = without(x.shape, axes, true);
  const y = noGrad(() => {
    if (countOf(x, axes) === 0) return log(sum(x, axes, { keepdim }));
    const largest = max(x, axes, { keepdim: true });
    const m = where(eq(sub(largest, largest), 0), largest, 0); // ∞ − ∞ would be NaN
    const total = add(log(sum(exp(sub(x, m)), axes, { keepdim: true })), m);
    return reshape(total, without(x.shape, axes, keepdim));
  });
  const rule = (dy: Tensor): Tensor => mul(reshape(dy, kept), exp(sub(x, reshape(y, kept))));
  return record("logsumexp", y, [x], [rule]);
}

/** Options of `variance` and `std`. */
export interface VarianceOptions extends ReduceOptions {
  /** The denominator is n − correction. Default 1 (Bessel's). */
  correction?: number;
}

/**
 * Σ (x − mean x)² / (n − correction) over axes, in two passes.
 *
 * @example
 * variance(tensor([1, 2, 3, 4])).item(); // 1.6667
 */
export function variance(x: Tensor, axis?: Axes, options: VarianceOptions = {}): Tensor {
  const { y, slope } = spread("variance", x, axis, options);
  return record("variance", y, [x], [slope]);
}

/**
 * The square root of `variance`; the slope at 0 is 0.
 *
 * @example
 * std(tensor([1, 2, 3, 4]), 0, { correction: 0 }).item(); // 1.118
 */
export function std(x: Tensor, axis?: Axes, options: VarianceOptions = {}): Tensor {
  const { y: squared, slope } = spread("std", x, axis, options);
  const y = noGrad(() => sqrt(squared));
  return record("std", y, [x], [(dy) => slope(where(eq(y, 0), 0, div(dy, mul(y, 2))))]);
}

/** The variance outside the graph, and from its gradient to that of x: 2 dy (x − mean x) / (n − correction). */
function spread(
  op: string,
  x: Tensor,
  axis: Axes,
  { correction = 1, keepdim = false }: VarianceOptions,
): { y: Tensor; slope: Rule } {
  expectFloat(op, "x", x);
  expectNumber(op, "correction", correction);
  const axes = expectAxes(op, axis, x.ndim);
  const kept = without(x.shape, axes, true);
  const n = Math.max(0, countOf(x, axes) - correction);
  const centred = (): Tensor => sub(x, mean(x, axes, { keepdim: true }));
  const y = noGrad(() => div(sum(square(centred()), axes, { keepdim }), n));
  return { y, slope: (dy) => mul(centred(), mul(reshape(dy, kept), 2 / n)) };
}

/**
 * Element j is the sum of the elements up to and including j along an axis.
 *
 * @example
 * cumsum(tensor([1, 2, 3]), 0).toArray(); // [1, 3, 6]
 */
export function cumsum(x: Tensor, axis: number): Tensor {
  expectFloat("cumsum", "x", x);
  return runningSum(x, expectAxis("cumsum", axis, x.ndim), 0);
}

function runningSum(x: Tensor, a: number, reverse: 0 | 1): Tensor {
  const at = x.ptr; // throws if it was freed
  const y = empty(x.shape, x.dtype);
  kernels.of[x.dtype as FloatDType].cumsum(at, y.ptr, ...around(x.shape, a), reverse);
  return record("cumsum", y, [x], [(dy) => runningSum(dy, a, reverse === 0 ? 1 : 0)]);
}
