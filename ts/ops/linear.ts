import { expectShape } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add } from "./arithmetic.ts";
import { matmul } from "./matmul.ts";
import { expectFloat, expectSameDType } from "./operand.ts";

/**
 * y = x Wᵀ + b
 *
 * @param x [..., K]
 * @param W [N, K]
 * @param b [N]; default none
 * @returns [..., N]
 * @throws RangeError when the sizes do not fit
 *
 * @example
 * linear(tensor([[1, 2]]), tensor([[3, 4]]), tensor([5])).toArray(); // [[16]]
 */
export function linear(x: Tensor, W: Tensor, b?: Tensor): Tensor {
  expectFloat("linear", "x", x);
  expectFloat("linear", "W", W);
  const [N = 0] = W.shape;
  expectShape("linear", { W }, [N, x.shape.at(-1) ?? 0]);
  if (b) {
    expectFloat("linear", "b", b);
    expectShape("linear", { b }, [N]);
  }
  expectSameDType("linear", x, W, ...(b ? [b] : []));
  const y = matmul(x, W, { transposeB: true });
  return b ? add(y, b) : y;
}
