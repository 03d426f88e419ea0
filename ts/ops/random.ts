/** @file Random tensors. Every function takes an optional generator; the default is the global one. */

import { touch } from "../core/autograd.ts";
import { BYTES, expectFloatDType, type FloatDType } from "../core/dtype.ts";
import { defaultGenerator, type Generator } from "../core/random.ts";
import { expectInteger, expectShapeOf, fail, type Shape } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { expectFloat } from "./operand.ts";

/** Options of `rand`, `randn` and the like. */
export interface RandomOptions {
  /** Default float32. */
  dtype?: FloatDType;
  /** Default false. */
  requiresGrad?: boolean;
  /** Default: the global one. */
  generator?: Generator | undefined;
}

/** Blocks of the generator that `n` numbers take: four words each, a word a float32, two a float64 or an integer. */
const blocks = (n: number, words: 1 | 2): number => Math.ceil((n * words) / 4);

/** Fills `t` in place from U[low, high). */
export function fillUniform(
  t: Tensor,
  low: number,
  high: number,
  generator: Generator = defaultGenerator,
): Tensor {
  return fill("uniform", t, low, high, generator);
}

/** Fills `t` in place from N(mean, std²). */
export function fillNormal(
  t: Tensor,
  mean: number,
  std: number,
  generator: Generator = defaultGenerator,
): Tensor {
  return fill("normal", t, mean, std, generator);
}

function fill(
  row: "uniform" | "normal",
  t: Tensor,
  a: number,
  b: number,
  generator: Generator,
): Tensor {
  expectFloat(row, "the tensor", t);
  const n = row === "normal" ? t.size + (t.size % 2) : t.size; // Box–Muller makes pairs
  const stream = generator.take(blocks(n, t.dtype === "float64" ? 2 : 1));
  kernels.of[t.dtype as FloatDType][row](t.ptr, t.size, ...stream, a, b);
  touch(t);
  return t;
}

function make(
  op: string,
  shape: Shape,
  { dtype = "float32", requiresGrad = false }: RandomOptions,
  f: (t: Tensor) => void,
): Tensor {
  expectFloatDType(op, dtype);
  const t = empty(expectShapeOf(op, shape, BYTES[dtype]), dtype);
  f(t);
  if (requiresGrad) t.requiresGrad = true;
  return t;
}

/**
 * From U[0, 1).
 *
 * @example
 * rand([2, 3], { generator: new Generator(1) }).shape; // [2, 3]
 */
export function rand(shape: Shape, options: RandomOptions = {}): Tensor {
  return make("rand", shape, options, (t) => fillUniform(t, 0, 1, options.generator));
}

/**
 * From N(0, 1).
 *
 * @example
 * manualSeed(1);
 * const x = randn([1000]);
 * Math.abs(x.mean().item()) < 0.1; // true
 */
export function randn(shape: Shape, options: RandomOptions = {}): Tensor {
  return make("randn", shape, options, (t) => fillNormal(t, 0, 1, options.generator));
}

/**
 * int32, uniform from `low` up to, not including, `high`.
 *
 * @throws RangeError when there is no such integer
 *
 * @example
 * randint(0, 10, [5]).dtype; // "int32"
 */
export function randint(
  low: number,
  high: number,
  shape: Shape,
  { generator = defaultGenerator }: { generator?: Generator | undefined } = {},
): Tensor {
  expectInteger("randint", "low", low, -(2 ** 31));
  expectInteger("randint", "high", high, -(2 ** 31));
  if (high <= low || high > 2 ** 31)
    fail("randint", "high", `above low = ${low} and at most 2^31`, String(high));
  const t = empty(expectShapeOf("randint", shape, 4), "int32");
  kernels.randint(t.ptr, t.size, ...generator.take(blocks(t.size, 2)), low, high);
  return t;
}

/**
 * int32: 0 to n − 1 in random order.
 *
 * @example
 * [...randperm(4).data()].sort(); // [0, 1, 2, 3]
 */
export function randperm(
  n: number,
  { generator = defaultGenerator }: { generator?: Generator | undefined } = {},
): Tensor {
  const t = empty([expectInteger("randperm", "n", n)], "int32");
  kernels.permutation(t.ptr, n, ...generator.take(blocks(n, 2)));
  return t;
}

/**
 * 1 with probability p, else 0: of p's shape and dtype. It has no gradient.
 *
 * @param p probabilities
 * @throws RangeError for a p that is not from 0 to 1
 *
 * @example
 * bernoulli(full([3], 1)).toArray(); // [1, 1, 1]
 */
export function bernoulli(
  p: Tensor,
  { generator = defaultGenerator }: { generator?: Generator | undefined } = {},
): Tensor {
  expectFloat("bernoulli", "p", p);
  const bad = p.view().findIndex((x) => !(x >= 0 && x <= 1));
  if (bad >= 0) fail("bernoulli", "p", "from 0 to 1", `${p.view()[bad]} at place ${bad}`);
  const y = empty(p.shape, p.dtype);
  const stream = generator.take(blocks(p.size, 1));
  kernels.of[p.dtype as FloatDType].bernoulli(p.ptr, y.ptr, p.size, ...stream);
  return y;
}
