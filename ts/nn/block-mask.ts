/** @file The masks of attention modules, in which true blocks, and their way to the op's, in which true takes part. */

import { expectFloatDType, type FloatDType, isFloat, type TypedArray } from "../core/dtype.ts";
import { expectInteger, fail, sameShape, type Shape, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import type { AttentionOptions } from "../ops/attention.ts";
import { logicalNot, logicalOr, where } from "../ops/compare.ts";
import { full, ones } from "../ops/create.ts";
import { pad } from "../ops/join.ts";
import { reshape } from "../ops/shape.ts";
import { tril, triu } from "../ops/triangle.ts";
import type { MultiheadAttentionCall } from "./attention-call.ts";

/**
 * A mask of nn.MultiheadAttention and the transformer layers. bool: true is BLOCKED, as in PyTorch, the opposite of
 * scaledDotProductAttention's; float: added to the scores, and gets its gradient.
 */
export type BlockMask = Tensor;

/**
 * The causal mask: 0 where query i may see key j ≤ i, −∞ elsewhere.
 *
 * @returns [size, size], float32 unless `dtype` says otherwise
 */
export function generateSquareSubsequentMask(
  size: number,
  { dtype = "float32" }: { dtype?: FloatDType } = {},
): BlockMask {
  expectInteger("generateSquareSubsequentMask", "size", size);
  expectFloatDType("generateSquareSubsequentMask", dtype);
  const all = full([size, size], -Infinity, { dtype });
  const mask = triu(all, 1);
  all.free();
  return mask;
}

/**
 * What a causal hint means: itself, or, where there is none, what the mask looks like. One that is learnt is not causal.
 *
 * @param x what attends to itself: [L, N, E], [L, E], or [N, L, E] where the layer has batchFirst
 */
export function detectCausal(
  mask: BlockMask | undefined,
  hint: boolean | null | undefined,
  x: Tensor,
  { batchFirst = false }: { batchFirst?: boolean },
): boolean {
  if (hint !== undefined && hint !== null) return hint;
  if (mask === undefined) return false;
  expectTensor("isCausal", "the mask", mask);
  const L = x.shape[x.ndim === 3 && batchFirst ? 1 : 0]!;
  return !mask.requiresGrad && sameShape(mask.shape, [L, L]) && blocksTheFuture(mask.view(), L);
}

/** Whether exactly the keys j > i are blocked. A bool mask has 1 there, a float one −∞. */
function blocksTheFuture(mask: TypedArray, L: number): boolean {
  const blocked = mask instanceof Uint8Array ? 1 : -Infinity;
  for (let i = 0, k = 0; i < L; i++) {
    for (let j = 0; j < L; j++, k++) if (mask[k] !== (j > i ? blocked : 0)) return false;
  }
  return true;
}

/** Throws unless a mask is a bool tensor, or a float one of the module's dtype, of one of the shapes. */
export function expectMask(
  where: string,
  name: string,
  mask: BlockMask | undefined,
  dtype: FloatDType,
  shapes: Readonly<Record<string, Shape>>,
): void {
  if (mask === undefined) return;
  expectTensor(where, name, mask);
  if (mask.dtype !== "bool" && mask.dtype !== dtype) {
    const hint = isFloat(mask.dtype) ? `; convert it with .to("${dtype}")` : "";
    throw new TypeError(
      `${where}: expected ${name} to be bool (true blocks) or ${dtype}, got ${mask}${hint}`,
    );
  }
  if (Object.values(shapes).some((shape) => sameShape(mask.shape, shape))) return;
  const wanted = Object.entries(shapes).map(([axes, shape]) => `${show(shape)} = ${axes}`);
  fail(where, name, `to be ${wanted.join(" or ")}`, show(mask.shape));
}

/**
 * The masks of a call as scaledDotProductAttention takes them. A causal hint stands for its mask where no other mask must be
 * joined to it.
 *
 * @param appended how many keys follow the S, which no mask blocks
 */
export function attentionMasks(
  call: MultiheadAttentionCall,
  N: number,
  L: number,
  S: number,
  appended: number,
  dtype: FloatDType,
): AttentionOptions {
  const { isCausal = false, causalAlignment = "topLeft", keyPaddingMask } = call;
  let { attnMask } = call;
  if (isCausal && !keyPaddingMask && appended === 0 && !(attnMask && call.needWeights !== false)) {
    return { isCausal, causalAlignment };
  }
  if (isCausal && !attnMask) {
    const seen = tril(ones([L, S], { dtype: "bool" }), causalAlignment === "topLeft" ? 0 : S - L);
    attnMask = logicalNot(seen);
  }
  const masks: BlockMask[] = [];
  if (attnMask) masks.push(attnMask.ndim === 3 ? reshape(attnMask, [N, -1, L, S]) : attnMask);
  if (keyPaddingMask) masks.push(reshape(keyPaddingMask, [N, 1, 1, S]));
  if (masks.length === 0) return {};
  const longer = masks.map((m) => (appended > 0 ? pad(m, [0, appended]) : m));
  return { attnMask: joined(longer, dtype) };
}

/** One mask: bool, where true TAKES PART, if all are bool, else the sum of what they add to the scores. */
function joined(masks: readonly BlockMask[], dtype: FloatDType): Tensor {
  if (masks.every((m) => m.dtype === "bool")) {
    return logicalNot(masks.reduce((a, b) => logicalOr(a, b)));
  }
  const scores = (m: BlockMask): Tensor =>
    m.dtype === "bool" ? where(m, -Infinity, full([], 0, { dtype })) : m;
  return masks.map(scores).reduce((a, b) => add(a, b));
}
