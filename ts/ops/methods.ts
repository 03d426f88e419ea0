/** @file The ops that chain: `x.matmul(w).add(b)`. One table gives both the methods and their types. */

import type { Tensor } from "../core/tensor.ts";
import { backward } from "../core/autograd.ts";
import * as activation from "./activation.ts";
import * as arithmetic from "./arithmetic.ts";
import { broadcastTo, sum } from "./broadcast.ts";
import { to } from "./cast.ts";
import * as compare from "./compare.ts";
import { gather, indexSelect } from "./indexing.ts";
import { matmul } from "./matmul.ts";
import * as reduce from "./reduce.ts";
import * as shape from "./shape.ts";
import * as slice from "./slice.ts";

/** Op by method name; its first argument is `this`. */
export const methods = {
  backward,
  to,

  add: arithmetic.add,
  sub: arithmetic.sub,
  mul: arithmetic.mul,
  div: arithmetic.div,
  pow: arithmetic.pow,
  maximum: arithmetic.maximum,
  minimum: arithmetic.minimum,
  neg: arithmetic.neg,
  square: arithmetic.square,
  sqrt: arithmetic.sqrt,
  exp: arithmetic.exp,
  log: arithmetic.log,
  abs: arithmetic.abs,
  sin: arithmetic.sin,
  cos: arithmetic.cos,
  clip: arithmetic.clip,
  tanh: activation.tanh,
  sigmoid: activation.sigmoid,
  relu: activation.relu,
  matmul,

  eq: compare.eq,
  ne: compare.ne,
  lt: compare.lt,
  le: compare.le,
  gt: compare.gt,
  ge: compare.ge,
  isNaN: compare.isNaN,
  logicalNot: compare.logicalNot,

  sum,
  mean: reduce.mean,
  max: reduce.max,
  min: reduce.min,
  argmax: reduce.argmax,
  argmin: reduce.argmin,
  logsumexp: reduce.logsumexp,
  variance: reduce.variance,
  std: reduce.std,
  cumsum: reduce.cumsum,

  broadcastTo,
  reshape: shape.reshape,
  flatten: shape.flatten,
  squeeze: shape.squeeze,
  unsqueeze: shape.unsqueeze,
  transpose: shape.transpose,
  permute: shape.permute,
  slice: slice.slice,
  select: slice.select,
  split: slice.split,
  unbind: slice.unbind,
  flip: slice.flip,
  gather,
  indexSelect,
} as const;

type Table = typeof methods;
type Chained<Op> = Op extends (x: Tensor, ...rest: infer Rest) => infer R
  ? (...rest: Rest) => R
  : Op extends (x: infer _, ...rest: infer Rest) => infer R
    ? (...rest: Rest) => R
    : never;

/** What `Tensor` has beyond its own fields. */
export type Methods = { [Name in keyof Table]: Chained<Table[Name]> };
