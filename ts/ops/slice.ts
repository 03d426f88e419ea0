/** @file Parts of a tensor along an axis, for any dtype. */

import { record } from "../core/autograd.ts";
import { BYTES } from "../core/dtype.ts";
import { expectAxes, expectAxis, expectInteger, fail, type Shape, show } from "../core/shape.ts";
import { empty, expectTensor, Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { reshape } from "./shape.ts";

/**
 * The elements `start`, `start + step`, ... of an axis, up to, not including, `end`, as Python's x[start:end:step]:
 * negative places count from the end, places outside are cut off, and a negative step goes backwards (leave `end`
 * undefined to reach the first). A step of 1 on the first axis shares memory.
 *
 * @example
 * slice(tensor([1, 2, 3, 4, 5]), 0, 1, -1).toArray(); // [2, 3, 4]
 * slice(tensor([1, 2, 3, 4, 5]), 0, undefined, undefined, 2).toArray(); // [1, 3, 5]
 */
export function slice(x: Tensor, axis: number, start?: number, end?: number, step = 1): Tensor {
  expectTensor("slice", "x", x);
  const a = expectAxis("slice", axis, x.ndim);
  if (x.ndim === 0) fail("slice", "x", "to have an axis", show(x.shape));
  const n = x.shape[a]!;
  if (!Number.isSafeInteger(step) || step === 0) {
    fail("slice", "step", "to be an integer, not 0", String(step));
  }
  const [low, high] = step > 0 ? [0, n] : [-1, n - 1];
  const place = (name: string, p: number | undefined, otherwise: number): number => {
    if (p === undefined) return otherwise;
    expectInteger("slice", name, p, -Infinity);
    return Math.min(Math.max(p < 0 ? p + n : p, low), high);
  };
  const from = place("start", start, step > 0 ? low : high);
  const to = place("end", end, step > 0 ? high : low);
  const m = Math.max(0, Math.ceil((to - from) / step));
  return cut("slice", x, a, from, step, m, x.shape.with(a, m));
}

/**
 * Element `i` of an axis, without the axis. Negative ones count from the end. Shares memory on the first axis.
 *
 * @throws RangeError when there is no such element
 *
 * @example
 * select(tensor([[1, 2], [3, 4]]), 0, -1).toArray(); // [3, 4]
 */
export function select(x: Tensor, axis: number, i: number): Tensor {
  expectTensor("select", "x", x);
  const a = expectAxis("select", axis, x.ndim);
  const n = x.shape[a] ?? 0;
  if (!Number.isSafeInteger(i) || i < -n || i >= n) {
    fail("select", "i", `from ${-n} to ${n - 1} (size ${n} on axis ${a})`, String(i));
  }
  return cut("select", x, a, i < 0 ? i + n : i, 1, 1, x.shape.toSpliced(a, 1));
}

/**
 * The elements in reverse order along each of the axes.
 *
 * @example
 * flip(tensor([1, 2, 3]), 0).toArray(); // [3, 2, 1]
 */
export function flip(x: Tensor, axes: number | readonly number[]): Tensor {
  expectTensor("flip", "x", x);
  const turned = x.ndim === 0 ? [] : expectAxes("flip", axes, x.ndim);
  if (turned.length === 0) return reshape(x, x.shape);
  return turned.reduce((y, a) => {
    const n = y.shape[a]!;
    return cut("flip", y, a, Math.max(0, n - 1), -1, n, y.shape);
  }, x);
}

/**
 * All slices of one element of an axis, without the axis.
 *
 * @example
 * unbind(tensor([[1, 2], [3, 4]])).map((x) => x.toArray()); // [[1, 2], [3, 4]]
 */
export function unbind(x: Tensor, axis = 0): Tensor[] {
  expectTensor("unbind", "x", x);
  const a = expectAxis("unbind", axis, x.ndim);
  if (x.ndim === 0) fail("unbind", "x", "to have an axis", show(x.shape));
  const shape = x.shape.toSpliced(a, 1);
  return Array.from({ length: x.shape[a]! }, (_, i) => cut("unbind", x, a, i, 1, 1, shape));
}

/**
 * Slices of an axis, one after the other: of the given sizes, or of one size, where the last may be shorter.
 *
 * @throws RangeError when the sizes do not add up to the axis
 *
 * @example
 * split(tensor([1, 2, 3, 4, 5]), 2).map((x) => x.toArray()); // [[1, 2], [3, 4], [5]]
 */
export function split(x: Tensor, sizes: number | readonly number[], axis = 0): Tensor[] {
  expectTensor("split", "x", x);
  const a = expectAxis("split", axis, x.ndim);
  if (x.ndim === 0) fail("split", "x", "to have an axis", show(x.shape));
  const n = x.shape[a]!;
  const parts =
    typeof sizes === "number" ? equal(expectInteger("split", "size", sizes, 1), n) : [...sizes];
  for (const m of parts) expectInteger("split", "each size", m);
  if (parts.reduce((sum, m) => sum + m, 0) !== n) {
    fail("split", "sizes", `to add up to ${n}`, show(parts));
  }
  let at = 0;
  return parts.map((m) => {
    const y = cut("split", x, a, at, 1, m, x.shape.with(a, m));
    at += m;
    return y;
  });
}

const equal = (size: number, n: number): number[] =>
  Array.from({ length: Math.max(1, Math.ceil(n / size)) }, (_, i) => Math.min(size, n - i * size));

/** @internal m elements of axis `a`, from `start` on, each `step` further; in the given shape. */
export function cut(
  op: string,
  x: Tensor,
  a: number,
  start: number,
  step: number,
  m: number,
  shape: Shape,
): Tensor {
  const [outer, n, inner] = around(x.shape, a);
  let y: Tensor;
  if (step === 1 && outer === 1) {
    y = new Tensor(shape, x.dtype, x.storage, x.offset + start * inner * BYTES[x.dtype]);
  } else {
    y = empty(shape, x.dtype);
    kernels.of[x.dtype].slice(x.ptr, y.ptr, outer, n, inner, m, start, step);
  }
  return record(op, y, [x], [(dy) => put(dy, x.shape, a, start, step, m)]);
}

/** The way back of `cut`: dy where it was taken from, 0 elsewhere. */
function put(dy: Tensor, shape: Shape, a: number, start: number, step: number, m: number): Tensor {
  const [outer, n, inner] = around(shape, a);
  const dx = empty(shape, dy.dtype);
  if (m !== n) kernels.zero(dx.ptr, dx.storage.bytes);
  kernels.of[dy.dtype].place(dy.ptr, dx.ptr, outer, n, inner, m, start, step);
  return record("put", dx, [dy], [(d) => cut("put", d, a, start, step, m, dy.shape)]);
}

/** @internal The shape seen from an axis: [outer, n, inner]. */
export function around(shape: Shape, a: number): [outer: number, n: number, inner: number] {
  let [outer, inner] = [1, 1];
  for (let i = 0; i < a; i++) outer *= shape[i]!;
  for (let i = a + 1; i < shape.length; i++) inner *= shape[i]!;
  return [outer, shape[a] ?? 1, inner];
}
