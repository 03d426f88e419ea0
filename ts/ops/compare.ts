/** @file Comparisons and logic, whose results are bool tensors, and choice by such tensors. */

import type { DType } from "../core/dtype.ts";
import { broadcastShape, sameShape } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { combine, jointShape, recordBroadcast, repeating } from "./elementwise.ts";
import { expectFits, expectOperands, type Operand } from "./operand.ts";

/**
 * a = b, element by element; false where either is NaN.
 *
 * @example
 * eq(tensor([1, 2]), 2).toArray(); // [false, true]
 */
export function eq(a: Operand, b: Operand): Tensor {
  return compare("eq", "eq", a, b);
}

/**
 * a ≠ b, element by element; true where either is NaN.
 *
 * @example
 * ne(tensor([1, 2]), 2).toArray(); // [true, false]
 */
export function ne(a: Operand, b: Operand): Tensor {
  const equal = compare("ne", "eq", a, b);
  const y = logicalNot(equal);
  equal.free();
  return y;
}

/**
 * a < b, element by element; false where either is NaN.
 *
 * @example
 * lt(tensor([1, 2]), 2).toArray(); // [true, false]
 */
export function lt(a: Operand, b: Operand): Tensor {
  return compare("lt", "lt", a, b);
}

/**
 * a ≤ b, element by element; false where either is NaN.
 *
 * @example
 * le(tensor([1, 3]), 2).toArray(); // [true, false]
 */
export function le(a: Operand, b: Operand): Tensor {
  return compare("le", "le", a, b);
}

/**
 * a > b, element by element; false where either is NaN.
 *
 * @example
 * gt(tensor([1, 3]), 2).toArray(); // [false, true]
 */
export function gt(a: Operand, b: Operand): Tensor {
  return compare("gt", "lt", a, b, true);
}

/**
 * a ≥ b, element by element; false where either is NaN.
 *
 * @example
 * ge(tensor([1, 2]), 2).toArray(); // [false, true]
 */
export function ge(a: Operand, b: Operand): Tensor {
  return compare("ge", "le", a, b, true);
}

/** Any dtype, both the same. `turned`: the row compares b with a. */
function compare(
  op: string,
  row: "eq" | "lt" | "le",
  a: Operand,
  b: Operand,
  turned = false,
): Tensor {
  const { dtype } = expectOperands(op, a, b);
  for (const x of [a, b]) if (typeof x === "number") expectFits(op, x, dtype);
  const f = kernels.of[dtype][row];
  return turned ? combine(op, f, b, a, "bool") : combine(op, f, a, b, "bool");
}

/**
 * Whether each element is NaN.
 *
 * @example
 * isNaN(tensor([1, NaN])).toArray(); // [false, true]
 */
export function isNaN(x: Tensor): Tensor {
  expectTensor("isNaN", "x", x);
  return ne(x, x);
}

/**
 * ¬a, of a bool tensor.
 *
 * @example
 * logicalNot(tensor([true, false])).toArray(); // [false, true]
 */
export function logicalNot(a: Tensor): Tensor {
  expectBool("logicalNot", "a", a);
  return combine("logicalNot", kernels.eq_u8, a, 0, "bool");
}

/**
 * a ∧ b, of bool tensors.
 *
 * @example
 * logicalAnd(tensor([true, true]), tensor([true, false])).toArray(); // [true, false]
 */
export function logicalAnd(a: Tensor, b: Tensor): Tensor {
  expectBool("logicalAnd", "a", a);
  expectBool("logicalAnd", "b", b);
  return choose("logicalAnd", a, b, 0, "bool");
}

/**
 * a ∨ b, of bool tensors.
 *
 * @example
 * logicalOr(tensor([true, false]), tensor([false, false])).toArray(); // [true, false]
 */
export function logicalOr(a: Tensor, b: Tensor): Tensor {
  expectBool("logicalOr", "a", a);
  expectBool("logicalOr", "b", b);
  return choose("logicalOr", a, 1, b, "bool");
}

function expectBool(op: string, name: string, x: unknown): asserts x is Tensor {
  expectTensor(op, name, x);
  if (x.dtype !== "bool") {
    throw new TypeError(`${op}: expected ${name} to be bool, got ${x}; ne(x, 0) converts`);
  }
}

/**
 * a where c holds, b elsewhere. All three broadcast; a and b have one dtype, any, or are numbers (float32 where both are).
 * The gradient goes to whichever was chosen.
 *
 * @param c bool
 *
 * @example
 * where(tensor([true, false]), tensor([1, 2]), 0).toArray(); // [1, 0]
 */
export function where(c: Tensor, a: Operand, b: Operand): Tensor {
  expectBool("where", "c", c);
  const numbers = typeof a === "number" && typeof b === "number";
  const dtype = numbers ? "float32" : expectOperands("where", a, b).dtype;
  for (const x of [a, b]) if (typeof x === "number") expectFits("where", x, dtype);
  const y = choose("where", c, a, b, dtype);
  return recordBroadcast(
    "where",
    y,
    a,
    b,
    (dy) => where(c, dy, 0),
    (dy) => where(c, 0, dy),
  );
}

function choose(op: string, c: Tensor, a: Operand, b: Operand, dtype: DType): Tensor {
  const joint = jointShape(op, a, b);
  const shape = sameShape(c.shape, joint) ? joint : broadcastShape(op, c.shape, joint);
  const w = repeating(c, shape)!; // not a number
  const u = repeating(a, shape);
  const v = repeating(b, shape);
  const y = empty(shape, dtype);
  kernels.of[dtype].choose(
    w.ptr,
    u ? u.ptr : 0,
    v ? v.ptr : 0,
    y.ptr,
    y.size,
    w.size,
    u ? u.size : 1,
    v ? v.size : 1,
    typeof a === "number" ? a : 0,
    typeof b === "number" ? b : 0,
  );
  if (w !== c) w.free();
  if (u !== a) u?.free();
  if (v !== b) v?.free();
  return y;
}
