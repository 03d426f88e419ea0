/**
 * @file Shapes, and the order of axes, for tensors of any dtype. What leaves the elements in their order shares memory with
 * its input; the rest are copies.
 */

import { record } from "../core/autograd.ts";
import { expectAxes, expectAxis, fail, type Shape, show, sizeOf } from "../core/shape.ts";
import { empty, expectTensor, Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";

/**
 * The same elements in another shape; shares memory. One size may be −1: whatever is left.
 *
 * @throws RangeError when the sizes do not multiply to the same number
 *
 * @example
 * reshape(tensor([1, 2, 3, 4]), [2, -1]).toArray(); // [[1, 2], [3, 4]]
 */
export function reshape(x: Tensor, shape: Shape): Tensor {
  expectTensor("reshape", "x", x);
  return seen("reshape", x, resolve(x, shape));
}

function resolve(x: Tensor, shape: Shape): number[] {
  if (!Array.isArray(shape)) fail("reshape", "shape", "to be an array of sizes", String(shape));
  const sizes = [...shape] as number[];
  const free = sizes.indexOf(-1);
  if (free >= 0) sizes[free] = x.size / sizes.reduce((n, d) => n * d, -1);
  if (!sizes.every((d) => Number.isSafeInteger(d) && d >= 0) || sizeOf(sizes) !== x.size) {
    throw new RangeError(
      `reshape: expected sizes that multiply to ${x.size} (at most one of them −1), got ${show(shape)} for ${show(x.shape)}`,
    );
  }
  return sizes;
}

/** `x` in another shape: a view. */
function seen(op: string, x: Tensor, shape: Shape): Tensor {
  const y = new Tensor(shape, x.dtype, x.storage, x.offset);
  return record(op, y, [x], [(dy) => seen(op, dy, x.shape)]);
}

/**
 * The axes from `start` to `end`, both included, as one.
 *
 * @example
 * flatten(zeros([2, 3, 4]), 1).shape; // [2, 12]
 */
export function flatten(x: Tensor, start = 0, end = -1): Tensor {
  expectTensor("flatten", "x", x);
  const first = expectAxis("flatten", start, x.ndim);
  const last = expectAxis("flatten", end, x.ndim);
  if (first > last) fail("flatten", "end", `from ${first} on`, String(last));
  const size = sizeOf(x.shape.slice(first, last + 1));
  return seen("flatten", x, x.shape.toSpliced(first, last - first + 1, size));
}

/**
 * Without the axes of size 1: all of them, or those given, which must have size 1.
 *
 * @example
 * squeeze(zeros([1, 3, 1])).shape; // [3]
 */
export function squeeze(x: Tensor, axis?: number | readonly number[]): Tensor {
  expectTensor("squeeze", "x", x);
  const axes = expectAxes("squeeze", axis, x.ndim);
  for (const a of axis === undefined ? [] : axes) {
    if (x.shape[a] !== 1) fail("squeeze", `axis ${a}`, "to have size 1", show(x.shape));
  }
  return seen(
    "squeeze",
    x,
    x.shape.filter((d, i) => d !== 1 || !axes.includes(i)),
  );
}

/**
 * With a new axis of size 1 that will stand at `axis`.
 *
 * @example
 * unsqueeze(zeros([2, 3]), 1).shape; // [2, 1, 3]
 */
export function unsqueeze(x: Tensor, axis: number): Tensor {
  expectTensor("unsqueeze", "x", x);
  return seen("unsqueeze", x, x.shape.toSpliced(expectAxis("unsqueeze", axis, x.ndim + 1), 0, 1));
}

/**
 * Axes `a` and `b` change places.
 *
 * @example
 * transpose(tensor([[1, 2], [3, 4]]), 0, 1).toArray(); // [[1, 3], [2, 4]]
 */
export function transpose(x: Tensor, a: number, b: number): Tensor {
  expectTensor("transpose", "x", x);
  const [i, j] = [expectAxis("transpose", a, x.ndim), expectAxis("transpose", b, x.ndim)];
  const axes = x.shape.map((_, k) => (k === i ? j : k === j ? i : k));
  return permuted("transpose", x, axes);
}

/**
 * Axis k of the result is axis `axes[k]` of x.
 *
 * @throws RangeError unless `axes` names every axis once
 *
 * @example
 * permute(zeros([2, 3, 4]), [2, 0, 1]).shape; // [4, 2, 3]
 */
export function permute(x: Tensor, axes: readonly number[]): Tensor {
  expectTensor("permute", "x", x);
  const order = Array.from(axes, (a) => expectAxis("permute", a, x.ndim));
  if (order.length !== x.ndim || new Set(order).size !== x.ndim) {
    fail("permute", "axes", `to name each of ${x.ndim} axes once`, show(axes));
  }
  return permuted("permute", x, order);
}

function permuted(op: string, x: Tensor, axes: readonly number[]): Tensor {
  const shape = axes.map((a) => x.shape[a]!);
  const back = axes.map((_, k) => axes.indexOf(k));
  const y = reordered(x, axes, shape);
  return record(op, y, [x], [(dy) => permuted(op, dy, back)]);
}

/** Neighbours that stay together move as one; each move swaps two runs of axes. */
function reordered(x: Tensor, axes: readonly number[], shape: Shape): Tensor {
  const runs: number[][] = []; // runs of axes of x, in the order of the result; axes of size 1 do not matter
  for (const a of axes.filter((a) => x.shape[a] !== 1)) {
    const run = runs.at(-1);
    if (run && gapOfOnes(x.shape, run.at(-1)!, a)) run.push(a);
    else runs.push([a]);
  }
  const size = (run: readonly number[]): number => sizeOf(run.map((a) => x.shape[a]!));
  const product = (list: readonly number[][]): number => list.reduce((n, r) => n * size(r), 1);
  const order = [...runs].sort((r, s) => r[0]! - s[0]!);

  let y = x;
  for (let i = 0; i < runs.length; i++) {
    const j = order.indexOf(runs[i]!);
    if (i === j) continue;
    const next = empty(shape, x.dtype);
    const [batch, rows] = [product(order.slice(0, i)), product(order.slice(i, j))];
    kernels.of[x.dtype].transpose(
      y.ptr,
      next.ptr,
      batch,
      rows,
      size(order[j]!),
      product(order.slice(j + 1)),
    );
    order.splice(i, 0, ...order.splice(j, 1));
    if (y !== x) y.free();
    y = next;
  }
  return y === x ? new Tensor(shape, x.dtype, x.storage, x.offset) : y;
}

/** Whether nothing but axes of size 1 stands between two axes. */
function gapOfOnes(shape: Shape, a: number, b: number): boolean {
  return b > a && shape.slice(a + 1, b).every((d) => d === 1);
}
