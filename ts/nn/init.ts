/** @file Initialisers: they fill a tensor in place, outside the graph, and return it. */

import { noGrad, touch } from "../core/autograd.ts";
import type { Generator } from "../core/random.ts";
import { expectInteger, expectNumber, fail, show } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { erf } from "../ops/arithmetic.ts";
import { tensor } from "../ops/create.ts";
import { expectFloat } from "../ops/operand.ts";
import { fillNormal, fillUniform, rand, randn, randperm } from "../ops/random.ts";
import { normalQuantile } from "../core/normal-quantile.ts";

/**
 * From U[low, high).
 *
 * @example
 * nn.init.uniform(zeros([100]), -1, 1).max().item() < 1; // true
 */
export function uniform(t: Tensor, low = 0, high = 1, generator?: Generator): Tensor {
  expectNumber("uniform", "low", low);
  expectNumber("uniform", "high", high, low);
  if (!Number.isFinite(high - low)) fail("uniform", "high − low", "to be finite", `${high - low}`);
  return fillUniform(t, low, high, generator);
}

/**
 * From N(mean, std²).
 *
 * @example
 * nn.init.normal(zeros([3, 4]), 0, 0.02).shape; // [3, 4]
 */
export function normal(t: Tensor, mean = 0, std = 1, generator?: Generator): Tensor {
  expectFinite("normal", { mean, std });
  expectNumber("normal", "std", std, 0);
  return fillNormal(t, mean, std, generator);
}

/**
 * From N(mean, std²), given that the number is from low to high, by the inverse of the distribution function. Where both
 * are further than 8 std above the mean, float64 has no shares to tell apart, and bounds come out.
 *
 * @example
 * nn.init.truncNormal(zeros([1000])).abs().max().item() <= 2; // true
 */
export function truncNormal(
  t: Tensor,
  mean = 0,
  std = 1,
  low = -2,
  high = 2,
  generator?: Generator,
): Tensor {
  expectFinite("truncNormal", { mean, std });
  expectNumber("truncNormal", "std", std, 0);
  expectNumber("truncNormal", "low", low);
  expectNumber("truncNormal", "high", high, low);
  const [from, to] = [share((low - mean) / std), share((high - mean) / std)];
  return drawn(
    "truncNormal",
    t,
    (shape) => rand(shape, { dtype: "float64", generator }),
    (u) => {
      const x = std === 0 ? mean : mean + std * normalQuantile(from + (to - from) * u);
      return Math.min(Math.max(x, low), high);
    },
  );
}

function expectFinite(op: string, numbers: Readonly<Record<string, number>>): void {
  for (const [name, x] of Object.entries(numbers)) {
    if (!Number.isFinite(x)) fail(op, name, "to be finite", String(x));
  }
}

/** The share of the normal distribution that is below x. */
function share(x: number): number {
  const t = tensor([x / Math.SQRT2], { dtype: "float64" });
  const y = noGrad(() => erf(t));
  const value = (1 + y.item()) / 2;
  t.free();
  y.free();
  return value;
}

/** Fills t by f, from numbers drawn for each of its elements. */
function drawn(
  op: string,
  t: Tensor,
  draw: (shape: readonly number[]) => Tensor,
  f: (x: number, i: number, all: Float64Array) => number,
): Tensor {
  expectFloat(op, "the tensor", t);
  const numbers = draw(t.shape);
  t.view().set((numbers.view() as Float64Array).map(f));
  numbers.free();
  touch(t);
  return t;
}

/**
 * Every element `value`.
 *
 * @example
 * nn.init.constant(zeros([2]), 3).toArray(); // [3, 3]
 */
export function constant(t: Tensor, value: number): Tensor {
  expectFloat("constant", "the tensor", t);
  t.view().fill(value);
  touch(t);
  return t;
}

/**
 * Fills t with 0.
 *
 * @example
 * nn.init.zeros(ones([2])).toArray(); // [0, 0]
 */
export const zeros = (t: Tensor): Tensor => constant(t, 0);
/**
 * Fills t with 1.
 *
 * @example
 * nn.init.ones(zeros([2])).toArray(); // [1, 1]
 */
export const ones = (t: Tensor): Tensor => constant(t, 1);

/**
 * The identity: 1 on the diagonal of a matrix, else 0. @throws RangeError for what is no matrix
 *
 * @example
 * nn.init.eye(zeros([2, 2])).toArray(); // [[1, 0], [0, 1]]
 */
export function eye(t: Tensor): Tensor {
  const [rows, cols] = expectMatrix("eye", t);
  constant(t, 0);
  for (let i = 0; i < Math.min(rows, cols); i++) t.view()[i * cols + i] = 1;
  return t;
}

/**
 * The convolution that changes nothing: 1 in the middle of the kernel from channel i to channel i, else 0.
 *
 * @param t [Cout, Cin, K], [Cout, Cin, K1, K2] or [Cout, Cin, K1, K2, K3]
 * @throws RangeError for another rank, or groups that do not divide Cout
 */
export function dirac(t: Tensor, { groups = 1 }: { groups?: number } = {}): Tensor {
  expectFloat("dirac", "the tensor", t);
  if (t.ndim < 3 || t.ndim > 5) {
    fail("dirac", "the tensor", "to have 3, 4 or 5 dimensions", show(t.shape));
  }
  expectInteger("dirac", "groups", groups, 1);
  const [out, channels, ...kernel] = t.shape as [number, number, ...number[]];
  if (out % groups !== 0) fail("dirac", "groups", `to divide ${out} channels`, String(groups));
  constant(t, 0);
  const size = kernel.reduce((n, d) => n * d, 1);
  const middle = kernel.reduce((at, d) => at * d + Math.floor(d / 2), 0);
  const each = out / groups;
  for (let o = 0; o < out; o++) {
    const i = o % each;
    if (i < channels && size > 0) t.view()[(o * channels + i) * size + middle] = 1;
  }
  return t;
}

/** What a layer's output shrinks by, to make up for it. */
export type Nonlinearity =
  | "linear"
  | "conv1d"
  | "conv2d"
  | "conv3d"
  | "convTranspose1d"
  | "convTranspose2d"
  | "convTranspose3d"
  | "sigmoid"
  | "tanh"
  | "relu"
  | "leakyRelu"
  | "selu";

/**
 * The factor that keeps the variance through a nonlinearity: 5/3 for tanh, √2 for relu, √(2 / (1 + slope²)) for
 * leakyRelu, 3/4 for selu, else 1.
 *
 * @param slope of leakyRelu below 0; default 0.01
 *
 * @example
 * nn.init.calculateGain("tanh"); // 1.6667
 */
export function calculateGain(nonlinearity: Nonlinearity, slope = 0.01): number {
  expectNumber("calculateGain", "slope", slope);
  if (/^(linear|conv(Transpose)?[123]d|sigmoid)$/.test(nonlinearity)) return 1;
  if (nonlinearity === "tanh") return 5 / 3;
  if (nonlinearity === "relu") return Math.SQRT2;
  if (nonlinearity === "leakyRelu") return Math.sqrt(2 / (1 + slope * slope));
  if (nonlinearity === "selu") return 3 / 4;
  return fail("calculateGain", "nonlinearity", "to be one of ours", String(nonlinearity));
}

/** Options of `xavierUniform` and `xavierNormal`. */
export interface XavierOptions {
  /** Default 1. */
  gain?: number;
  /** Default: the global one. */
  generator?: Generator;
}

/**
 * From U(−a, a), a = gain √(6 / (fanIn + fanOut)) (Glorot & Bengio 2010). @param t [out, in, ...]
 *
 * @example
 * nn.init.xavierUniform(zeros([3, 3])).abs().max().item() <= 1; // true
 */
export function xavierUniform(t: Tensor, { gain = 1, generator }: XavierOptions = {}): Tensor {
  const { fanIn, fanOut } = fans("xavierUniform", t);
  const bound = expectNumber("xavierUniform", "gain", gain, 0) * Math.sqrt(6 / (fanIn + fanOut));
  return fillUniform(t, -bound, bound, generator);
}

/**
 * From N(0, gain² · 2 / (fanIn + fanOut)) (Glorot & Bengio 2010). @param t [out, in, ...]
 *
 * @example
 * nn.init.xavierNormal(zeros([3, 4])).shape; // [3, 4]
 */
export function xavierNormal(t: Tensor, { gain = 1, generator }: XavierOptions = {}): Tensor {
  const { fanIn, fanOut } = fans("xavierNormal", t);
  expectNumber("xavierNormal", "gain", gain, 0);
  return fillNormal(t, 0, gain * Math.sqrt(2 / (fanIn + fanOut)), generator);
}

/** Options of `kaimingUniform` and `kaimingNormal`. */
export interface KaimingOptions {
  /** The slope of leakyRelu below 0. Default 0. */
  slope?: number;
  /** "fanIn" keeps the variance forward, "fanOut" backward. Default "fanIn". */
  mode?: "fanIn" | "fanOut";
  /** Default "leakyRelu", which with slope 0 is relu. */
  nonlinearity?: Nonlinearity;
  /** Default: the global one. */
  generator?: Generator;
}

/**
 * From U(−a, a), a = gain √(3 / fan) (He et al. 2015). @param t [out, in, ...]
 *
 * @example
 * nn.init.kaimingUniform(zeros([3, 6])).abs().max().item() <= 1; // true
 */
export function kaimingUniform(t: Tensor, options: KaimingOptions = {}): Tensor {
  const bound = Math.sqrt(3) * kaimingStd("kaimingUniform", t, options);
  return fillUniform(t, -bound, bound, options.generator);
}

/**
 * From N(0, gain² / fan) (He et al. 2015). @param t [out, in, ...]
 *
 * @example
 * nn.init.kaimingNormal(zeros([3, 4])).shape; // [3, 4]
 */
export function kaimingNormal(t: Tensor, options: KaimingOptions = {}): Tensor {
  return fillNormal(t, 0, kaimingStd("kaimingNormal", t, options), options.generator);
}

function kaimingStd(
  op: string,
  t: Tensor,
  { slope = 0, mode = "fanIn", nonlinearity = "leakyRelu" }: KaimingOptions,
): number {
  const { fanIn, fanOut } = fans(op, t);
  if (mode !== "fanIn" && mode !== "fanOut") {
    fail(op, "mode", 'to be "fanIn" or "fanOut"', String(mode));
  }
  return calculateGain(nonlinearity, slope) / Math.sqrt(mode === "fanIn" ? fanIn : fanOut);
}

/** The inputs of an output, and the outputs of an input. */
function fans(op: string, t: Tensor): { fanIn: number; fanOut: number } {
  expectFloat(op, "the tensor", t);
  if (t.ndim < 2) fail(op, "the tensor", "to have 2 dimensions or more", show(t.shape));
  const [out, channels, ...kernel] = t.shape as [number, number, ...number[]];
  const field = kernel.reduce((n, d) => n * d, 1);
  return { fanIn: channels * field, fanOut: out * field };
}

/** Options of `orthogonal`. */
export interface OrthogonalOptions {
  /** Default 1. */
  gain?: number;
  /** Default: the global one. */
  generator?: Generator;
}

/**
 * Orthonormal rows, or columns where there are fewer of them, times gain (Saxe, McClelland & Ganguli 2013): what
 * Gram & Schmidt make of a normal matrix, uniform among all.
 *
 * @param t [out, in, ...], as the matrix [out, in · ...]
 *
 * @example
 * const Q = nn.init.orthogonal(zeros([2, 2]));
 * matmul(Q, Q, { transposeB: true }).toArray(); // [[1.000, 0.000], [0.000, 1.000]]
 */
export function orthogonal(t: Tensor, { gain = 1, generator }: OrthogonalOptions = {}): Tensor {
  fans("orthogonal", t);
  expectNumber("orthogonal", "gain", gain);
  const rows = t.shape[0]!;
  const cols = t.size / rows || 0;
  const [count, length] = [Math.min(rows, cols), Math.max(rows, cols)];
  const wide = rows === count;
  let vectors: Float64Array[] = [];
  const draw = (): Tensor => {
    const normals = randn([count, length], { dtype: "float64", generator });
    const flat = normals.view() as Float64Array;
    vectors = orthonormal(
      Array.from({ length: count }, (_, i) => flat.slice(i * length, (i + 1) * length)),
    );
    return normals;
  };
  return drawn("orthogonal", t, draw, (_, k) => {
    const [i, j] = [Math.floor(k / cols), k % cols];
    return gain * (wide ? vectors[i]![j]! : vectors[j]![i]!);
  });
}

/** Each vector, less its part along those before, to length 1: twice, as once is not exact. */
function orthonormal(vectors: Float64Array[]): Float64Array[] {
  const dot = (a: Float64Array, b: Float64Array): number => {
    let sum = 0;
    for (let j = 0; j < a.length; j++) sum += a[j]! * b[j]!;
    return sum;
  };
  vectors.forEach((v, i) => {
    for (let pass = 0; pass < 2; pass++) {
      for (const u of vectors.slice(0, i)) {
        const along = dot(u, v);
        for (let j = 0; j < v.length; j++) v[j]! -= along * u[j]!;
      }
    }
    const norm = Math.sqrt(dot(v, v));
    for (let j = 0; j < v.length; j++) v[j]! /= norm;
  });
  return vectors;
}

/** Options of `sparse`. */
export interface SparseOptions {
  /** Of the others. Default 0.01. */
  std?: number;
  /** Default: the global one. */
  generator?: Generator;
}

/**
 * A share `sparsity` of each column 0, the others from N(0, std²) (Martens 2010).
 *
 * @throws RangeError for what is no matrix, or a share that is not from 0 to 1
 */
export function sparse(
  t: Tensor,
  sparsity: number,
  { std = 0.01, generator }: SparseOptions = {},
): Tensor {
  const [rows, cols] = expectMatrix("sparse", t);
  expectNumber("sparse", "sparsity", sparsity, 0, 1);
  expectNumber("sparse", "std", std, 0);
  fillNormal(t, 0, std, generator);
  const none = Math.ceil(sparsity * rows);
  for (let j = 0; j < cols; j++) {
    const order = randperm(rows, generator ? { generator } : {});
    for (const i of order.view().subarray(0, none)) t.view()[i * cols + j] = 0;
    order.free();
  }
  return t;
}

function expectMatrix(op: string, t: Tensor): [rows: number, cols: number] {
  expectFloat(op, "the tensor", t);
  if (t.ndim !== 2) fail(op, "the tensor", "to be a matrix", show(t.shape));
  return t.shape as [number, number];
}

export { chrono, forgetBias, type Gated, recurrent } from "./recurrent-init.ts";
