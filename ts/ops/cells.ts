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
  /** [G·H, H], or [G·H, P] with a projection. */
  w_hh: Tensor;
  /** [G·H]; both biases or neither. */
  b_ih?: Tensor | undefined;
  b_hh?: Tensor | undefined;
  /** What an LSTM's h is projected by, [P, H] (Sak, Senior & Beaufays 2014). Default: it is not. */
  w_hr?: Tensor | undefined;
}

export interface CellOptions {
  /** [B, H], or [B, P]: multiplies h where W_hh does, and nowhere else. Default: nothing does. */
  mask?: Tensor | undefined;
}

/**
 * h' = tanh(W_ih x + b_ih + W_hh h + b_hh), or relu instead of tanh.
 *
 * @param x [B, D] @param h [B, H] @returns h' [B, H]
 *
 * @example
 * const weights = { w_ih: ones([1, 2]), w_hh: ones([1, 1]) };
 * rnnCell(tensor([[0.1, 0.2]]), zeros([1, 1]), weights).toArray(); // [[0.2913]]
 */
export function rnnCell(
  x: Tensor,
  h: Tensor,
  weights: Weights,
  { nonlinearity = "tanh", mask }: CellOptions & { nonlinearity?: "tanh" | "relu" } = {},
): Tensor {
  const a = add(linear(x, weights.w_ih, weights.b_ih), recurrent(h, weights, mask));
  return nonlinearity === "relu" ? relu(a) : tanh(a);
}

/**
 * i, f, g, o = W_ih x + b_ih + W_hh h + b_hh; c' = σ(f) ⊙ c + σ(i) ⊙ tanh(g); h' = σ(o) ⊙ tanh(c'), and with a
 * projection h' = W_hr (σ(o) ⊙ tanh(c')).
 *
 * @param x [B, D] @param states h [B, H] or [B, P], and c [B, H] @returns h' and c', shaped as h and c
 *
 * @example
 * const weights = { w_ih: zeros([4, 2]), w_hh: zeros([4, 1]) };
 * const [h, c] = lstmCell(ones([1, 2]), [zeros([1, 1]), ones([1, 1])], weights);
 * c.item(); // 0.5
 * h.item(); // 0.2311
 */
export function lstmCell(
  x: Tensor,
  [h, c]: readonly [h: Tensor, c: Tensor],
  weights: Weights,
  options: CellOptions = {},
): [h: Tensor, c: Tensor] {
  const next = lstmStep(x, [h, c], weights, options);
  return [next.h, next.c];
}

/** @internal `lstmCell` with its gates, [B, H] each: i, f and o after σ, g after tanh. */
export function lstmStep(
  x: Tensor,
  [h, c]: readonly [h: Tensor, c: Tensor],
  weights: Weights,
  { mask }: CellOptions = {},
): Record<"i" | "f" | "g" | "o" | "c" | "h", Tensor> {
  const { w_ih, b_ih, w_hr } = weights;
  const a = blocks(add(linear(x, w_ih, b_ih), recurrent(h, weights, mask)), 4);
  const [i, f, g, o] = [sigmoid(a[0]!), sigmoid(a[1]!), tanh(a[2]!), sigmoid(a[3]!)];
  const cNext = add(mul(f, c), mul(i, g));
  const hNext = mul(o, tanh(cNext));
  return { i, f, g, o, c: cNext, h: w_hr ? linear(hNext, w_hr) : hNext };
}

/**
 * r, z = σ(...); n = tanh(W_in x + b_in + r ⊙ (W_hn h + b_hn)); h' = (1 − z) ⊙ n + z ⊙ h.
 *
 * @param x [B, D] @param h [B, H] @returns h' [B, H]
 *
 * @example
 * const weights = { w_ih: zeros([3, 2]), w_hh: zeros([3, 1]) };
 * gruCell(ones([1, 2]), ones([1, 1]), weights).item(); // 0.5
 */
export function gruCell(x: Tensor, h: Tensor, weights: Weights, options: CellOptions = {}): Tensor {
  return gruStep(x, h, weights, options).h;
}

/** @internal `gruCell` with its gates, [B, H] each: r and z after σ, n after tanh. */
export function gruStep(
  x: Tensor,
  h: Tensor,
  weights: Weights,
  { mask }: CellOptions = {},
): Record<"r" | "z" | "n" | "h", Tensor> {
  const [xr, xz, xn] = blocks(linear(x, weights.w_ih, weights.b_ih), 3);
  const [hr, hz, hn] = blocks(recurrent(h, weights, mask), 3);
  const r = sigmoid(add(xr!, hr!));
  const z = sigmoid(add(xz!, hz!));
  const n = tanh(add(xn!, mul(r, hn!)));
  return { r, z, n, h: add(mul(sub(1, z), n), mul(z, h)) };
}

/** W_hh (mask ⊙ h) + b_hh */
function recurrent(h: Tensor, { w_hh, b_hh }: Weights, mask: Tensor | undefined): Tensor {
  return linear(mask ? mul(h, mask) : h, w_hh, b_hh);
}

/** @internal [B, count · H] as `count` blocks [B, H]. */
export function blocks(a: Tensor, count: number): Tensor[] {
  const H = a.shape[1]! / count;
  return Array.from({ length: count }, (_, k) => slice(a, 1, k * H, (k + 1) * H));
}
