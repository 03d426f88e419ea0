/** @file Matrix products. Transposed operands are variants of the kernel, not copies. */

import { record } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { broadcastShape, sameShape, type Shape, show, sizeOf } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { broadcastTo, sumTo } from "./broadcast.ts";
import { expectFloat, expectSameDType } from "./operand.ts";
import { reshape } from "./shape.ts";

/** Options of `matmul`. */
export interface MatmulOptions {
  /** Takes aᵀ (of the last two axes) for a. Default false. */
  transposeA?: boolean;
  /** Takes bᵀ for b. Default false. */
  transposeB?: boolean;
}

/**
 * The matrix product, as torch.matmul: of vectors, of matrices, and of batches of matrices, whose leading axes broadcast.
 *
 * @param a [..., M, K], or [K]
 * @param b [..., K, N], or [K]
 * @returns [..., M, N], without the axis of an operand that is a vector
 * @throws RangeError when the sizes do not fit
 *
 * @example
 * const [a, b] = [tensor([[1, 2]]), tensor([[3, 4], [5, 6]])];
 * matmul(a, b).toArray(); // [[13, 16]]
 * matmul(a, b, { transposeB: true }).toArray(); // [[11, 17]]
 */
export function matmul(
  a: Tensor,
  b: Tensor,
  { transposeA = false, transposeB = false }: MatmulOptions = {},
): Tensor {
  expectFloat("matmul", "a", a);
  expectFloat("matmul", "b", b);
  expectSameDType("matmul", a, b);
  const [aVector, bVector] = [a.ndim === 1, b.ndim === 1];
  if (a.ndim === 0 || b.ndim === 0 || (aVector && transposeA) || (bVector && transposeB)) {
    misfit(a, b, transposeA, transposeB);
  }
  const [M, K] = aVector ? [1, a.size] : sidesOf(a.shape, transposeA);
  const [K2, N] = bVector ? [b.size, 1] : sidesOf(b.shape, transposeB);
  if (K !== K2) misfit(a, b, transposeA, transposeB);
  const [aBatch, bBatch] = [a.shape.slice(0, -2), b.shape.slice(0, -2)];
  const batch = sameShape(aBatch, bBatch) ? aBatch : broadcastShape("matmul", aBatch, bBatch);

  const A = aVector ? reshape(a, [1, K]) : spread(a, batch);
  const B = bVector ? reshape(b, [K, 1]) : spread(b, batch);
  const C = product(A, B, transposeA, transposeB, batch, M, N, K);
  if (!aVector && !bVector) return C;
  return reshape(C, [...batch, ...(aVector ? [] : [M]), ...(bVector ? [] : [N])]);
}

/** Rows and columns of the matrices, after transposing. */
function sidesOf(shape: Shape, transposed: boolean): [rows: number, columns: number] {
  const [rows, columns] = shape.slice(-2) as [number, number]; // of two axes at least
  return transposed ? [columns, rows] : [rows, columns];
}

function misfit(a: Tensor, b: Tensor, transposeA: boolean, transposeB: boolean): never {
  const wanted = `a ${transposeA ? "[..., K, M]" : "[..., M, K]"} and b ${transposeB ? "[..., N, K]" : "[..., K, N]"}`;
  throw new RangeError(`matmul: expected ${wanted}, got ${show(a.shape)} and ${show(b.shape)}`);
}

/** A batch that a kernel can step through: one matrix for all, or one for each. */
function spread(x: Tensor, batch: Shape): Tensor {
  const own = x.shape.slice(0, -2);
  if (sizeOf(own) === 1 || sizeOf(own) === sizeOf(batch)) return x;
  return broadcastTo(x, [...batch, ...x.shape.slice(-2)]);
}

/** C = op(A) op(B): dop(A) = dC op(B)ᵀ, dop(B) = op(A)ᵀ dC */
function product(
  a: Tensor,
  b: Tensor,
  transposeA: boolean,
  transposeB: boolean,
  batch: Shape,
  M: number,
  N: number,
  K: number,
): Tensor {
  const count = sizeOf(batch);
  const c = empty([...batch, M, N], a.dtype);
  kernels.zero(c.ptr, c.storage.bytes);
  if (c.size > 0 && K > 0) {
    const scratch = empty([kernels.gemm_scratch(count * M, N, K)], a.dtype);
    const row = `gemm_${transposeA ? "t" : "n"}${transposeB ? "t" : "n"}` as const;
    kernels.of[a.dtype as FloatDType][row](
      a.ptr,
      b.ptr,
      c.ptr,
      scratch.ptr,
      M,
      N,
      K,
      count,
      a.size === M * K ? 0 : M * K,
      b.size === K * N ? 0 : K * N,
    );
    scratch.free();
  }
  const da = (dc: Tensor): Tensor =>
    transposeA
      ? matmul(b, dc, { transposeA: transposeB, transposeB: true })
      : matmul(dc, b, { transposeB: !transposeB });
  const db = (dc: Tensor): Tensor => {
    if (b.ndim === 2 && !transposeA && count > 1) {
      // one b for all: one product over all rows, instead of one for each matrix and a sum
      const [rows, drows] = [reshape(a, [count * M, K]), reshape(dc, [count * M, N])];
      return transposeB
        ? matmul(drows, rows, { transposeA: true })
        : matmul(rows, drows, { transposeA: true });
    }
    return transposeB
      ? matmul(dc, a, { transposeA: true, transposeB: transposeA })
      : matmul(a, dc, { transposeA: !transposeA });
  };
  return record(
    "matmul",
    c,
    [a, b],
    [(dc) => sumTo(da(dc), a.shape), (dc) => sumTo(db(dc), b.shape)],
  );
}
