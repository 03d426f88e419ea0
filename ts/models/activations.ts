/** @file The activations that config.json names. */

import type { Tensor } from "../core/tensor.ts";
import { gelu, relu, sigmoid, silu, softplus, tanh } from "../ops/activation.ts";
import { add, clip, erf, mul, sqrt, square, sub } from "../ops/arithmetic.ts";

export type Activation = (x: Tensor) => Tensor;

const geluTanh: Activation = (x) => gelu(x, { approximate: "tanh" });
const [LAPLACE_MEAN, LAPLACE_SPREAD] = [Math.SQRT1_2, 0.282095 * Math.SQRT2];

/** By Hugging Face's names, some of which mean the same. */
const ACTIVATIONS: Readonly<Record<string, Activation>> = {
  gelu: (x) => gelu(x),
  gelu_python: (x) => gelu(x),
  gelu_10: (x) => clip(gelu(x), -10, 10),
  gelu_new: geluTanh,
  gelu_fast: geluTanh,
  gelu_accurate: geluTanh,
  gelu_pytorch_tanh: geluTanh,
  gelu_python_tanh: geluTanh,
  quick_gelu: (x) => mul(x, sigmoid(mul(x, 1.702))),
  relu: (x) => relu(x),
  relu2: (x) => square(relu(x)),
  relu6: (x) => clip(x, 0, 6),
  leaky_relu: (x) => sub(relu(x), mul(relu(mul(x, -1)), 0.01)),
  silu: (x) => silu(x),
  swish: (x) => silu(x),
  hardswish: (x) => mul(x, mul(clip(add(x, 3), 0, 6), 1 / 6)),
  mish: (x) => mul(x, tanh(softplus(x))),
  sqrtsoftplus: (x) => sqrt(softplus(x)),
  sigmoid: (x) => sigmoid(x),
  tanh: (x) => tanh(x),
  laplace: (x) => mul(add(erf(mul(sub(x, LAPLACE_MEAN), 1 / LAPLACE_SPREAD)), 1), 0.5),
  linear: (x) => x,
};

/** @throws RangeError for a name that is not known, or of an activation with parameters of its own */
export function activationOf(who: string, name: string): Activation {
  const activation = Object.hasOwn(ACTIVATIONS, name) ? ACTIVATIONS[name] : undefined;
  if (activation) return activation;
  const known = Object.keys(ACTIVATIONS).join(", ");
  throw new RangeError(`${who}: expected an activation among ${known}, got "${name}"`);
}
