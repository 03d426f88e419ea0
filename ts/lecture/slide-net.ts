/** @file The net of the slides on unrolling: a tanh cell, a linear output, the cross-entropy of the last output. */

import { crossEntropy, Generator, matmul, randn, rnnCell, tensor, type Tensor } from "unrolled";
import type { Recurrence } from "../theory/index.ts";

const [D, H, C] = [3, 4, 5];

/** h_t = tanh(W_ih x_t + W_hh h_{t−1} + b), y_t = V h_t, L = −ln softmax(y_T) at the target; float64. */
export function slideNet(T: number, seed = 1): { net: Recurrence; xs: Tensor[] } {
  const generator = new Generator(seed);
  const draw = (...shape: number[]): Tensor => randn(shape, { dtype: "float64", generator });
  const weight = (...shape: number[]): Tensor => {
    const w = draw(...shape).mul(0.6);
    w.requiresGrad = true;
    return w;
  };
  const W = { w_ih: weight(H, D), w_hh: weight(H, H), b_ih: weight(H), b_hh: weight(H) };
  const target = tensor([2], { dtype: "int32" });
  const net: Recurrence = {
    f: (x, h, W) => rnnCell(x, h, { w_ih: W.w_ih!, w_hh: W.w_hh!, b_ih: W.b_ih, b_hh: W.b_hh }),
    W,
    h0: draw(1, H),
    g: (h, { v }) => matmul(h, v!, { transposeB: true }),
    V: { v: weight(C, H) },
    loss: (y) => crossEntropy(y, target),
  };
  return { net, xs: Array.from({ length: T }, () => draw(1, D)) };
}
