/** @file LayerNorm and RMSNorm: one kernel; differentiated twice, plain ops. */

import { isGradEnabled, record, type Rule } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { expectNumber, expectShape, fail, type Shape, show, sizeOf } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { add, div, mul, sqrt, square, sub } from "./arithmetic.ts";
import { sumTo } from "./broadcast.ts";
import { expectFloat, expectSameDType } from "./operand.ts";
import { mean } from "./reduce.ts";

/**
 * (x − mean) / √(variance + eps) ⊙ weight + bias over the last axes (Ba, Kiros & Hinton 2016).
 *
 * @param normalizedShape the sizes of those axes; weight and bias have this shape
 * @throws RangeError or TypeError when x does not end in it, or a shape or dtype does not fit
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: Shape,
  weight?: Tensor,
  bias?: Tensor,
  eps = 1e-5,
): Tensor {
  return norm("layerNorm", x, normalizedShape, { weight, bias }, eps);
}

/**
 * x / √(mean(x²) + eps) ⊙ weight over the last axes (Zhang & Sennrich 2019).
 *
 * @param normalizedShape the sizes of those axes; weight has this shape
 * @param eps default: the dtype's machine epsilon, as PyTorch has it
 * @throws RangeError or TypeError when x does not end in it, or a shape or dtype does not fit
 */
export function rmsNorm(x: Tensor, normalizedShape: Shape, weight?: Tensor, eps?: number): Tensor {
  expectFloat("rmsNorm", "x", x);
  const epsilon = x.dtype === "float32" ? 2 ** -23 : 2 ** -52;
  return norm("rmsNorm", x, normalizedShape, { weight }, eps ?? epsilon);
}

function norm(
  op: "layerNorm" | "rmsNorm",
  x: Tensor,
  normalizedShape: Shape,
  { weight, bias }: { weight: Tensor | undefined; bias?: Tensor | undefined },
  eps: number,
): Tensor {
  expectFloat(op, "x", x);
  const axes = normalizedShape.length;
  if (axes === 0 || show(x.shape.slice(-axes)) !== show(normalizedShape)) {
    fail(op, "x", `to end in ${show(normalizedShape)}`, show(x.shape));
  }
  for (const [name, t] of Object.entries({ weight, bias })) {
    if (!t) continue;
    expectFloat(op, name, t);
    expectSameDType(op, x, t);
    expectShape(op, { [name]: t }, normalizedShape);
  }
  expectNumber(op, "eps", eps, 0);

  const n = sizeOf(normalizedShape);
  const rows = sizeOf(x.shape.slice(0, -axes));
  const centred = op === "layerNorm";
  const run = kernels.of[x.dtype as FloatDType];
  const [y, mu, s] = [empty(x.shape, x.dtype), empty([rows], x.dtype), empty([rows], x.dtype)];
  const [w, b] = [weight?.ptr ?? 0, bias?.ptr ?? 0];
  run.norm_forward(x.ptr, w, b, y.ptr, mu.ptr, s.ptr, rows, n, +centred, eps);

  const dx: Rule = (dy) => {
    if (isGradEnabled()) return compositeBackward(x, weight, dy, axes, centred, eps);
    const dx = empty(x.shape, x.dtype);
    const saved = [mu.ptr, s.ptr] as const;
    run.norm_backward(x.ptr, weight?.ptr ?? 0, dy.ptr, ...saved, dx.ptr, rows, n, +centred);
    return dx;
  };
  const dWeight: Rule = (dy) => {
    if (isGradEnabled()) {
      return sumTo(mul(dy, normalized(x, axes, centred, eps).y), normalizedShape);
    }
    const dw = empty(normalizedShape, x.dtype);
    run.norm_weight(x.ptr, dy.ptr, mu.ptr, s.ptr, dw.ptr, rows, n);
    return dw;
  };
  const inputs: [Tensor | undefined, Rule][] = [
    [x, dx],
    [weight, dWeight],
    [bias, (dy) => sumTo(dy, normalizedShape)],
  ];
  const given = inputs.filter((input): input is [Tensor, Rule] => input[0] !== undefined);
  record(
    op,
    y,
    given.map(([t]) => t),
    given.map(([, rule]) => rule),
  );
  if (!y.node) [mu, s].forEach((t) => t.free());
  return y;
}

/** (x − μ) / spread, and the spread, in ops. */
function normalized(
  x: Tensor,
  axes: number,
  centred: boolean,
  eps: number,
): { y: Tensor; spread: Tensor } {
  const over = Array.from({ length: axes }, (_, i) => i - axes);
  const rest = centred ? sub(x, mean(x, over, { keepdim: true })) : x;
  const spread = sqrt(add(mean(square(rest), over, { keepdim: true }), eps));
  return { y: div(rest, spread), spread };
}

/** (g − mean g − x̂ mean(g x̂)) / spread, where g = dy ⊙ weight, in ops. */
function compositeBackward(
  x: Tensor,
  weight: Tensor | undefined,
  dy: Tensor,
  axes: number,
  centred: boolean,
  eps: number,
): Tensor {
  const over = Array.from({ length: axes }, (_, i) => i - axes);
  const { y, spread } = normalized(x, axes, centred, eps);
  const g = weight ? mul(dy, weight) : dy;
  const along = mul(y, mean(mul(g, y), over, { keepdim: true }));
  const level = centred ? sub(g, mean(g, over, { keepdim: true })) : g;
  return div(sub(level, along), spread);
}
