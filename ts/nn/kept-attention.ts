/** @file Attention of a decoder's next tokens to those that it has read, whose keys and values are kept. */

import { fail, show } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { transpose } from "../ops/shape.ts";
import { expectOwnDType } from "./attention-call.ts";
import type { MultiheadAttention } from "./multihead-attention.ts";

/** Keys and values of the tokens that a decoder has read, or of the encoder's output. */
export interface KeyValueCache {
  /** Copies the keys and values of L new tokens out of x, [N, L, parts · E]. */
  keep(x: Tensor, parts: { keys: number; values: number }): void;
  /**
   * softmax(scale Q Kᵀ) V of the first part of x: [N, L, E]. If causal the last L tokens kept are the queries' own, and each
   * sees those up to itself.
   */
  attend(x: Tensor, options: { causal: boolean; scale: number }): Tensor;
}

/**
 * Self-attention of the next tokens: of each to itself and to all before it.
 *
 * @param x [L, N, E], or [N, L, E] with batchFirst @returns shaped as x
 */
export function step(module: MultiheadAttention, x: Tensor, cache: KeyValueCache): Tensor {
  const qkv = input("step", module, x, 0, 3);
  cache.keep(qkv, { keys: 1, values: 2 });
  return output(module, cache.attend(qkv, { causal: true, scale: scaleOf(module) }));
}

/** Keeps the keys and values of a whole sequence, for `lookUp`. @param memory [S, N, E], or [N, S, E] with batchFirst */
export function remember(module: MultiheadAttention, memory: Tensor, cache: KeyValueCache): void {
  cache.keep(input("remember", module, memory, 1, 3), { keys: 0, values: 1 });
}

/** Attention to all that `remember` kept. @param x [L, N, E], or [N, L, E] with batchFirst @returns shaped as x */
export function lookUp(module: MultiheadAttention, x: Tensor, cache: KeyValueCache): Tensor {
  const q = input("lookUp", module, x, 0, 1);
  return output(module, cache.attend(q, { causal: false, scale: scaleOf(module) }));
}

const scaleOf = ({ embedDim, numHeads }: MultiheadAttention): number =>
  1 / Math.sqrt(embedDim / numHeads);

/** Queries, keys and values side by side, from which to which: [N, L, parts · E]. */
function input(
  method: string,
  module: MultiheadAttention,
  x: Tensor,
  from: number,
  to: number,
): Tensor {
  const where = `MultiheadAttention.${method}`;
  expectOwnDType(where, "x", x, module.dtype);
  if (x.ndim !== 3) fail(where, "x", "to have 3 dimensions", show(x.shape));
  if (!module.in_proj_weight || module.bias_k || module.addZeroAttn) {
    throw new Error(
      `${where}: keys of other sizes, and appended ones, cannot be kept; use forward`,
    );
  }
  const y = module.project(x, from, to);
  return module.batchFirst ? y : transpose(y, 0, 1);
}

/** [N, L, E] as x came, by the last projection. */
const output = (module: MultiheadAttention, heads: Tensor): Tensor =>
  module.out_proj.forward(module.batchFirst ? heads : transpose(heads, 0, 1));
