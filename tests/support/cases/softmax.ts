import * as u from "../../../ts/index.ts";
import type { Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, build, total } from "../nd.ts";
import { axisErrors, unaryErrors } from "../refusals.ts";

const N = 2 ** 20;

/** The values beside an index along an axis. */
const along = (x: Nd, index: number[], axis: number): number[] =>
  Array.from({ length: x.shape.at(axis)! }, (_, j) => at(x, index.with(axis, j)));

const log = (x: Nd, axis: number): Nd =>
  build(x.shape, (index) => {
    const values = along(x, index, axis);
    const m = Math.max(...values);
    return at(x, index) - m - Math.log(total(values.map((v) => Math.exp(v - m))));
  });

const rows = (
  op: string,
  f: (x: u.Tensor, axis: number) => u.Tensor,
  oracle: (x: Nd, axis: number) => Nd,
): OpCase[] => [
  {
    op,
    f: (x) => f(x, -1),
    oracle: (x) => oracle(x!, -1),
    shapes: [[[2, 5]], [[3]], [[2, 3, 4]], [[0, 3]], [[3, 0]]],
    sweep: (n) => [[3, n]],
    errors: [
      ...unaryErrors(op, f, -1),
      ...axisErrors(op, f),
      [() => f(given([]), 0), /expected x to have an axis, got \[\]/],
    ],
    bench: { shapes: [[N / 1024, 1024]], bytes: 8 * N },
  },
  {
    op,
    variant: "columns",
    f: (x) => f(x, 1),
    oracle: (x) => oracle(x!, 1),
    shapes: [[[2, 5, 3]], [[2, 3]], [[1, 4, 0]]],
    sweep: (n) => [[2, 3, n]],
    errors: [],
  },
  {
    op,
    variant: "of numbers far from 0",
    f: (x) => f(x, 0),
    oracle: (x) => oracle(x!, 0),
    shapes: [[[4, 3]]],
    domain: [9998, 10002],
    errors: [],
  },
];

export const cases: OpCase[] = [
  ...rows("softmax", u.softmax, (x, axis) => {
    const { shape, data } = log(x, axis);
    return { shape, data: data.map(Math.exp) };
  }),
  ...rows("logSoftmax", u.logSoftmax, log),
];
