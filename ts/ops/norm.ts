import { expectShape, fail, type Shape, show } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, div, mul, sqrt, sub } from "./arithmetic.ts";
import { expectFloat } from "./operand.ts";
import { mean, variance } from "./reduce.ts";

/**
 * (x − mean) / √(variance + eps) ⊙ weight + bias over the last axes (Ba, Kiros & Hinton 2016).
 *
 * @param normalizedShape the sizes of those axes; weight and bias have this shape
 * @throws RangeError when x does not end in it
 */
export function layerNorm(
  x: Tensor,
  normalizedShape: Shape,
  weight?: Tensor,
  bias?: Tensor,
  eps = 1e-5,
): Tensor {
  expectFloat("layerNorm", "x", x);
  const n = normalizedShape.length;
  if (n === 0 || show(x.shape.slice(-n)) !== show(normalizedShape)) {
    fail("layerNorm", "x", `to end in ${show(normalizedShape)}`, show(x.shape));
  }
  if (weight) expectShape("layerNorm", { weight }, normalizedShape);
  if (bias) expectShape("layerNorm", { bias }, normalizedShape);
  const axes = normalizedShape.map((_, i) => i - n);
  const centred = sub(x, mean(x, axes, { keepdim: true }));
  const spread = sqrt(add(variance(x, axes, { correction: 0, keepdim: true }), eps));
  const y = div(centred, spread);
  const scaled = weight ? mul(y, weight) : y;
  return bias ? add(scaled, bias) : scaled;
}
