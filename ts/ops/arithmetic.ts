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

/**
 * a + b
 *
 * @example
 * add(tensor([1, 2]), 3).toArray(); // [4, 5]
 */
export function add(a: Operand, b: Operand): Tensor {
  return binary("add", a, b, itself, itself);
}

/**
 * a − b
 *
 * @example
 * sub(tensor([1, 2]), 3).toArray(); // [-2, -1]
 */
export function sub(a: Operand, b: Operand): Tensor {
  return binary("sub", a, b, itself, neg);
}

const itself = (dy: Tensor): Tensor => dy;

/**
 * a ⊙ b
 *
 * @example
 * mul(tensor([1, 2]), tensor([[1], [10]])).toArray(); // [[1, 2], [10, 20]]
 */
export function mul(a: Operand, b: Operand): Tensor {
  return binary(
    "mul",
    a,
    b,
    (dy) => mul(dy, b),
    (dy) => mul(dy, a),
  );
}

/**
 * a / b
 *
 * @example
 * div(1, tensor([2, 4])).toArray(); // [0.5, 0.25]
 */
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
 *
 * @example
 * pow(tensor([2, 3]), 2).toArray(); // [4, 9]
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

/**
 * The larger of a and b, NaN where either is. Where they are equal each gets half of the gradient.
 *
 * @example
 * maximum(tensor([1, 5]), 3).toArray(); // [3, 5]
 */
export function maximum(a: Operand, b: Operand): Tensor {
  return binary(
    "maximum",
    a,
    b,
    (dy) => share(dy, lt(a, b), eq(a, b)),
    (dy) => share(dy, gt(a, b), eq(a, b)),
  );
}

/**
 * The smaller of a and b, NaN where either is. Where they are equal each gets half of the gradient.
 *
 * @example
 * minimum(tensor([1, 5]), 3).toArray(); // [1, 3]
 */
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

/**
 * −x
 *
 * @example
 * neg(tensor([1, -2])).toArray(); // [-1, 2]
 */
export function neg(x: Tensor): Tensor {
  return unary("neg", x, neg);
}

/**
 * x²
 *
 * @example
 * square(tensor([1, -2])).toArray(); // [1, 4]
 */
export function square(x: Tensor): Tensor {
  expectFloat("square", "x", x);
  return mul(x, x);
}

/**
 * √x; the slope at 0 is ∞.
 *
 * @example
 * sqrt(tensor([4, 9])).toArray(); // [2, 3]
 */
export function sqrt(x: Tensor): Tensor {
  return unary("sqrt", x, (dy, y) => div(dy, mul(y, 2)));
}

/**
 * eˣ
 *
 * @example
 * exp(tensor([0, 1])).toArray(); // [1, 2.7183]
 */
export function exp(x: Tensor): Tensor {
  return unary("exp", x, mul);
}

/**
 * The natural logarithm.
 *
 * @example
 * log(tensor([1, 10])).toArray(); // [0, 2.3026]
 */
export function log(x: Tensor): Tensor {
  return unary("log", x, (dy) => div(dy, x));
}

/**
 * |x|; the slope at 0 is 0.
 *
 * @example
 * abs(tensor([1, -2])).toArray(); // [1, 2]
 */
export function abs(x: Tensor): Tensor {
  return unary("abs", x, (dy) => mul(dy, sign(x)));
}

/**
 * −1, 0 or 1; 0 for NaN. Its gradient is 0.
 *
 * @example
 * sign(tensor([3, -2, 0])).toArray(); // [1, -1, 0]
 */
export function sign(x: Tensor): Tensor {
  return unary("sign", x, (dy) => mul(dy, 0));
}

/**
 * sin x, in radians.
 *
 * @example
 * sin(tensor([0, 1.5707964])).toArray(); // [0, 1]
 */
export function sin(x: Tensor): Tensor {
  return unary("sin", x, (dy) => mul(dy, cos(x)));
}

/**
 * cos x, in radians.
 *
 * @example
 * cos(tensor([0, 3.1415927])).toArray(); // [1, -1]
 */
export function cos(x: Tensor): Tensor {
  return unary("cos", x, (dy) => neg(mul(dy, sin(x))));
}

/**
 * erf x = 2/√π ∫₀ˣ e^(−t²) dt
 *
 * @example
 * erf(tensor([0, 1])).toArray(); // [0, 0.8427]
 */
export function erf(x: Tensor): Tensor {
  const twoOverRootPi = 1.1283791670955126;
  return unary("erf", x, (dy) => mul(dy, mul(exp(neg(square(x))), twoOverRootPi)));
}

/**
 * min(max(x, low), high). The gradient passes between low and high, both excluded.
 *
 * @param low default −∞ @param high default ∞
 * @throws RangeError when a bound is NaN
 *
 * @example
 * clip(tensor([-2, 0.5, 2]), -1, 1).toArray(); // [-1, 0.5, 1]
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
