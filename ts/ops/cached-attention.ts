/** @file Attention of a decoder's next queries over the keys and values that it keeps. There is no way back through it. */

import type { FloatDType } from "../core/dtype.ts";
import { dims, expectShape, fail, show } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { expectFloat, expectSameDType } from "./operand.ts";

/** What is kept of B sequences: C places, of which sequence b has filled the first starts[b]. */
export interface Kept {
  /** [B, H, C, E] */
  keys: Tensor;
  /** [B, H, C, E] */
  values: Tensor;
  /** int32 [B] */
  starts: Tensor;
}

/**
 * Copies keys and values of L steps to the places behind what is kept. `starts` stays as it is.
 *
 * @param x    [B, L, P · H · E]: P parts side by side, such as queries, keys and values
 * @param parts which of them are the keys and which the values
 * @throws RangeError when the places do not suffice
 */
export function keep(x: Tensor, parts: { keys: number; values: number }, kept: Kept): void {
  const { B, L, H, E, C, width } = sizesOf("keep", x, kept);
  const starts = kept.starts.view();
  const full = starts.findIndex((s) => s + L > C);
  if (full >= 0) fail("keep", "room", `for ${L} more steps behind ${starts[full]}`, `${C} places`);
  const { cache_append } = kernels.of[x.dtype as FloatDType];
  for (const part of ["keys", "values"] as const) {
    const cache = kept[part];
    const at = partOf("keep", x, parts[part], H * E);
    cache_append(at, kept.starts.ptr, cache.ptr, B, L, H, E, C, width);
  }
}

/**
 * softmax(scale Q Kᵀ + bias) V
 *
 * @param x [B, L, P · H · E], of which the first part are the queries
 * @param options.causal whether query l sees the first starts[b] + l + 1 places, those of its own steps included; else it sees
 *   the first starts[b]
 * @param options.bias   [H, C]: bias[h, C − 1 − d] goes to the key d places before the query; default none
 * @returns [B, L, H · E]
 */
export function attendKept(
  x: Tensor,
  kept: Kept,
  { causal, scale, bias }: { causal: boolean; scale: number; bias?: Tensor | undefined },
): Tensor {
  const { B, L, H, E, C, width } = sizesOf("attendKept", x, kept);
  if (bias) {
    expectSameDType("attendKept", x, bias);
    expectShape("attendKept", { bias }, [H, C]);
  }
  const y = empty([B, L, H * E], x.dtype);
  const scratch = empty([kernels.cache_scratch(C, E)], x.dtype);
  kernels.of[x.dtype as FloatDType].cache_attend(
    partOf("attendKept", x, 0, H * E),
    kept.keys.ptr,
    kept.values.ptr,
    kept.starts.ptr,
    bias?.ptr ?? 0,
    y.ptr,
    scratch.ptr,
    B,
    L,
    H,
    E,
    C,
    width,
    Number(causal),
    scale,
  );
  scratch.free();
  return y;
}

function sizesOf(op: string, x: Tensor, { keys, values, starts }: Kept) {
  expectFloat(op, "x", x);
  const [B, H, C, E] = dims(op, { keys }, 4);
  expectSameDType(op, x, keys, values);
  expectShape(op, { values }, [B, H, C, E]);
  expectShape(op, { starts }, [B]);
  const [batch, L, width] = dims(op, { x }, 3);
  if (batch !== B || width % (H * E) !== 0 || L === 0) {
    fail(op, "x", `to be [${B}, L, a multiple of ${H * E}]`, show(x.shape));
  }
  return { B, L, H, E, C, width };
}

/** Where a part of x begins. */
function partOf(op: string, x: Tensor, part: number, size: number): number {
  const [count, bytes] = [x.shape[2]! / size, x.dtype === "float64" ? 8 : 4];
  if (part >= count) fail(op, "x", `to have ${part + 1} parts of ${size}`, String(count));
  return x.ptr + part * size * bytes;
}
