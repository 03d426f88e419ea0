/** @file Elements by their numbers. Indices are int32 tensors. */

import { record } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { expectAxis, fail, sameShape, type Shape, show } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { expectFloat, expectSameDType } from "./operand.ts";
import { around } from "./slice.ts";

/**
 * The parts `ids[j]` of x along an axis, one after the other: y[.., j, ..] = x[.., ids[j], ..].
 *
 * @param ids int32 [M], from 0 to size − 1
 * @returns x's shape with M on the axis
 * @throws RangeError for an index outside
 *
 * @example
 * indexSelect(tensor([[1, 2], [3, 4]]), 0, tensor([1, 1], { dtype: "int32" })).toArray(); // [[3, 4], [3, 4]]
 */
export function indexSelect(x: Tensor, axis: number, ids: Tensor): Tensor {
  expectTensor("indexSelect", "x", x);
  const a = expectAxis("indexSelect", axis, x.ndim);
  if (x.ndim === 0) fail("indexSelect", "x", "to have an axis", show(x.shape));
  expectIndices("indexSelect", ids, x.shape[a]!);
  if (ids.ndim !== 1) fail("indexSelect", "indices", "to have one axis", show(ids.shape));
  return selected(x, a, ids);
}

function selected(x: Tensor, a: number, ids: Tensor): Tensor {
  const at = x.ptr; // throws if it was freed
  const y = empty(x.shape.with(a, ids.size), x.dtype);
  kernels.of[x.dtype].index_select(at, ids.ptr, y.ptr, ...around(x.shape, a), ids.size);
  return record("indexSelect", y, [x], [(dy) => added(dy, a, ids, x.shape)]);
}

/** @internal The way back of `indexSelect`: zeros of `shape`, to which the parts of dy are added. */
export function added(dy: Tensor, a: number, ids: Tensor, shape: Shape): Tensor {
  const dx = empty(shape, dy.dtype);
  kernels.zero(dx.ptr, dx.storage.bytes);
  const row = kernels.of[dy.dtype as FloatDType].index_add; // only floats have gradients
  row(dy.ptr, ids.ptr, dx.ptr, ...around(shape, a), ids.size);
  return record("indexAdd", dx, [dy], [(d) => selected(d, a, ids)]);
}

/**
 * One element of x for each index: y[.., j, ..] = x[.., ids[.., j, ..], ..].
 *
 * @param ids int32, of x's shape but for the axis, from 0 to size − 1
 * @returns of the shape of ids
 * @throws RangeError for an index outside, and where the shapes differ
 *
 * @example
 * gather(tensor([[1, 2], [3, 4]]), 1, tensor([[0], [1]], { dtype: "int32" })).toArray(); // [[1], [4]]
 */
export function gather(x: Tensor, axis: number, ids: Tensor): Tensor {
  expectTensor("gather", "x", x);
  const a = expectAxis("gather", axis, x.ndim);
  expectIndices("gather", ids, x.shape[a] ?? 1);
  expectAligned("gather", x, a, ids);
  return gathered(x, a, ids);
}

function gathered(x: Tensor, a: number, ids: Tensor): Tensor {
  const at = x.ptr; // throws if it was freed
  const y = empty(ids.shape, x.dtype);
  kernels.of[x.dtype].gather(at, ids.ptr, y.ptr, ...around(x.shape, a), ids.shape[a] ?? 1);
  return record("gather", y, [x], [(dy) => scattered(dy, a, ids, x.shape)]);
}

/** The way back of `gathered`. */
function scattered(dy: Tensor, a: number, ids: Tensor, shape: Shape): Tensor {
  const dx = empty(shape, dy.dtype);
  kernels.zero(dx.ptr, dx.storage.bytes);
  addAt(dx, a, ids, dy);
  return record("scatterAdd", dx, [dy], [(d) => gathered(d, a, ids)]);
}

function addAt(y: Tensor, a: number, ids: Tensor, source: Tensor): void {
  const row = kernels.of[y.dtype as FloatDType].scatter_add; // only floats are added
  row(source.ptr, ids.ptr, y.ptr, ...around(y.shape, a), ids.shape[a] ?? 1);
}

/**
 * x with the elements of `source` added at their indices: y[.., ids[.., j, ..], ..] += source[.., j, ..].
 *
 * @param ids int32, of x's shape but for the axis, from 0 to size − 1
 * @param source of the shape of ids and x's dtype
 * @throws RangeError for an index outside, and where the shapes differ
 *
 * @example
 * const ids = tensor([0, 0, 2], { dtype: "int32" });
 * scatterAdd(zeros([3]), 0, ids, tensor([1, 2, 3])).toArray(); // [3, 0, 3]
 */
export function scatterAdd(x: Tensor, axis: number, ids: Tensor, source: Tensor): Tensor {
  expectFloat("scatterAdd", "x", x);
  expectFloat("scatterAdd", "source", source);
  expectSameDType("scatterAdd", x, source);
  const a = expectAxis("scatterAdd", axis, x.ndim);
  expectIndices("scatterAdd", ids, x.shape[a] ?? 1);
  expectAligned("scatterAdd", x, a, ids);
  if (!sameShape(source.shape, ids.shape)) {
    fail(
      "scatterAdd",
      "source",
      `to be ${show(ids.shape)}, as the indices are`,
      show(source.shape),
    );
  }
  const at = x.ptr; // throws if it was freed
  const y = empty(x.shape, x.dtype);
  kernels.of[x.dtype].place(at, y.ptr, 1, x.size, 1, x.size, 0, 1);
  addAt(y, a, ids, source);
  return record("scatterAdd", y, [x, source], [(dy) => dy, (dy) => gathered(dy, a, ids)]);
}

/** Throws unless `ids` is an int32 tensor of numbers from 0 to n − 1. */
export function expectIndices(op: string, ids: unknown, n: number): asserts ids is Tensor {
  expectTensor(op, "indices", ids);
  if (ids.dtype !== "int32") {
    throw new TypeError(
      `${op}: expected indices to be int32, got ${ids}; convert with .to("int32")`,
    );
  }
  const values = ids.view();
  for (let k = 0; k < values.length; k++) {
    const id = values[k]!;
    if (id < 0 || id >= n) {
      fail(op, "indices", `from 0 to ${n - 1}`, `${id} at place ${k}`);
    }
  }
}

function expectAligned(op: string, x: Tensor, a: number, ids: Tensor): void {
  const fits =
    x.ndim === ids.ndim && (x.ndim === 0 || sameShape(x.shape.with(a, 0), ids.shape.with(a, 0)));
  if (!fits) {
    fail(op, "indices", `of x's shape ${show(x.shape)}, but for axis ${a}`, show(ids.shape));
  }
}
