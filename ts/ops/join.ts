/** @file Tensors put together along an axis, for any dtype. */

import { record } from "../core/autograd.ts";
import { expectAxis, expectInteger, fail, sameShape, type Shape, show } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { indexSelect } from "./indexing.ts";
import { expectFits } from "./operand.ts";
import { type EdgeMode, edgeIndices, expectReach, isEdgeMode } from "./pad-modes.ts";
import { reshape } from "./shape.ts";
import { around, cut } from "./slice.ts";

/**
 * The tensors one after the other along an axis; they agree in all others.
 *
 * @throws RangeError for none, or where the shapes do not fit
 */
export function concat(xs: readonly Tensor[], axis = 0): Tensor {
  const first = expectList("concat", xs);
  const a = expectAxis("concat", axis, first.ndim);
  if (first.ndim === 0) fail("concat", "tensors", "to have an axis; use stack", show(first.shape));
  let n = 0;
  for (const x of xs) {
    if (x.ndim !== first.ndim || !sameShape(x.shape.with(a, 0), first.shape.with(a, 0))) {
      fail(
        "concat",
        "shapes",
        `that agree but on axis ${a}`,
        `${show(first.shape)} and ${show(x.shape)}`,
      );
    }
    n += x.shape[a]!;
  }
  return join("concat", xs, a, first.shape.with(a, n));
}

/**
 * The tensors, all of one shape, along a new axis.
 *
 * @throws RangeError for none, or where the shapes differ
 */
export function stack(xs: readonly Tensor[], axis = 0): Tensor {
  const first = expectList("stack", xs);
  const a = expectAxis("stack", axis, first.ndim + 1);
  for (const x of xs) {
    if (!sameShape(x.shape, first.shape)) {
      fail("stack", "tensors", "of one shape", `${show(first.shape)} and ${show(x.shape)}`);
    }
  }
  return join("stack", xs, a, first.shape.toSpliced(a, 0, xs.length));
}

function expectList(op: string, xs: readonly Tensor[]): Tensor {
  if (!Array.isArray(xs))
    throw new TypeError(`${op}: expected an array of tensors, got ${String(xs)}`);
  const first: unknown = xs[0];
  if (xs.length === 0) fail(op, "tensors", "to be one at least", "none");
  expectTensor(op, "tensor 0", first);
  for (const [i, x] of xs.entries()) {
    expectTensor(op, `tensor ${i}`, x);
    void x.ptr; // throws if it was freed
    if (x.dtype !== first.dtype) {
      throw new TypeError(
        `${op}: expected tensors of one dtype, got ${first.dtype} and ${x.dtype}; convert one with .to(...)`,
      );
    }
  }
  return first;
}

function join(op: string, xs: readonly Tensor[], a: number, shape: Shape): Tensor {
  const [outer, n, inner] = around(shape, a);
  const y = empty(shape, xs[0]!.dtype);
  let at = 0;
  const rules = xs.map((x) => {
    const m = op === "stack" ? 1 : x.shape[a]!;
    const start = at;
    at += m;
    kernels.of[x.dtype].place(x.ptr, y.ptr, outer, n, inner, m, start, 1);
    return (dy: Tensor) => cut(op, dy, a, start, 1, m, x.shape);
  });
  return record(op, y, xs, rules);
}

export interface PaddingOptions {
  /** What stands around x: `value`, or what `EdgeMode` says. Default "constant". */
  mode?: "constant" | EdgeMode;
  /** Default 0. */
  value?: number;
}

/**
 * x with `value` around, or its own elements: `padding` is [before, after] for the last axis, then for the one before
 * it, and so on, as in torch.nn.functional.pad.
 *
 * @throws RangeError unless `padding` has pairs of integers of at least 0, no more than there are axes, and where an axis
 *   is too short for the mode
 */
export function pad(
  x: Tensor,
  padding: readonly number[],
  { mode = "constant", value = 0 }: PaddingOptions = {},
): Tensor {
  expectTensor("pad", "x", x);
  if (padding.length % 2 !== 0 || padding.length > 2 * x.ndim) {
    fail("pad", "padding", `to be pairs for at most ${x.ndim} axes`, show(padding));
  }
  for (const p of padding) expectInteger("pad", "each padding", p);
  expectFits("pad", value, x.dtype);
  if (mode !== "constant" && !isEdgeMode(mode)) {
    fail("pad", "mode", "constant, reflect, replicate or circular", String(mode));
  }
  const sides = Array.from({ length: padding.length / 2 }, (_, i) => ({
    axis: x.ndim - 1 - i,
    before: padding[2 * i]!,
    after: padding[2 * i + 1]!,
  })).filter(({ before, after }) => before > 0 || after > 0);
  if (mode === "constant") {
    return sides.reduce(
      (y, { axis, before, after }) => padded(y, axis, before, after, value),
      reshape(x, x.shape),
    );
  }
  for (const { axis, before, after } of sides) expectReach(mode, before, x.shape[axis]!, after);
  return sides.reduce(
    (y, { axis, before, after }) =>
      indexSelect(y, axis, edgeIndices(mode, before, x.shape[axis]!, after)),
    reshape(x, x.shape),
  );
}

function padded(x: Tensor, a: number, before: number, after: number, value: number): Tensor {
  const [outer, m, inner] = around(x.shape, a);
  const y = empty(x.shape.with(a, before + m + after), x.dtype);
  y.view().fill(value);
  kernels.of[x.dtype].place(x.ptr, y.ptr, outer, before + m + after, inner, m, before, 1);
  return record("pad", y, [x], [(dy) => cut("pad", dy, a, before, 1, m, x.shape)]);
}
