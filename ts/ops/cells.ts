/**
 * @file One step of each recurrent net, in plain ops: the paper. Slower than the fused sequences of ops/recurrent.ts,
 * which agree with them, and differentiable any number of times.
 */

import type { Tensor } from "../core/tensor.ts";
import { relu, sigmoid, tanh } from "./activation.ts";
import { add, mul, sub } from "./arithmetic.ts";
import { linear } from "./linear.ts";
import { slice } from "./slice.ts";

/** The parameters of one layer in one direction, with G blocks of H rows. */
export interface Weights {
  /** [G·H, D] */
  w_ih: Tensor;
  /** [G·H, H] */
  w_hh: Tensor;
  /** [G·H]; both biases or neither. */
  b_ih?: Tensor | undefined;
  b_hh?: Tensor | undefined;
}

/**
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu instead of tanh.
 *
 * @param x [B, D] @param h [B, H] @returns h' [B, H]
 */
export function rnnCell(
  x: Tensor,
  h: Tensor,
  { w_ih, w_hh, b_ih, b_hh }: Weights,
  { nonlinearity = "tanh" }: { nonlinearity?: "tanh" | "relu" } = {},
): Tensor {
  const a = add(linear(x, w_ih, b_ih), linear(h, w_hh, b_hh));
  return nonlinearity === "relu" ? relu(a) : tanh(a);
}

/**
 * i, f, g, o = W_ih x + b_ih + W_hh h + b_hh; c' = σ(f) ⊙ c + σ(i) ⊙ tanh(g); h' = σ(o) ⊙ tanh(c').
 *
 * @param x [B, D] @param h [B, H] @param c [B, H] @returns h' and c', [B, H] each
 */
export function lstmCell(
  x: Tensor,
  [h, c]: readonly [h: Tensor, c: Tensor],
  { w_ih, w_hh, b_ih, b_hh }: Weights,
): [h: Tensor, c: Tensor] {
  const [i, f, g, o] = blocks(add(linear(x, w_ih, b_ih), linear(h, w_hh, b_hh)), 4);
  const cNext = add(mul(sigmoid(f!), c), mul(sigmoid(i!), tanh(g!)));
  return [mul(sigmoid(o!), tanh(cNext)), cNext];
}

/**
 * r, z = σ(...); n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn)); h' = (1 − z) ⊙ n + z ⊙ h.
 *
 * @param x [B, D] @param h [B, H] @returns h' [B, H]
 */
export function gruCell(x: Tensor, h: Tensor, { w_ih, w_hh, b_ih, b_hh }: Weights): Tensor {
  const [xr, xz, xn] = blocks(linear(x, w_ih, b_ih), 3);
  const [hr, hz, hn] = blocks(linear(h, w_hh, b_hh), 3);
  const r = sigmoid(add(xr!, hr!));
  const z = sigmoid(add(xz!, hz!));
  const n = tanh(add(xn!, mul(r, hn!)));
  return add(mul(sub(1, z), n), mul(z, h));
}

/** [B, count · H] as `count` blocks [B, H]. */
function blocks(a: Tensor, count: number): Tensor[] {
  const H = a.shape[1]! / count;
  return Array.from({ length: count }, (_, k) => slice(a, 1, k * H, (k + 1) * H));
}
