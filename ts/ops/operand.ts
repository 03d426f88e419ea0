/** @file What every op asks of its inputs, in words. */

import { type DType, isFloat } from "../core/dtype.ts";
import { empty, expectTensor, Tensor } from "../core/tensor.ts";

/** Throws a TypeError unless `x` is a tensor of float32 or float64. */
export function expectFloat(op: string, name: string, x: unknown): asserts x is Tensor {
  expectTensor(op, name, x);
  if (!isFloat(x.dtype)) {
    throw new TypeError(`${op}: expected ${name} to be float32 or float64, got ${x}`);
  }
}

/** Throws a TypeError unless the tensors have one dtype: nothing is converted unasked. */
export function expectSameDType(op: string, first: Tensor, ...rest: Tensor[]): void {
  for (const t of rest) {
    if (t.dtype !== first.dtype) {
      throw new TypeError(
        `${op}: expected tensors of one dtype, got ${first.dtype} and ${t.dtype}; convert one with .to(...)`,
      );
    }
  }
}

/** A number as a tensor of shape [], in the current scope. */
export function scalar(value: number, dtype: DType): Tensor {
  const t = empty([], dtype);
  t.view()[0] = value;
  return t;
}

/** What a binary op takes: a number gets the dtype of the tensor beside it. */
export type Operand = Tensor | number;

/** Throws unless the operands, one of them a tensor, have one dtype and pass `expect`. Returns a tensor of them. */
export function expectOperands(
  op: string,
  a: Operand,
  b: Operand,
  expect: (op: string, name: string, x: unknown) => void = expectTensor,
): Tensor {
  if (typeof a !== "number") expect(op, "a", a);
  if (typeof b !== "number") expect(op, "b", b);
  if (typeof a === "number") {
    if (typeof b !== "number") return b;
    throw new TypeError(`${op}: expected at least one tensor, got two numbers`);
  }
  if (typeof b !== "number") expectSameDType(op, a, b);
  return a;
}

/** Throws unless a number is one that the dtype has. */
export function expectFits(op: string, x: number, dtype: DType): void {
  if (isFloat(dtype)) return;
  const [low, high] = dtype === "bool" ? [0, 1] : [-(2 ** 31), 2 ** 31 - 1];
  if (!Number.isInteger(x) || x < low || x > high) {
    throw new TypeError(`${op}: ${dtype} holds integers from ${low} to ${high}, got ${x}`);
  }
}
