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

/** Both operands of a float op as tensors: a number takes the other's dtype. */
export function operands(op: string, a: Tensor | number, b: Tensor | number): [Tensor, Tensor] {
  if (typeof a === "number" && typeof b === "number") {
    throw new TypeError(`${op}: expected at least one tensor, got two numbers`);
  }
  const like = (typeof a === "number" ? b : a) as Tensor; // one of them is not a number
  expectFloat(op, typeof a === "number" ? "b" : "a", like);
  const [x, y] = [a, b].map((v) => (typeof v === "number" ? scalar(v, like.dtype) : v)) as [
    Tensor,
    Tensor,
  ];
  expectFloat(op, "a", x);
  expectFloat(op, "b", y);
  expectSameDType(op, x, y);
  return [x, y];
}
