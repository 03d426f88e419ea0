/** @file Arithmetic, element by element, with broadcasting as in NumPy. */

import { record } from "../core/autograd.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import type { FloatDType } from "../core/dtype.ts";
import { kernels } from "../runtime/kernels.ts";
import { operands } from "./operand.ts";

export function add(a: Tensor | number, b: Tensor | number): Tensor {
  const [x, y] = operands("add", a, b);
  const z = empty(x.shape, x.dtype);
  kernels.of[x.dtype as FloatDType].add(x.ptr, y.ptr, z.ptr, z.size, x.size, y.size);
  return record("add", z, [x, y], [(dz) => dz, (dz) => dz]);
}
