import * as u from "../../../ts/index.ts";
import type { Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, build, over, total } from "../nd.ts";
import { axisErrors, unaryErrors } from "../refusals.ts";

type Reduce = (x: u.Tensor, axis?: u.Axes, options?: u.ReduceOptions) => u.Tensor;

const N = 2 ** 20;

/** The same reduction over every kind of axes. */
const reductions = (
  op: string,
  f: Reduce,
  g: (values: number[]) => number,
  { empty = true, ...rest }: Partial<OpCase> & { empty?: boolean } = {},
): OpCase[] => {
  const row = (
    variant: string,
    axis: u.Axes,
    keepdim: boolean,
    shapes: OpCase["shapes"],
  ): OpCase => ({
    op,
    variant,
    f: (x) => f(x, axis, { keepdim }),
    oracle: over(typeof axis === "number" ? [axis] : axis, g, keepdim),
    shapes,
    sweep: (n) => [shapes[0]![0]!.with(-1, some(n))],
    errors: [],
    ...rest,
  });
  const some = (n: number): number => (empty ? n : Math.max(n, 1));
  return [
    {
      ...row("all", undefined, false, [[[7]], [[]], [[2, 3, 4]], ...(empty ? [[[0]]] : [])]),
      sweep: (n) => [[some(n)]],
      errors: [
        ...unaryErrors(op, f),
        ...axisErrors(op, f),
        [() => f(given([2, 3]), [0, 0]), /expected axes to be different, got \[0, 0\]/],
        [() => f(given([2, 3]), [0, -2]), /expected axes to be different/],
        [() => f(given([2, 3]), [0, 2]), /expected axis from -2 to 1/],
        ...(empty
          ? []
          : ([
              [() => f(given([0])), /expected x to have elements to choose from, got \[0\]/],
              [
                () => f(given([2, 0]), 1),
                /expected x to have elements to choose from, got \[2, 0\]/,
              ],
            ] as const)),
      ],
      bench: { shapes: [[N]], bytes: 4 * N },
    },
    {
      ...row("rows", 1, false, [[[3, 5]], [[2, 4, 3]], ...(empty ? [[[2, 0]]] : []), [[0, 2]]]),
      sweep: (n) => [[3, some(n)]],
    },
    {
      ...row("columns", 0, true, [[[3, 5]], [[2, 4, 3]], ...(empty ? [[[0, 2]]] : []), [[2, 0]]]),
      sweep: (n) => [[3, n]],
    },
    row("two neighbouring axes", [1, 2], false, [[[2, 3, 4]]]),
    row("two axes apart", [0, 2], true, [[[2, 3, 4]], [[2, 3, 4, 2]]]),
    row("no axes", [], false, [[[2, 3]]]),
  ];
};

const mean = (v: number[]): number => total(v) / v.length;
const variance = (v: number[], correction = 1): number =>
  total(v.map((x) => (x - mean(v)) ** 2)) / Math.max(0, v.length - correction);

const place = (
  op: string,
  f: (x: u.Tensor, axis?: number, options?: u.ReduceOptions) => u.Tensor,
  best: (...values: number[]) => number,
): OpCase[] => {
  const g = (v: number[]): number => v.indexOf(best(...v));
  const common = { op, differentiable: false, errors: [] } as const;
  return [
    {
      ...common,
      f: (x) => f(x),
      oracle: over(undefined, g),
      shapes: [[[2, 3]], [[]]],
      sweep: (n) => [[Math.max(n, 1)]],
      errors: [
        ...unaryErrors(op, f),
        ...axisErrors(op, f),
        [() => f(given([0])), /expected x to have elements to choose from/],
      ],
    },
    {
      ...common,
      variant: "rows",
      f: (x) => f(x, -1),
      oracle: over([1], g),
      shapes: [[[3, 5]], [[0, 2]]],
      sweep: (n) => [[3, Math.max(n, 1)]],
    },
    {
      ...common,
      variant: "columns",
      f: (x) => f(x, 1, { keepdim: true }),
      oracle: over([1], g, true),
      shapes: [[[2, 5, 3]], [[2, 1, 0]]],
    },
  ];
};

const running = (x: Nd, axis: number): Nd =>
  build(x.shape, (index) =>
    total(Array.from({ length: index[axis]! + 1 }, (_, j) => at(x, index.with(axis, j)))),
  );

export const cases: OpCase[] = [
  ...reductions("sum", u.sum, total),
  ...reductions("mean", u.mean, mean).map((row) => ({
    ...row,
    shapes: row.shapes.filter(([s]) => !s!.includes(0)), // NaN has no difference quotient
  })),
  ...reductions("max", u.max, (v) => v.reduce((a, b) => Math.max(a, b)), { empty: false }),
  ...reductions("min", u.min, (v) => v.reduce((a, b) => Math.min(a, b)), { empty: false }),
  ...reductions("logsumexp", u.logsumexp, (v) => Math.log(total(v.map(Math.exp)))).map((row) => ({
    ...row,
    shapes: row.shapes.filter(([s]) => !s!.includes(0)),
  })),
  ...reductions("variance", u.variance, variance).map(moreThanOne),
  ...reductions("std", u.std, (v) => Math.sqrt(variance(v))).map(moreThanOne),
  {
    op: "variance",
    variant: "without correction",
    f: (x) => u.variance(x, 1, { correction: 0 }),
    oracle: over([1], (v) => variance(v, 0)),
    shapes: [[[3, 4]], [[2, 1]]],
    errors: [
      [
        () => u.variance(given([2]), 0, { correction: NaN }),
        /variance: expected correction to be a number/,
      ],
    ],
  },
  ...place("argmax", u.argmax, Math.max),
  ...place("argmin", u.argmin, Math.min),
  ...[0, 1, 2].map((axis): OpCase => ({
    op: "cumsum",
    variant: `axis ${axis}`,
    f: (x) => u.cumsum(x, axis),
    oracle: (x) => running(x!, axis),
    shapes: [[[2, 3, 4]], [[1, 5, 1]], [[2, 0, 3]]],
    errors:
      axis === 0 ? [...unaryErrors("cumsum", u.cumsum, 0), ...axisErrors("cumsum", u.cumsum)] : [],
  })),
];

/** The variance of one element is NaN, which has no difference quotient. */
function moreThanOne(row: OpCase): OpCase {
  const fits = ([shape]: readonly u.Shape[]): boolean =>
    shape!.length > 0 && !shape!.includes(0) && row.variant !== "no axes";
  const shapes = row.shapes.filter(fits);
  const { sweep } = row;
  return {
    ...row,
    shapes: shapes.length > 0 ? shapes : [[[3, 4, 2]]],
    f: row.variant === "no axes" ? (x) => (row.op === "std" ? u.std(x) : u.variance(x)) : row.f,
    oracle:
      row.variant === "no axes"
        ? over(undefined, (v) => (row.op === "std" ? Math.sqrt(variance(v)) : variance(v)))
        : row.oracle,
    ...(sweep ? { sweep: (n: number) => sweep(n < 2 ? 2 : n) } : {}),
  };
}
