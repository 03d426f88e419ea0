/** @file The ops that chain: `x.matmul(w).add(b)`. One table gives both the methods and their types. */

import type { Tensor } from "../core/tensor.ts";
import { backward } from "../core/autograd.ts";
import * as arithmetic from "./arithmetic.ts";

/** Op by method name; its first argument is `this`. */
export const methods = {
  backward,
  add: arithmetic.add,
} as const;

type Table = typeof methods;
type Chained<Op> = Op extends (x: Tensor, ...rest: infer Rest) => infer R
  ? (...rest: Rest) => R
  : Op extends (x: infer _, ...rest: infer Rest) => infer R
    ? (...rest: Rest) => R
    : never;

/** What `Tensor` has beyond its own fields. */
export type Methods = { [Name in keyof Table]: Chained<Table[Name]> };
