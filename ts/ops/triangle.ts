/** @file The lower or upper triangle of matrices, for any dtype. */

import { record } from "../core/autograd.ts";
import { expectInteger, fail, show, sizeOf } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";

/**
 * The last two axes' elements on and below a diagonal (0 is the main one, 1 the one above), 0 elsewhere.
 *
 * @example
 * tril(ones([2, 3])).toArray(); // [[1, 0, 0], [1, 1, 0]]
 */
export function tril(x: Tensor, diagonal = 0): Tensor {
  return triangle("tril", x, diagonal, 0);
}

/**
 * The last two axes' elements on and above a diagonal (0 is the main one, 1 the one above), 0 elsewhere.
 *
 * @example
 * triu(ones([2, 3]), 1).toArray(); // [[0, 1, 1], [0, 0, 1]]
 */
export function triu(x: Tensor, diagonal = 0): Tensor {
  return triangle("triu", x, diagonal, 1);
}

function triangle(op: "tril" | "triu", x: Tensor, diagonal: number, upper: 0 | 1): Tensor {
  expectTensor(op, "x", x);
  expectInteger(op, "diagonal", diagonal, -Infinity);
  if (x.ndim < 2) fail(op, "x", "to have at least 2 axes", show(x.shape));
  const [rows, cols] = x.shape.slice(-2) as [number, number]; // there are two
  const y = empty(x.shape, x.dtype);
  const shifted = Math.min(Math.max(diagonal + rows, 0), rows + cols);
  const batch = sizeOf(x.shape.slice(0, -2));
  kernels.of[x.dtype].triangle(x.ptr, y.ptr, batch, rows, cols, shifted, upper);
  return record(op, y, [x], [(dy) => triangle(op, dy, diagonal, upper)]);
}
