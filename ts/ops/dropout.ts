import { record } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { defaultGenerator, type Generator } from "../core/random.ts";
import { expectNumber } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { expectFloat } from "./operand.ts";

/** Options of `dropout`. */
export interface DropoutOptions {
  /** Default 0.5. */
  p?: number;
  /** Default true; otherwise x itself comes back. */
  training?: boolean;
  /** Default: the global one. */
  generator?: Generator;
}

/**
 * x / (1 − p), or 0 with probability p (Srivastava et al. 2014). @throws RangeError unless p is from 0 to 1
 *
 * @example
 * dropout(ones([4]), { p: 0 }).toArray(); // [1, 1, 1, 1]
 */
export function dropout(
  x: Tensor,
  { p = 0.5, training = true, generator = defaultGenerator }: DropoutOptions = {},
): Tensor {
  expectFloat("dropout", "x", x);
  expectNumber("dropout", "p", p, 0, 1);
  if (!training || p === 0) return x;
  return drop(x, p, generator.take(Math.ceil(x.size / 4)));
}

/** The same stream drops the same elements, so backward is forward on the gradient. */
function drop(x: Tensor, p: number, stream: [number, number, number, number]): Tensor {
  const y = empty(x.shape, x.dtype);
  kernels.of[x.dtype as FloatDType].dropout(x.ptr, y.ptr, y.size, ...stream, p);
  return record("dropout", y, [x], [(dy) => drop(dy, p, stream)]);
}
