/** @file Masks of padded batches, as scaledDotProductAttention takes them: true takes part. */

import type { Tensor } from "../core/tensor.ts";
import { logicalAnd, ne } from "../ops/compare.ts";
import { ones, tensor } from "../ops/create.ts";
import { indexSelect } from "../ops/indexing.ts";
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

/**
 * The states of each sequence's tokens before those of its padding, in their order: what attends to them without a mask.
 *
 * @param x      [B, T, D]
 * @param tokens int32 or bool [B, T], 0 at padding; default: no padding
 */
export function tokensFirst(
  x: Tensor,
  tokens: Tensor | undefined,
): { x: Tensor; lengths: number[] } {
  const [B, T, D] = x.shape as [number, number, number];
  if (!tokens) return { x, lengths: Array<number>(B).fill(T) };
  const flags = tokens.view();
  const rows = Array.from({ length: B }, (_, b) => Array.from({ length: T }, (_, t) => b * T + t));
  const kept = rows.map((row) => row.filter((at) => flags[at] !== 0));
  const order = rows.flatMap((row, b) => [...kept[b]!, ...row.filter((at) => flags[at] === 0)]);
  const ids = tensor(order, [B * T], { dtype: "int32" });
  const moved = reshape(indexSelect(reshape(x, [B * T, D]), 0, ids), [B, T, D]);
  return { x: moved, lengths: kept.map((row) => row.length) };
}
