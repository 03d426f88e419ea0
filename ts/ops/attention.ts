/** @file Scaled dot-product attention. */

import { defaultGenerator, type Generator } from "../core/random.ts";
import { broadcastShape, expectNumber, fail, sameShape, type Shape, show } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, mul } from "./arithmetic.ts";
import { broadcastTo } from "./broadcast.ts";
import { eq, where } from "./compare.ts";
import { ones } from "./create.ts";
import { dropout } from "./dropout.ts";
import { matmul } from "./matmul.ts";
import { expectFloat, expectSameDType } from "./operand.ts";
import { max } from "./reduce.ts";
import { reshape, unsqueeze } from "./shape.ts";
import { softmax } from "./softmax.ts";
import { tril } from "./triangle.ts";

export interface AttentionOptions {
  /**
   * Broadcasts to [..., Hq, L, S]. bool: true TAKES PART (the opposite of nn.MultiheadAttention's masks); float: added to the
   * scores, and gets its gradient. Default none.
   */
  attnMask?: Tensor;
  /** The probability of dropping a weight, always applied: pass 0, the default, in evaluation. */
  dropoutP?: number;
  /** Whether a query sees only the keys up to its own place. Not together with `attnMask`. Default false. */
  isCausal?: boolean;
  /**
   * Where L ≠ S: "topLeft", the default and PyTorch's, lets query i see keys 0 to i; "bottomRight", for queries that continue
   * a sequence, lets the last query see all keys.
   */
  causalAlignment?: "topLeft" | "bottomRight";
  /** Multiplies the scores. Default 1/√E. */
  scale?: number;
  /** Whether a key and value head serves Hq / Hkv query heads in a row. Default false. */
  enableGqa?: boolean;
  /** Of the dropout. Default: the global one. */
  generator?: Generator;
}

/**
 * softmax(Q Kᵀ · scale + mask) V (Vaswani et al. 2017). The row of a query that may see no key is 0.
 *
 * @param query [..., Hq, L, E]
 * @param key   [..., H, S, E]
 * @param value [..., H, S, Ev]
 * @returns     [..., Hq, L, Ev]
 * @throws RangeError or TypeError when a shape, dtype or option does not fit
 */
export function scaledDotProductAttention(
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  const { dropoutP = 0, generator = defaultGenerator, enableGqa = false } = options;
  expectFloat("scaledDotProductAttention", "value", value);
  expectNumber("scaledDotProductAttention", "dropoutP", dropoutP, 0, 1);
  const weights = attentionWeights(query, key, options);
  const H = query.shape.at(-3) ?? 1;
  const A = dropout(weights, { p: dropoutP, generator });
  return matmul(A, enableGqa ? repeatHeads(value, H) : value);
}

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
  {
    attnMask,
    isCausal = false,
    causalAlignment = "topLeft",
    scale,
    enableGqa,
  }: AttentionOptions = {},
): Tensor {
  const op = "scaledDotProductAttention";
  expectFloat(op, "query", query);
  expectFloat(op, "key", key);
  expectSameDType(op, query, key);
  if (query.ndim < 2) fail(op, "query", "to be [..., L, E]", show(query.shape));
  const [L, E] = query.shape.slice(-2) as [number, number];
  const S = key.shape.at(-2)!;
  if (isCausal && attnMask) {
    throw new TypeError(
      `${op}: expected isCausal or attnMask, got both; put the triangle into attnMask`,
    );
  }
  const K = enableGqa ? repeatHeads(key, query.shape.at(-3) ?? 1) : key;
  const products = mul(matmul(query, K, { transposeB: true }), scale ?? 1 / Math.sqrt(E));
  const mask = isCausal ? causalMask(L, S, causalAlignment) : attnMask;
  if (!mask) return softmax(products, -1);
  expectMask(op, mask, products.shape);
  const scores = mask.dtype === "bool" ? where(mask, products, -Infinity) : add(products, mask);
  const blind = eq(max(scores, -1, { keepdim: true }), -Infinity); // a query that may see no key
  return where(blind, 0, softmax(where(blind, 0, scores), -1));
}

/** true where query i of L may see key j of S. */
function causalMask(L: number, S: number, alignment: "topLeft" | "bottomRight"): Tensor {
  return tril(ones([L, S], { dtype: "bool" }), alignment === "topLeft" ? 0 : S - L);
}

function expectMask(op: string, mask: Tensor, scores: Shape): void {
  if (!sameShape(broadcastShape(op, mask.shape, scores), scores)) {
    fail(op, "attnMask", `to broadcast to ${show(scores)}`, show(mask.shape));
  }
}

/** Each head of x [..., H, S, E] as many times in a row as makes `heads` of them. */
function repeatHeads(x: Tensor, heads: number): Tensor {
  const H = x.shape.at(-3) ?? 1;
  if (H === 0 || heads % H !== 0) {
    fail(
      "scaledDotProductAttention",
      "query heads",
      `to be a multiple of the ${H} of key`,
      String(heads),
    );
  }
  if (H === heads) return x;
  const [batch, [S, E]] = [x.shape.slice(0, -3), x.shape.slice(-2) as [number, number]];
  const copies = broadcastTo(unsqueeze(x, -3), [...batch, H, heads / H, S, E]);
  return reshape(copies, [...batch, heads, S, E]);
}
