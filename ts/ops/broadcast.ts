/** @file Broadcasting, and the sum, each of which is the other's way back. */

import { record } from "../core/autograd.ts";
import { BYTES, type FloatDType } from "../core/dtype.ts";
import { expectAxes, expectShapeOf, sameShape, type Shape, show, sizeOf } from "../core/shape.ts";
import { empty, expectTensor, Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { expectFloat } from "./operand.ts";
import { reshape } from "./shape.ts";

/** One axis, several, or (undefined) all. */
export type Axes = number | readonly number[] | undefined;

/** Options of `sum` and the other reductions. */
export interface ReduceOptions {
  /** Whether the axes stay, with size 1. Default false. */
  keepdim?: boolean;
}

/**
 * x repeated along axes of size 1, and along new axes in front, to fill `shape`. A copy, unless nothing repeats.
 *
 * @throws RangeError when x does not broadcast to `shape`
 *
 * @example
 * broadcastTo(tensor([1, 2]), [2, 2]).toArray(); // [[1, 2], [1, 2]]
 */
export function broadcastTo(x: Tensor, shape: Shape): Tensor {
  expectTensor("broadcastTo", "x", x);
  const sizes = expectShapeOf("broadcastTo", shape, BYTES[x.dtype]);
  const own = aligned(x.shape, sizes.length);
  if (own.length !== sizes.length || own.some((d, i) => d !== sizes[i] && d !== 1)) {
    throw new RangeError(
      `broadcastTo: expected a shape that ${show(x.shape)} broadcasts to, got ${show(sizes)}`,
    );
  }
  if (sizeOf(sizes) === x.size) return reshape(x, sizes);
  const y = repeated(x, sizes);
  return record("broadcastTo", y, [x], [(dy) => sumTo(dy, x.shape)]);
}

/** The shape with ones in front, to be `rank` long. */
const aligned = (shape: Shape, rank: number): number[] => [
  ...new Array<number>(Math.max(0, rank - shape.length)).fill(1),
  ...shape,
];

/** @internal `broadcastTo` outside the graph, always a copy. */
export function repeated(x: Tensor, shape: Shape): Tensor {
  const own = aligned(x.shape, shape.length);
  let y = x;
  for (const [from, to] of runs(shape, (i) => own[i] !== shape[i])) {
    for (let i = from; i < to; i++) own[i] = shape[i]!;
    const next = empty([...own], x.dtype);
    const n = sizeOf(shape.slice(from, to));
    kernels.of[x.dtype].repeat(
      y.ptr,
      next.ptr,
      sizeOf(own.slice(0, from)),
      n,
      sizeOf(own.slice(to)),
    );
    if (y !== x) y.free();
    y = next;
  }
  return y;
}

/** Runs [from, to) of neighbouring axes for which `has` holds, last first. */
function runs(shape: Shape, has: (axis: number) => boolean): [from: number, to: number][] {
  const found: [number, number][] = [];
  for (let to = shape.length; to > 0; to--) {
    if (!has(to - 1)) continue;
    let from = to - 1;
    while (from > 0 && has(from - 1)) from--;
    found.push([from, to]);
    to = from + 1;
  }
  return found;
}

/**
 * Σ x over axes, pairwise, so that rounding errors hardly add up.
 *
 * @returns x's shape without the axes, or with 1 in their places where `keepdim`
 * @throws RangeError for an axis that is not there or stands twice
 *
 * @example
 * const x = tensor([[1, 2], [3, 4]]);
 * sum(x).item(); // 10
 * sum(x, 0).toArray(); // [4, 6]
 * sum(x, -1, { keepdim: true }).toArray(); // [[3], [7]]
 */
export function sum(x: Tensor, axis?: Axes, { keepdim = false }: ReduceOptions = {}): Tensor {
  expectFloat("sum", "x", x);
  const axes = expectAxes("sum", axis, x.ndim);
  const y = reduced("sum", x, axes, keepdim);
  const kept = without(x.shape, axes, true);
  return record("sum", y, [x], [(dy) => broadcastTo(reshape(dy, kept), x.shape)]);
}

/** @internal Reduces axes (ascending) one run of neighbours after the other. */
export function reduced(
  row: "sum" | "max" | "min",
  x: Tensor,
  axes: readonly number[],
  keepdim: boolean,
): Tensor {
  const f = kernels.of[x.dtype as FloatDType][row]; // the caller has checked
  const shape = without(x.shape, axes, keepdim);
  const sizes = [...x.shape];
  let y = x;
  for (const [from, to] of runs(sizes, (i) => axes.includes(i))) {
    const outer = sizeOf(sizes.slice(0, from));
    const n = sizeOf(sizes.slice(from, to));
    const inner = sizeOf(sizes.slice(to));
    sizes.fill(1, from, to);
    const next = empty(sizeOf(sizes) === sizeOf(shape) ? shape : [...sizes], x.dtype);
    f(y.ptr, next.ptr, outer, n, inner);
    if (y !== x) y.free();
    y = next;
  }
  if (y !== x)
    return sameShape(y.shape, shape) ? y : new Tensor(shape, y.dtype, y.storage, y.offset);
  y = empty(shape, x.dtype); // no axes: a copy
  f(x.ptr, y.ptr, x.size, 1, 1);
  return y;
}

/** @internal `shape` without the axes, or with 1 in their places. */
export function without(shape: Shape, axes: readonly number[], keepdim: boolean): number[] {
  return keepdim
    ? shape.map((d, i) => (axes.includes(i) ? 1 : d))
    : shape.filter((_, i) => !axes.includes(i));
}

/** @internal The way back of a broadcast from `shape`: sums what was repeated. */
export function sumTo(dy: Tensor, shape: Shape): Tensor {
  if (sameShape(dy.shape, shape)) return dy;
  const own = aligned(shape, dy.ndim);
  const axes = dy.shape.flatMap((d, i) => (own[i] === d ? [] : [i]));
  return reshape(axes.length > 0 ? sum(dy, axes) : dy, shape);
}
