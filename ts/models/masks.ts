/** @file Masks of padded batches, as scaledDotProductAttention takes them: true takes part. */

import type { Tensor } from "../core/tensor.ts";
import { logicalAnd, ne } from "../ops/compare.ts";
import { ones } from "../ops/create.ts";
import { reshape } from "../ops/shape.ts";
import { tril } from "../ops/triangle.ts";

/** @param tokens int32 or bool [B, T], 0 at padding @returns bool [B, 1, 1, T] */
export function padding(tokens: Tensor): Tensor {
  const [B, T] = tokens.shape as [number, number];
  return reshape(tokens.dtype === "bool" ? tokens : ne(tokens, 0), [B, 1, 1, T]);
}

/** The same, and nothing that comes later: bool [B, 1, T, T]. */
export function causalAndPadding(tokens: Tensor): Tensor {
  const T = tokens.shape[1]!;
  return logicalAnd(padding(tokens), tril(ones([T, T], { dtype: "bool" })));
}
