/** @file Attention with linear biases (Press, Smith & Lewis 2022): positions as a penalty on distance. */

import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import { scope } from "../core/lifetime.ts";
import { expectInteger } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { abs, mul, neg, pow, sub } from "../ops/arithmetic.ts";
import { to } from "../ops/cast.ts";
import { arange } from "../ops/create.ts";
import { concat } from "../ops/join.ts";
import { reshape } from "../ops/shape.ts";
import { slice } from "../ops/slice.ts";

/**
 * The slope of each head: 2^(−8/n), 2^(−16/n), ..., 2^(−8) for n heads, a power of two. Between two powers n and 2n, those for
 * n and then every second one of those for 2n, from its first.
 *
 * @returns [heads]
 */
export function alibiSlopes(
  heads: number,
  { dtype = "float32" }: { dtype?: FloatDType } = {},
): Tensor {
  expectInteger("alibiSlopes", "heads", heads, 1);
  expectFloatDType("alibiSlopes", dtype);
  let n = 1;
  while (2 * n <= heads) n *= 2;
  return scope(() => {
    const geometric = (count: number): Tensor =>
      pow(2, mul(arange(1, count + 1, 1, { dtype: "float64" }), -8 / count));
    const between = slice(geometric(2 * n), 0, 0, 2 * (heads - n), 2);
    return to(concat([geometric(n), between]), dtype);
  });
}

/**
 * What is added to the scores: −slope · |i − j|, where the last query stands at the last key.
 *
 *     scaledDotProductAttention(q, k, v, { attnMask: nn.alibiBias(H, L, S) });  // add a causal mask where one is needed
 *
 * @returns [heads, L, S]
 */
export function alibiBias(
  heads: number,
  L: number,
  S = L,
  { dtype = "float32" }: { dtype?: FloatDType } = {},
): Tensor {
  expectInteger("alibiBias", "L", L);
  expectInteger("alibiBias", "S", S);
  return scope(() => {
    const slopes = reshape(alibiSlopes(heads, { dtype }), [heads, 1, 1]);
    const queries = reshape(arange(S - L, S, 1, { dtype }), [L, 1]);
    const distances = abs(sub(queries, arange(0, S, 1, { dtype }))); // [L, S]
    return neg(mul(slopes, distances));
  });
}
