/** @file The heads of attention, apart and together again. */

import type { Tensor } from "../core/tensor.ts";
import { permute, reshape } from "../ops/shape.ts";
import { unbind } from "../ops/slice.ts";

/** @param x [N, L, parts · H · D], [L, N, ·] unless batchFirst, or [L, ·] @returns for each part [N, H, L, D] */
export function splitHeads(x: Tensor, parts: number, H: number, batchFirst = true): Tensor[] {
  const width = x.shape.at(-1)!;
  const [a, b] = x.ndim === 2 ? [1, x.shape[0]!] : (x.shape as [number, number, number]);
  const split = reshape(x, [a, b, parts, H, width / parts / H]);
  const heads = permute(split, batchFirst || x.ndim === 2 ? [2, 0, 3, 1, 4] : [2, 1, 3, 0, 4]);
  return parts === 1 ? [reshape(heads, heads.shape.slice(1))] : unbind(heads); // a view, not a copy
}

/** @param x [N, H, L, D] @returns [N, L, H · D], [L, N, H · D] unless batchFirst, or [L, H · D] of rank 2 */
export function joinHeads(x: Tensor, rank = 3, batchFirst = true): Tensor {
  const [N, H, L, D] = x.shape as [number, number, number, number];
  const joined = permute(x, batchFirst || rank === 2 ? [0, 2, 1, 3] : [2, 0, 1, 3]);
  const shape = rank === 2 ? [L] : batchFirst ? [N, L] : [L, N];
  return reshape(joined, [...shape, H * D]);
}
