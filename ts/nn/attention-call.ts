/** @file What a call of MultiheadAttention may be given, and what is wrong with it. */

import type { FloatDType } from "../core/dtype.ts";
import { fail, sameShape, type Shape, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { type BlockMask, expectMask } from "./block-mask.ts";

/** Options of a call of `MultiheadAttention`. */
export interface MultiheadAttentionCall {
  /** [N, S], or [S] unbatched. bool: true is BLOCKED, a key that no query sees; float: added to the scores. */
  keyPaddingMask?: BlockMask | undefined;
  /** Whether the weights are returned, which costs L × S numbers a head. Default true. */
  needWeights?: boolean;
  /** [L, S] or [N · H, L, S]. bool: true is BLOCKED; float: added to the scores, and gets its gradient. */
  attnMask?: BlockMask | undefined;
  /** Whether the weights are the mean over the heads. Default true. */
  averageAttnWeights?: boolean;
  /** Says that `attnMask` is causal, and need not be read. A wrong hint gives wrong results. Default false. */
  isCausal?: boolean;
  /** With `isCausal`, stands for `attnMask`: see scaledDotProductAttention. Default: a mask is to be given. */
  causalAlignment?: "topLeft" | "bottomRight" | undefined;
}

/** The sizes of the module that is called. */
interface Sizes {
  embedDim: number;
  kdim: number;
  vdim: number;
  numHeads: number;
  batchFirst: boolean;
  dtype: FloatDType;
}

/** The sizes of a call. @throws RangeError or TypeError when a shape, dtype, mask or hint does not fit */
export function expectCall(
  where: string,
  [query, key, value]: readonly [query: Tensor, key: Tensor, value: Tensor],
  options: MultiheadAttentionCall,
  module: Sizes,
): { unbatched: boolean; N: number; L: number } {
  const { embedDim, kdim, vdim, numHeads: H, batchFirst, dtype } = module;
  const inputs = { query, key, value };
  for (const [name, x] of Object.entries(inputs)) expectOwnDType(where, name, x, dtype);
  const unbatched = query.ndim === 2;
  if (!unbatched && query.ndim !== 3) {
    fail(where, "query", "to have 3 dimensions, or 2 unbatched", show(query.shape));
  }
  const time = !unbatched && batchFirst ? 1 : 0;
  const N = unbatched ? 1 : query.shape[1 - time]!;
  const [L, S] = [query.shape[time]!, key.shape[time]!];
  const sized = (length: number, width: number): Shape =>
    unbatched ? [length, width] : time === 1 ? [N, length, width] : [length, N, width];
  const wanted = { query: sized(L, embedDim), key: sized(S, kdim), value: sized(S, vdim) };
  for (const [name, shape] of Object.entries(wanted)) {
    const got = inputs[name as keyof typeof inputs].shape;
    if (sameShape(got, shape)) continue;
    const axes = `with batchFirst: ${batchFirst} the axes are ${batchFirst ? "[N, L, E]" : "[L, N, E]"}`;
    fail(where, name, `to be ${show(shape)}`, unbatched ? show(got) : `${show(got)}; ${axes}`);
  }

  const { attnMask, keyPaddingMask, isCausal = false, causalAlignment } = options;
  const each = unbatched ? "[H, L, S]" : "[N · H, L, S]";
  expectMask(where, "attnMask", attnMask, dtype, { "[L, S]": [L, S], [each]: [N * H, L, S] });
  const keys = unbatched ? { "[S]": [S] } : { "[N, S]": [N, S] };
  expectMask(where, "keyPaddingMask", keyPaddingMask, dtype, keys);
  if (!["topLeft", "bottomRight", undefined].includes(causalAlignment)) {
    fail(where, "causalAlignment", 'to be "topLeft" or "bottomRight"', String(causalAlignment));
  }
  if (isCausal && !attnMask && !causalAlignment) {
    throw new TypeError(
      `${where}: isCausal says that attnMask is causal, and there is none; give ` +
        `generateSquareSubsequentMask(${L}), or a causalAlignment for a mask that is never made`,
    );
  }
  return { unbatched, N, L };
}

/** Throws unless x is a tensor of the module's dtype. */
export function expectOwnDType(where: string, name: string, x: Tensor, dtype: FloatDType): void {
  expectTensor(where, name, x);
  if (x.dtype === dtype) return;
  throw new TypeError(
    `${where}: expected ${name} to be ${dtype}, as the parameters are, got ${x}; convert it with .to("${dtype}")`,
  );
}
