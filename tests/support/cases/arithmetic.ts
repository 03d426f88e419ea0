import * as u from "../../../ts/index.ts";
import type { OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { each, erf } from "../nd.ts";
import { binaryErrors, unaryErrors } from "../refusals.ts";

type Unary = (x: u.Tensor) => u.Tensor;
type Binary = (a: u.Tensor | number, b: u.Tensor | number) => u.Tensor;
type Domain = readonly [number, number];

const N = 2 ** 20;

const unary = (
  op: string,
  f: Unary,
  g: (x: number) => number,
  domain: Domain = [-3, 3],
): OpCase => ({
  op,
  f,
  oracle: each(g),
  shapes: [[[5]], [[]], [[2, 0, 3]], [[2, 3, 4]]],
  domain,
  errors: unaryErrors(op, f),
  bench: { shapes: [[N]], bytes: 8 * N },
});

const PAIRS: readonly (readonly u.Shape[])[] = [
  [
    [2, 3],
    [2, 3],
  ],
  [[2, 3], [3]],
  [[3], [2, 3]],
  [
    [2, 3],
    [2, 1],
  ],
  [
    [2, 1],
    [1, 3],
  ],
  [[2, 3], []],
  [[], [2, 3]],
  [[], []],
  [[1], [2, 1, 2]],
  [
    [2, 1, 3],
    [4, 1],
  ],
  [
    [2, 1, 3, 1],
    [2, 1, 2],
  ],
  [
    [1, 1, 4],
    [3, 4],
  ],
  [[0, 3], [3]],
  [[2, 0], [1]],
  [
    [2, 1],
    [2, 0],
  ],
];

const binary = (
  op: string,
  f: Binary,
  g: (a: number, b: number) => number,
  domain: OpCase["domain"] = [-2, 2],
  tolerance?: number,
): OpCase[] => {
  const left = (Array.isArray(domain[0]) ? domain[0] : domain) as Domain;
  const right = (Array.isArray(domain[1]) ? domain[1] : domain) as Domain;
  const common = { op, ...(tolerance ? { tolerance } : {}) };
  return [
    {
      ...common,
      f,
      oracle: each(g),
      shapes: PAIRS,
      domain,
      errors: binaryErrors(op, f),
      bench: { shapes: [[N], [N]], bytes: 12 * N },
    },
    {
      ...common,
      variant: "a short operand repeats",
      f,
      oracle: each(g),
      shapes: [[[3, 5], [5]]],
      domain,
      sweep: (n) => [[3, n], [n]],
      errors: [],
    },
    {
      ...common,
      variant: "a number on the right",
      f: (a) => f(a, 0.75),
      oracle: each((a) => g(a, 0.75)),
      shapes: [[[5]]],
      domain: left,
      errors: [],
    },
    {
      ...common,
      variant: "a number on the left",
      f: (b) => f(1.5, b),
      oracle: each((b) => g(1.5, b)),
      shapes: [[[5]]],
      domain: right,
      errors: [],
    },
  ];
};

export const cases: OpCase[] = [
  ...binary("add", u.add, (a, b) => a + b),
  ...binary("sub", u.sub, (a, b) => a - b),
  ...binary("mul", u.mul, (a, b) => a * b),
  ...binary("div", u.div, (a, b) => a / b, [
    [-2, 2],
    [0.5, 2],
  ]),
  ...binary(
    "pow",
    u.pow,
    (a, b) => a ** b,
    [
      [0.3, 2],
      [-2, 2],
    ],
    4e-6,
  ), // exponents multiply the error of the logarithm
  ...binary("maximum", u.maximum, Math.max),
  ...binary("minimum", u.minimum, Math.min),
  ...[-1, 0, 1, 2, 3].map((p): OpCase => ({
    op: "pow",
    variant: `of negative numbers to the ${p}`,
    f: (x) => u.pow(x, p),
    oracle: each((x) => x ** p),
    shapes: [[[6]]],
    domain: [-2, -0.5],
    errors: [],
  })),
  unary("neg", u.neg, (x) => -x),
  unary("square", u.square, (x) => x * x),
  unary("sqrt", u.sqrt, Math.sqrt, [0.1, 4]),
  unary("exp", u.exp, Math.exp),
  unary("log", u.log, Math.log, [0.1, 5]),
  unary("abs", u.abs, Math.abs),
  unary("sign", u.sign, Math.sign),
  unary("sin", u.sin, Math.sin, [-7, 7]),
  unary("cos", u.cos, Math.cos, [-7, 7]),
  unary("erf", u.erf, erf, [-4, 4]),
  {
    op: "clip",
    f: (x) => u.clip(x, -0.5, 1),
    oracle: each((x) => Math.min(Math.max(x, -0.5), 1)),
    shapes: [[[7]], [[2, 3]], [[0]]],
    errors: [
      ...unaryErrors("clip", u.clip, -1, 1),
      [() => u.clip(given([2]), NaN, 1), /clip: expected low to be a number, got NaN/],
      [() => u.clip(given([2]), 0, NaN), /clip: expected high to be a number, got NaN/],
      [() => u.clip(given([2]), "0" as never), /clip: expected low to be a number/],
    ],
  },
  {
    op: "clip",
    variant: "from below only",
    f: (x) => u.clip(x, 0.25),
    oracle: each((x) => Math.max(x, 0.25)),
    shapes: [[[7]]],
    errors: [],
  },
];
