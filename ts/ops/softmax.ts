import type { Tensor } from "../core/tensor.ts";
import { exp, sub } from "./arithmetic.ts";
import { logsumexp } from "./reduce.ts";

/** ln softmax(x) = x − ln Σ eˣ over an axis. */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  return sub(x, logsumexp(x, axis, { keepdim: true }));
}

/** eˣ / Σ eˣ over an axis, without overflow. */
export function softmax(x: Tensor, axis: number): Tensor {
  return exp(logSoftmax(x, axis));
}
