/**
 * @file The weights of attention, and attention by them: what the kernel of ops/attention.ts must agree with, and the way to
 * what it does not do, to see the weights and to differentiate twice.
 */

import { defaultGenerator } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import type { AttentionOptions } from "./attention.ts";
import { type AttentionShape, attentionShape } from "./attention-shape.ts";
import { broadcastTo } from "./broadcast.ts";
import { eq, where } from "./compare.ts";
import { ones } from "./create.ts";
import { dropout } from "./dropout.ts";
import { matmul } from "./matmul.ts";
import { max } from "./reduce.ts";
import { reshape, unsqueeze } from "./shape.ts";
import { softmax } from "./softmax.ts";
import { tril } from "./triangle.ts";

/**
 * softmax(Q Kᵀ · scale + mask): the weights that `scaledDotProductAttention` uses and never stores, before dropout.
 *
 * @param query [..., Hq, L, E]
 * @param key   [..., H, S, E]
 * @returns     [..., Hq, L, S]
 * @throws RangeError or TypeError when a shape, dtype or option does not fit
 */
export function attentionWeights(
  query: Tensor,
  key: Tensor,
  options: AttentionOptions = {},
): Tensor {
  return weights(query, key, options, attentionShape(query, key, undefined, options));
}

/** @internal `scaledDotProductAttention` by its weights. */
export function compositeAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const { dropoutP = 0, generator = defaultGenerator } = options;
  const shape = attentionShape(query, key, value, options);
  const A = dropout(weights(query, key, options, shape), { p: dropoutP, generator });
  return matmul(A, repeatHeads(value, shape)); // [..., Hq, L, Ev]
}

function weights(
  query: Tensor,
  key: Tensor,
  { attnMask, isCausal = false, causalAlignment = "topLeft" }: AttentionOptions,
  shape: AttentionShape,
): Tensor {
  const { L, S, scale } = shape;
  const products = mul(matmul(query, repeatHeads(key, shape), { transposeB: true }), scale);
  const mask = isCausal ? triangle(L, S, causalAlignment === "topLeft" ? 0 : S - L) : attnMask;
  if (!mask || products.size === 0) return softmax(products, -1);
  const scores = mask.dtype === "bool" ? where(mask, products, -Infinity) : add(products, mask);
  const blind = eq(max(scores, -1, { keepdim: true }), -Infinity); // a query that may see no key
  return where(blind, 0, softmax(where(blind, 0, scores), -1));
}

/** true where query i of L may see key j of S. */
const triangle = (L: number, S: number, diagonal: number): Tensor =>
  tril(ones([L, S], { dtype: "bool" }), diagonal);

/** Each head of x [..., H, S, E] as often in a row as query heads share it. */
function repeatHeads(x: Tensor, { group }: AttentionShape): Tensor {
  if (group === 1) return x;
  const [batch, [H, S, E]] = [x.shape.slice(0, -3), x.shape.slice(-3) as [number, number, number]];
  const copies = broadcastTo(unsqueeze(x, -3), [...batch, H, group, S, E]);
  return reshape(copies, [...batch, H * group, S, E]);
}
