/** @file Activations, element by element, on float tensors. */

import { record, type Rule } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { expectNumber, fail } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { add, div, exp, mul, square, sub } from "./arithmetic.ts";
import { gt, where } from "./compare.ts";
import { unary } from "./elementwise.ts";
import { expectFloat } from "./operand.ts";

/**
 * tanh x = (eˣ − e⁻ˣ) / (eˣ + e⁻ˣ)
 *
 * @example
 * tanh(tensor([0, 1])).toArray(); // [0, 0.7616]
 */
export function tanh(x: Tensor): Tensor {
  return unary("tanh", x, (dy, y) => tanhBackward(y, dy));
}

/** dy (1 − y²) */
function tanhBackward(y: Tensor, dy: Tensor): Tensor {
  return backward("tanh_backward", y, dy, {
    x: (d) => mul(mul(d, dy), mul(y, -2)),
    dy: (d) => tanhBackward(y, d),
  });
}

/**
 * σ(x) = 1 / (1 + e⁻ˣ)
 *
 * @example
 * sigmoid(tensor([0, 1])).toArray(); // [0.5, 0.7311]
 */
export function sigmoid(x: Tensor): Tensor {
  return unary("sigmoid", x, (dy, y) => sigmoidBackward(y, dy));
}

/** dy y (1 − y) */
function sigmoidBackward(y: Tensor, dy: Tensor): Tensor {
  return backward("sigmoid_backward", y, dy, {
    x: (d) => mul(mul(d, dy), sub(1, mul(y, 2))),
    dy: (d) => sigmoidBackward(y, d),
  });
}

/**
 * max(x, 0); the slope at 0 is 0.
 *
 * @example
 * relu(tensor([-1, 2])).toArray(); // [0, 2]
 */
export function relu(x: Tensor): Tensor {
  return unary("relu", x, (dy, y) => reluBackward(y, dy));
}

function reluBackward(y: Tensor, dy: Tensor): Tensor {
  return backward("relu_backward", y, dy, { dy: (d) => reluBackward(y, d) });
}

/** Options of `gelu`. */
export interface GeluOptions {
  /** "none": by erf, the default. "tanh": ½ x (1 + tanh(√(2/π) (x + 0.044715 x³))), as in GPT-2. */
  approximate?: "none" | "tanh";
}

/**
 * x Φ(x), where Φ(x) = ½ (1 + erf(x / √2)) is the normal distribution function (Hendrycks & Gimpel 2016).
 *
 * @example
 * gelu(tensor([-1, 2])).toArray(); // [-0.1587, 1.9545]
 */
export function gelu(x: Tensor, { approximate = "none" }: GeluOptions = {}): Tensor {
  if (approximate === "none") return unary("gelu", x, (dy) => geluBackward(x, dy));
  if (approximate === "tanh") return unary("gelu_tanh", x, (dy) => geluTanhBackward(x, dy));
  return fail("gelu", "approximate", 'to be "none" or "tanh"', String(approximate));
}

/** dy (Φ(x) + x φ(x)), where φ(x) = e^(−x²/2) / √(2π); its slope is φ(x) (2 − x²). */
function geluBackward(x: Tensor, dy: Tensor): Tensor {
  const rootOf2Pi = 2.5066282746310002;
  return backward("gelu_backward", x, dy, {
    x: (d) => {
      const φ = div(exp(mul(square(x), -0.5)), rootOf2Pi);
      return mul(mul(d, dy), mul(φ, sub(2, square(x))));
    },
    dy: (d) => geluBackward(x, d),
  });
}

/** dy ½ (1 + t + x s u'), where t = tanh u, s = 1 − t²; its slope is s (u' (1 − x t u') + ½ x u''). */
function geluTanhBackward(x: Tensor, dy: Tensor): Tensor {
  const [α, β] = [0.7978845608028654, 0.044715]; // √(2/π)
  return backward("gelu_tanh_backward", x, dy, {
    x: (d) => {
      const x2 = square(x);
      const t = tanh(mul(mul(x, add(mul(x2, β), 1)), α)); // u = α (x + β x³)
      const du = mul(add(mul(x2, 3 * β), 1), α);
      const bend = add(mul(du, sub(1, mul(mul(x, t), du))), mul(x2, 3 * α * β)); // u'' = 6 α β x
      return mul(mul(d, dy), mul(sub(1, square(t)), bend));
    },
    dy: (d) => geluTanhBackward(x, d),
  });
}

/**
 * x σ(x), also called swish (Elfwing, Uchibe & Doya 2017).
 *
 * @example
 * silu(tensor([-1, 2])).toArray(); // [-0.2689, 1.7616]
 */
export function silu(x: Tensor): Tensor {
  return unary("silu", x, (dy) => siluBackward(x, dy));
}

/** dy σ (1 + x (1 − σ)); its slope is σ (1 − σ) (2 + x (1 − 2σ)). */
function siluBackward(x: Tensor, dy: Tensor): Tensor {
  return backward("silu_backward", x, dy, {
    x: (d) => {
      const σ = sigmoid(x);
      const bend = add(mul(x, sub(1, mul(σ, 2))), 2);
      return mul(mul(d, dy), mul(mul(σ, sub(1, σ)), bend));
    },
    dy: (d) => siluBackward(x, d),
  });
}

type BackwardRow = `${"tanh" | "sigmoid" | "relu" | "silu" | "gelu" | "gelu_tanh"}_backward`;

/** dx from x (or y) and dy in one pass, as an op with rules of its own. */
function backward(op: BackwardRow, x: Tensor, dy: Tensor, rules: { x?: Rule; dy: Rule }): Tensor {
  const dx = empty(x.shape, x.dtype);
  kernels.of[x.dtype as FloatDType][op](x.ptr, dy.ptr, dx.ptr, dx.size);
  return rules.x ? record(op, dx, [x, dy], [rules.x, rules.dy]) : record(op, dx, [dy], [rules.dy]);
}

/** Options of `softplus`. */
export interface SoftplusOptions {
  /** Default 1. */
  beta?: number;
  /** Where βx is larger, x stands for the result. Default 20. */
  threshold?: number;
}

/**
 * ln(1 + e^(βx)) / β
 *
 * @example
 * softplus(tensor([0, 1])).toArray(); // [0.6931, 1.3133]
 */
export function softplus(x: Tensor, { beta = 1, threshold = 20 }: SoftplusOptions = {}): Tensor {
  expectFloat("softplus", "x", x);
  expectNumber("softplus", "beta", beta);
  expectNumber("softplus", "threshold", threshold);
  const at = x.ptr; // throws if it was freed
  const y = empty(x.shape, x.dtype);
  kernels.of[x.dtype as FloatDType].softplus(at, y.ptr, y.size, beta, threshold);
  return record(
    "softplus",
    y,
    [x],
    [
      (dy) => {
        const z = mul(x, beta);
        return where(gt(z, threshold), dy, mul(dy, sigmoid(z)));
      },
    ],
  );
}
