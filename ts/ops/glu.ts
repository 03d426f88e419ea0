import { expectAxis, fail, show } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { sigmoid } from "./activation.ts";
import { mul } from "./arithmetic.ts";
import { expectFloat } from "./operand.ts";
import { split } from "./slice.ts";

/**
 * a ⊙ σ(b), where a and b are the halves of x along an axis (Dauphin et al. 2017).
 *
 * @param axis default −1
 * @throws RangeError when the axis is not there or is odd
 */
export function glu(x: Tensor, axis = -1): Tensor {
  expectFloat("glu", "x", x);
  const n = x.shape[expectAxis("glu", axis, x.ndim)];
  if (n === undefined || n % 2 !== 0) fail("glu", "x", `to be even on axis ${axis}`, show(x.shape));
  const [a, b] = split(x, [n / 2, n / 2], axis) as [Tensor, Tensor];
  return mul(a, sigmoid(b));
}
