/** @file The heads of attention, apart and together again. */

import type { Tensor } from "../core/tensor.ts";
import { permute, reshape, transpose } from "../ops/shape.ts";
import { select } from "../ops/slice.ts";

/** [B, T, H · E] as [B, H, T, E] */
export function splitHeads(x: Tensor, H: number): Tensor {
  const [B, T, D] = x.shape as [number, number, number];
  return transpose(reshape(x, [B, T, H, D / H]), 1, 2);
}

/** Queries, keys and values side by side, [B, T, 3 · H · E], as three of [B, H, T, E]. */
export function splitQkv(x: Tensor, H: number): [q: Tensor, k: Tensor, v: Tensor] {
  const [B, T, width] = x.shape as [number, number, number];
  const parts = permute(reshape(x, [B, T, 3, H, width / 3 / H]), [2, 0, 3, 1, 4]); // [3, B, H, T, E]
  return [select(parts, 0, 0), select(parts, 0, 1), select(parts, 0, 2)];
}

/** [B, H, T, E] as [B, T, H · E] */
export function mergeHeads(x: Tensor): Tensor {
  const [B, H, T, E] = x.shape as [number, number, number, number];
  return reshape(transpose(x, 1, 2), [B, T, H * E]);
}
