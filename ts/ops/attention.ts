/** @file Scaled dot-product attention: one kernel call forward, one backward. */

import { recordKernel } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { defaultGenerator, type Generator } from "../core/random.ts";
import { type Shape, sizeOf } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels, type Ptr } from "../runtime/kernels.ts";
import { type AttentionShape, attentionShape } from "./attention-shape.ts";
import { broadcastTo } from "./broadcast.ts";

/** Options of `scaledDotProductAttention`. */
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
  /** Whether a key and value head serves Hq / H query heads in a row. Default false. */
  enableGqa?: boolean;
  /** Of the dropout. Default: the global one. */
  generator?: Generator;
}

/**
 * softmax(Q Kᵀ · scale + mask) V (Vaswani et al. 2017), in memory linear in L and S (Milakov & Gimelshein 2018; Dao et al.
 * 2022): the weights are never there as a whole. The row of a query that may see no key is 0.
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
  const shape = attentionShape(query, key, value, options);
  const { front, keyFront, S, E, scale } = shape;
  const { attnMask, dropoutP = 0, generator = defaultGenerator } = options;
  const [L, Ev] = [query.shape.at(-2)!, value.shape.at(-1)!];
  const q = broadcastTo(query, [...front, L, E]);
  const k = broadcastTo(key, [...keyFront, S, E]);
  const v = broadcastTo(value, [...keyFront, S, Ev]);
  const mask = attnMask && foldable(attnMask, [...front, L, S]);
  const { group, rows, strides, causal } = layout(shape, mask, options);
  const sizes = [sizeOf(front.slice(0, -1)), shape.heads, group, rows, S, E, Ev] as const;
  const stream = dropoutP > 0 ? generator.take(Math.ceil((sizeOf(front) * L * S) / 4)) : NONE;
  const rest = [
    ...sizes,
    mask?.size ?? 0,
    ...strides,
    ...causal,
    ...stream,
    scale,
    dropoutP,
  ] as const;

  const run = kernels.of[q.dtype as FloatDType];
  const inputs = (): [Ptr, Ptr, Ptr, Ptr, Ptr] => {
    const [keep, bias] = mask?.dtype === "bool" ? [mask.ptr, 0] : [0, mask?.ptr ?? 0];
    return [q.ptr, k.ptr, v.ptr, keep, bias];
  };
  const room = (...shape: Shape): Tensor => empty(shape, q.dtype);
  const scratch = (): Tensor => room(kernels.attention_scratch(group * rows, S, E, Ev));
  const [out, lse, work] = [room(...front, L, Ev), room(...front, L), scratch()];
  run.attention_forward(...inputs(), out.ptr, lse.ptr, work.ptr, ...rest);
  work.free();

  const backward = ([dOut]: readonly Ptr[], [dq, dk, dv, dMask = 0]: readonly Ptr[]): void => {
    const saved = [...inputs(), out.ptr, lse.ptr] as const;
    run.attention_backward(...saved, dOut!, dq!, dk!, dv!, dMask, scratch().ptr, ...rest);
  };
  const given = mask ? [q, k, v, mask] : [q, k, v];
  const composite = "matmul(attentionWeights(query, key), value)";
  recordKernel("scaledDotProductAttention", [out], given, backward, composite);
  if (!out.node) lse.free();
  return out;
}

type Four = [number, number, number, number];
const NONE: Four = [0, 0, 0, 0];

/** The mask, repeated where one stride over all axes before the heads cannot step through it. */
function foldable(mask: Tensor, scores: Shape): Tensor {
  const own = [...new Array<number>(scores.length - mask.ndim).fill(1), ...mask.shape];
  const batch = sizeOf(own.slice(0, -3));
  if (batch === 1 || batch === sizeOf(scores.slice(0, -3))) return mask;
  return broadcastTo(mask, [...scores.slice(0, -3), ...own.slice(-3)]);
}

/** How the kernel steps through queries and mask. One query for each head of a group is as many queries of one head. */
function layout(
  { group, L }: AttentionShape,
  mask: Tensor | undefined,
  { isCausal = false, causalAlignment = "topLeft" }: AttentionOptions,
): { group: number; rows: number; strides: Four; causal: [number, number] } {
  const [H = 1, l = 1, s = 1] = mask ? [1, 1, ...mask.shape].slice(-3) : [];
  const [head, row, col] = [H > 1 ? l * s : 0, l > 1 ? s : 0, s > 1 ? 1 : 0];
  const batch = mask && mask.size > H * l * s ? H * l * s : 0;
  const lowerRight = causalAlignment === "bottomRight";
  if (L === 1 && group > 1 && (!isCausal || lowerRight)) {
    return { group: 1, rows: group, strides: [batch, head * group, head, col], causal: [0, 0] };
  }
  return { group, rows: L, strides: [batch, head, row, col], causal: [+isCausal, +lowerRight] };
}
