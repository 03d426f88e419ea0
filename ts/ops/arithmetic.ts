/**
 * @file Arithmetic, element by element, on float tensors. Two operands broadcast as in NumPy; either may be a number. A
 * TypeError says that dtypes differ, a RangeError that shapes do not broadcast.
 */

import { record } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { fail } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { eq, ge, gt, logicalAnd, lt, where } from "./compare.ts";
import { binary, unary } from "./elementwise.ts";
import { expectFloat, type Operand, scalar } from "./operand.ts";

/** a + b */
export function add(a: Operand, b: Operand): Tensor {
  return binary("add", a, b, itself, itself);
}

/** a − b */
export function sub(a: Operand, b: Operand): Tensor {
  return binary("sub", a, b, itself, neg);
}

const itself = (dy: Tensor): Tensor => dy;

/** a ⊙ b */
export function mul(a: Operand, b: Operand): Tensor {
  return binary(
    "mul",
    a,
    b,
    (dy) => mul(dy, b),
    (dy) => mul(dy, a),
  );
}

/** a / b */
export function div(a: Operand, b: Operand): Tensor {
  return binary(
    "div",
    a,
    b,
    (dy) => div(dy, b),
    (dy, y) => neg(mul(dy, div(y, b))),
  );
}

/**
 * aᵇ. As in PyTorch, the gradient of a is 0 where b = 0, and the gradient of b is 0 where a = 0 and b ≥ 0.
 */
export function pow(a: Operand, b: Operand): Tensor {
  if (b === 2 && typeof a !== "number") return square(a);
  if (b === 0.5 && typeof a !== "number") return sqrt(a);
  return binary(
    "pow",
    a,
    b,
    (dy) => mul(dy, powerSlope(a, b)),
    (dy, y) => {
      const base = typeof a === "number" ? scalar(a, y.dtype) : a;
      const flat = logicalAnd(eq(base, 0), ge(b, 0));
      return mul(dy, where(flat, 0, mul(y, log(base))));
    },
  );
}

/** b aᵇ⁻¹ */
function powerSlope(a: Operand, b: Operand): Operand {
  if (b === 0) return 0;
  const slope = mul(pow(a, typeof b === "number" ? b - 1 : sub(b, 1)), b);
  return typeof b === "number" ? slope : where(eq(b, 0), 0, slope);
}

/** The larger of a and b, NaN where either is. Where they are equal each gets half of the gradient. */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary(
    "maximum",
    a,
    b,
    (dy) => share(dy, lt(a, b), eq(a, b)),
    (dy) => share(dy, gt(a, b), eq(a, b)),
  );
}

/** The smaller of a and b, NaN where either is. Where they are equal each gets half of the gradient. */
export function minimum(a: Operand, b: Operand): Tensor {
  return binary(
    "minimum",
    a,
    b,
    (dy) => share(dy, gt(a, b), eq(a, b)),
    (dy) => share(dy, lt(a, b), eq(a, b)),
  );
}

/** Nothing for the loser, half for each in a tie. */
function share(dy: Tensor, lost: Tensor, tie: Tensor): Tensor {
  return where(lost, 0, where(tie, mul(dy, 0.5), dy));
}

/** −x */
export function neg(x: Tensor): Tensor {
  return unary("neg", x, neg);
}

/** x² */
export function square(x: Tensor): Tensor {
  expectFloat("square", "x", x);
  return mul(x, x);
}

/** √x; the slope at 0 is ∞. */
export function sqrt(x: Tensor): Tensor {
  return unary("sqrt", x, (dy, y) => div(dy, mul(y, 2)));
}

/** eˣ */
export function exp(x: Tensor): Tensor {
  return unary("exp", x, mul);
}

/** The natural logarithm. */
export function log(x: Tensor): Tensor {
  return unary("log", x, (dy) => div(dy, x));
}

/** |x|; the slope at 0 is 0. */
export function abs(x: Tensor): Tensor {
  return unary("abs", x, (dy) => mul(dy, sign(x)));
}

/** −1, 0 or 1; 0 for NaN. Its gradient is 0. */
export function sign(x: Tensor): Tensor {
  return unary("sign", x, (dy) => mul(dy, 0));
}

/** sin x, in radians. */
export function sin(x: Tensor): Tensor {
  return unary("sin", x, (dy) => mul(dy, cos(x)));
}

/** cos x, in radians. */
export function cos(x: Tensor): Tensor {
  return unary("cos", x, (dy) => neg(mul(dy, sin(x))));
}

/** erf x = 2/√π ∫₀ˣ e^(−t²) dt */
export function erf(x: Tensor): Tensor {
  const twoOverRootPi = 1.1283791670955126;
  return unary("erf", x, (dy) => mul(dy, mul(exp(neg(square(x))), twoOverRootPi)));
}

/**
 * min(max(x, low), high). The gradient passes between low and high, both excluded.
 *
 * @param low default −∞ @param high default ∞
 * @throws RangeError when a bound is NaN
 */
export function clip(x: Tensor, low = -Infinity, high = Infinity): Tensor {
  expectFloat("clip", "x", x);
  if (typeof low !== "number" || Number.isNaN(low)) fail("clip", "low", "to be a number", `${low}`);
  if (typeof high !== "number" || Number.isNaN(high))
    fail("clip", "high", "to be a number", `${high}`);
  const at = x.ptr; // throws if it was freed
  const y = empty(x.shape, x.dtype);
  kernels.of[x.dtype as FloatDType].clip(at, y.ptr, y.size, low, high);
  return record("clip", y, [x], [(dy) => where(logicalAnd(gt(x, low), lt(x, high)), dy, 0)]);
}
