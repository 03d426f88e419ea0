import * as u from "../../../ts/index.ts";
import type { Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, build } from "../nd.ts";
import { unaryErrors } from "../refusals.ts";

const oracle =
  (axis: number) =>
  (x: Nd): Nd => {
    const n = x.shape[axis]! / 2;
    return build(x.shape.with(axis, n), (i) => {
      const b = at(x, i.with(axis, i[axis]! + n));
      return at(x, i) / (1 + Math.exp(-b));
    });
  };

export const cases: OpCase[] = [
  {
    op: "glu",
    f: (x) => u.glu(x),
    oracle: (x) => oracle(x!.shape.length - 1)(x!),
    shapes: [[[6]], [[3, 2]], [[2, 0]], [[2, 3, 4]]],
    sweep: (n) => [[3, 2 * n]],
    domain: [-5, 5],
    errors: [
      ...unaryErrors("glu", u.glu),
      [() => u.glu(given([2, 3])), /glu: expected x to be even on axis -1, got \[2, 3\]/],
      [() => u.glu(given([3, 2]), 0), /expected x to be even on axis 0, got \[3, 2\]/],
      [() => u.glu(given([])), /expected x to be even on axis -1, got \[\]/],
      [() => u.glu(given([2, 2]), 2), /glu: expected axis from -2 to 1/],
    ],
  },
  {
    op: "glu",
    variant: "axis 0",
    f: (x) => u.glu(x, 0),
    oracle: oracle(0) as OpCase["oracle"],
    shapes: [[[4, 3]], [[2, 3, 2]]],
    domain: [-5, 5],
    errors: [],
  },
];
