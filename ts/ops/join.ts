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
 *
 * @example
 * concat([tensor([1, 2]), tensor([3])]).toArray(); // [1, 2, 3]
 */
export function concat(tensors: readonly Tensor[], axis = 0): Tensor {
  const xs = expectList("concat", tensors);
  const first = xs[0]!;
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
 *
 * @example
 * stack([tensor([1, 2]), tensor([3, 4])], 1).toArray(); // [[1, 3], [2, 4]]
 */
export function stack(tensors: readonly Tensor[], axis = 0): Tensor {
  const xs = expectList("stack", tensors);
  const first = xs[0]!;
  const a = expectAxis("stack", axis, first.ndim + 1);
  for (const x of xs) {
    if (!sameShape(x.shape, first.shape)) {
      fail("stack", "tensors", "of one shape", `${show(first.shape)} and ${show(x.shape)}`);
    }
  }
  return join("stack", xs, a, first.shape.toSpliced(a, 0, xs.length));
}

/** The tensors, read once: at least one, all of one dtype. */
function expectList(op: string, tensors: readonly Tensor[]): Tensor[] {
  if (!Array.isArray(tensors)) {
    throw new TypeError(`${op}: expected an array of tensors, got ${typeof tensors}`);
  }
  const xs = Array.from(tensors as readonly Tensor[]);
  if (xs.length === 0) fail(op, "tensors", "to be one at least", "none");
  for (const [i, x] of xs.entries()) {
    expectTensor(op, `tensor ${i}`, x);
    if (x.dtype !== xs[0]!.dtype) {
      throw new TypeError(
        `${op}: expected tensors of one dtype, got ${xs[0]!.dtype} and ${x.dtype}; convert one with .to(...)`,
      );
    }
  }
  return xs;
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

/** Options of `pad`. */
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
 *
 * @example
 * pad(tensor([1, 2]), [1, 2], { value: 9 }).toArray(); // [9, 1, 2, 9, 9]
 */
export function pad(
  x: Tensor,
  padding: readonly number[],
  { mode = "constant", value = 0 }: PaddingOptions = {},
): Tensor {
  expectTensor("pad", "x", x);
  const sizes = Array.from(padding, (p) => expectInteger("pad", "each padding", p));
  if (sizes.length % 2 !== 0 || sizes.length > 2 * x.ndim) {
    fail("pad", "padding", `to be pairs for at most ${x.ndim} axes`, show(sizes));
  }
  if (typeof value !== "number") fail("pad", "value", "to be a number", typeof value);
  expectFits("pad", value, x.dtype);
  if (mode !== "constant" && !isEdgeMode(mode)) {
    fail("pad", "mode", "constant, reflect, replicate or circular", String(mode));
  }
  const sides = Array.from({ length: sizes.length / 2 }, (_, i) => ({
    axis: x.ndim - 1 - i,
    before: sizes[2 * i]!,
    after: sizes[2 * i + 1]!,
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
