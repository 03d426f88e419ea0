/** @file Initialisers: they fill a tensor in place and return it. */

import type { Generator } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import { fillNormal, fillUniform } from "../ops/random.ts";

/** From U[low, high). */
export function uniform(t: Tensor, low = 0, high = 1, generator?: Generator): Tensor {
  return fillUniform(t, low, high, generator);
}

/** From N(mean, std²). */
export function normal(t: Tensor, mean = 0, std = 1, generator?: Generator): Tensor {
  return fillNormal(t, mean, std, generator);
}
