import * as u from "../../../ts/index.ts";
import type { OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { each, erf } from "../nd.ts";
import { unaryErrors } from "../refusals.ts";

const N = 2 ** 20;

const activation = (
  op: string,
  f: (x: u.Tensor) => u.Tensor,
  g: (x: number) => number,
  rest: Partial<OpCase> = {},
): OpCase => ({
  op,
  f,
  oracle: each(g),
  shapes: [[[5]], [[]], [[0]], [[2, 3, 4]]],
  domain: [-5, 5],
  errors: unaryErrors(op, f),
  bench: { shapes: [[N]], bytes: 8 * N },
  ...rest,
});

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x));
const softplus = (z: number): number => Math.max(z, 0) + Math.log1p(Math.exp(-Math.abs(z)));

export const cases: OpCase[] = [
  activation("tanh", u.tanh, Math.tanh),
  activation("sigmoid", u.sigmoid, sigmoid),
  activation("relu", u.relu, (x) => Math.max(x, 0)),
  activation("silu", u.silu, (x) => x * sigmoid(x)),
  activation(
    "gelu",
    (x) => u.gelu(x),
    (x) => (x / 2) * (1 + erf(x / Math.SQRT2)),
    {
      errors: [
        ...unaryErrors("gelu", u.gelu),
        [
          () => u.gelu(given([2]), { approximate: "erf" as never }),
          /gelu: expected approximate to be "none" or "tanh", got erf/,
        ],
      ],
    },
  ),
  activation(
    "gelu",
    (x) => u.gelu(x, { approximate: "tanh" }),
    (x) => (x / 2) * (1 + Math.tanh(Math.sqrt(2 / Math.PI) * (x + 0.044715 * x ** 3))),
    { variant: "by tanh", errors: [] },
  ),
  activation("softplus", (x) => u.softplus(x), softplus, {
    errors: [
      ...unaryErrors("softplus", u.softplus),
      [() => u.softplus(given([2]), { beta: NaN }), /softplus: expected beta to be a number/],
      [
        () => u.softplus(given([2]), { threshold: "20" as never }),
        /expected threshold to be a number/,
      ],
    ],
  }),
  activation(
    "softplus",
    (x) => u.softplus(x, { beta: 2, threshold: 3 }),
    (x) => (2 * x > 3 ? x : softplus(2 * x) / 2),
    { variant: "beta 2, threshold 3", errors: [] },
  ),
];
