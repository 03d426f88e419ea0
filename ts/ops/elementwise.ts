/** @file How an op that works element by element runs, broadcasts and goes back. */

import { record, type Rule } from "../core/autograd.ts";
import type { DType, FloatDType } from "../core/dtype.ts";
import { broadcastShape, sameShape, type Shape } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { type FloatKernels, kernels, type Ptr } from "../runtime/kernels.ts";
import { repeated, sumTo } from "./broadcast.ts";
import { expectFloat, expectOperands, type Operand } from "./operand.ts";

/** From the gradient of the result, and the result, to the gradient of an input. */
export type Slope = (dy: Tensor, y: Tensor) => Tensor;

type Row<F> = {
  [Name in keyof FloatKernels]: FloatKernels[Name] extends F ? Name : never;
}[keyof FloatKernels];
type UnaryKernel = (x: Ptr, y: Ptr, n: number) => void;
type BinaryKernel = (
  a: Ptr,
  b: Ptr,
  y: Ptr,
  n: number,
  aLength: number,
  bLength: number,
  number: number,
) => void;

/** y = f(x) on a float tensor, by the kernel of the same name. */
export function unary(op: Row<UnaryKernel>, x: Tensor, slope: Slope): Tensor {
  expectFloat(op, "x", x);
  const at = x.ptr; // throws if it was freed
  const y = empty(x.shape, x.dtype);
  kernels.of[x.dtype as FloatDType][op](at, y.ptr, y.size);
  return record(op, y, [x], [(dy) => slope(dy, y)]);
}

/** y = f(a, b) on float tensors or one and a number, by the kernel of the same name. */
export function binary(
  op: Row<BinaryKernel>,
  a: Operand,
  b: Operand,
  da: Slope,
  db: Slope,
): Tensor {
  const { dtype } = expectOperands(op, a, b, expectFloat);
  const y = combine(op, kernels.of[dtype as FloatDType][op], a, b, dtype);
  return recordBroadcast(op, y, a, b, da, db);
}

/** The result of a kernel that broadcasts, outside the graph. The operands have been checked. */
export function combine(op: string, f: BinaryKernel, a: Operand, b: Operand, dtype: DType): Tensor {
  const shape = jointShape(op, a, b);
  const u = repeating(a, shape);
  const v = repeating(b, shape);
  const number = typeof a === "number" ? a : typeof b === "number" ? b : 0;
  const y = empty(shape, dtype);
  f(u ? u.ptr : 0, v ? v.ptr : 0, y.ptr, y.size, u ? u.size : 1, v ? v.size : 1, number);
  if (u !== a) u?.free();
  if (v !== b) v?.free();
  return y;
}

/** The shape that two operands broadcast to. */
export function jointShape(op: string, a: Operand, b: Operand): Shape {
  if (typeof a === "number") return typeof b === "number" ? [] : b.shape;
  if (typeof b === "number" || sameShape(a.shape, b.shape)) return a.shape;
  return broadcastShape(op, a.shape, b.shape);
}

/**
 * An operand that a kernel can repeat to fill `shape`: itself, where its shape, without ones in front, ends `shape`;
 * else a copy, for the caller to free. Undefined for a number.
 */
export function repeating(x: Operand, shape: Shape): Tensor | undefined {
  if (typeof x === "number") return undefined;
  if (x.size === 1 || sameShape(x.shape, shape)) return x;
  const missing = shape.length - x.ndim;
  let i = x.ndim;
  while (i > 0 && x.shape[i - 1] === shape[i - 1 + missing]) i--;
  while (i > 0 && x.shape[i - 1] === 1) i--;
  return i === 0 ? x : repeated(x, shape);
}

/** Tells `y` how it came from operands that broadcast; numbers get no gradient. */
export function recordBroadcast(
  op: string,
  y: Tensor,
  a: Operand,
  b: Operand,
  da: Slope,
  db: Slope,
): Tensor {
  if (typeof a === "number") {
    return typeof b === "number" ? y : record(op, y, [b], [rule(b, y, db)]);
  }
  if (typeof b === "number") return record(op, y, [a], [rule(a, y, da)]);
  return record(op, y, [a, b], [rule(a, y, da), rule(b, y, db)]);
}

const rule = (x: Tensor, y: Tensor, slope: Slope): Rule =>
  sameShape(x.shape, y.shape) ? (dy) => slope(dy, y) : (dy) => sumTo(slope(dy, y), x.shape);
