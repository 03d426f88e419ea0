import * as u from "../../../ts/index.ts";
import type { OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { each } from "../nd.ts";
import { binaryErrors, notTensors } from "../refusals.ts";

type Binary = (a: u.Tensor | number, b: u.Tensor | number) => u.Tensor;

/** Rounded, so that some elements are equal. */
const comparison = (op: string, f: Binary, g: (a: number, b: number) => boolean): OpCase[] => [
  {
    op,
    f: (a, b) => f(halves(a), halves(b)),
    oracle: each((a, b) => Number(g(half(a), half(b)))),
    shapes: [
      [
        [4, 5],
        [4, 5],
      ],
      [[4, 5], [5]],
      [[4, 1], [5]],
      [[3], []],
      [[0], [1]],
    ],
    domain: [-1, 1],
    differentiable: false,
    errors: [
      ...binaryErrors(op, f, false),
      [
        () => f(given([2], "int32"), 0.5),
        /int32 holds integers from -2147483648 to 2147483647, got 0.5/,
      ],
      [() => f(2, given([2], "bool")), /bool holds integers from 0 to 1, got 2/],
    ],
  },
  {
    op,
    variant: "with a number",
    f: (a) => f(halves(a), 0.5),
    oracle: each((a) => Number(g(half(a), 0.5))),
    shapes: [[[9]]],
    domain: [-1, 1],
    differentiable: false,
    errors: [],
  },
];

const half = (x: number): number => Math.trunc(x * 4) / 2;
const halves = (x: u.Tensor): u.Tensor => u.div(u.to(u.to(u.mul(x, 4), "int32"), x.dtype), 2);

const positive = (x: u.Tensor): u.Tensor => u.gt(x, 0);

const logic = (
  op: string,
  f: (...xs: u.Tensor[]) => u.Tensor,
  g: (...xs: boolean[]) => boolean,
  shapes: OpCase["shapes"],
): OpCase => ({
  op,
  f: (...xs) => f(...xs.map(positive)),
  oracle: each((...xs) => Number(g(...xs.map((x) => x > 0)))),
  shapes,
  differentiable: false,
  errors: [
    ...notTensors(op, f, given),
    [
      () => f(given([2]), given([2], "bool")),
      /expected a to be bool, got float32 .* ne\(x, 0\) converts/,
    ],
    [() => f(given([2], "int32"), given([2], "bool")), /expected a to be bool, got int32/],
  ],
});

export const cases: OpCase[] = [
  ...comparison("eq", u.eq, (a, b) => a === b),
  ...comparison("ne", u.ne, (a, b) => a !== b),
  ...comparison("lt", u.lt, (a, b) => a < b),
  ...comparison("le", u.le, (a, b) => a <= b),
  ...comparison("gt", u.gt, (a, b) => a > b),
  ...comparison("ge", u.ge, (a, b) => a >= b),
  {
    op: "isNaN",
    f: (x) => u.isNaN(u.log(x)),
    oracle: each((x) => Number(x < 0)),
    shapes: [[[9]]],
    differentiable: false,
    errors: notTensors("isNaN", u.isNaN),
  },
  logic(
    "logicalNot",
    (x) => u.logicalNot(x!),
    (x) => !x,
    [[[5]], [[0]]],
  ),
  logic(
    "logicalAnd",
    (a, b) => u.logicalAnd(a!, b!),
    (a, b) => a! && b!,
    [
      [
        [2, 3],
        [2, 3],
      ],
      [
        [2, 3],
        [2, 1],
      ],
    ],
  ),
  logic(
    "logicalOr",
    (a, b) => u.logicalOr(a!, b!),
    (a, b) => a! || b!,
    [
      [
        [2, 3],
        [2, 3],
      ],
      [[2, 3], [3]],
    ],
  ),
  {
    op: "where",
    f: (c, a, b) => u.where(positive(c!.detach()), a!, b!),
    oracle: each((c, a, b) => (c! > 0 ? a! : b!)),
    shapes: [
      [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
      [[3], [2, 3], [2, 3]],
      [[2, 3], [3], [2, 3]],
      [[2, 3], [2, 3], []],
      [[2, 1], [2, 3], [3]],
      [
        [2, 3],
        [2, 1],
        [1, 3],
      ],
      [[1], [2, 3], [3]],
      [[], [3], [1]],
      [[2, 1], [], [3]],
      [[0], [0], [0]],
    ],
    errors: [
      ...(["float32", "int32"] as const).map(
        (dtype) =>
          [
            () => u.where(given([2], dtype), 1, 2),
            /where: expected c to be bool, got (float|int)32/,
          ] as const,
      ),
      [() => u.where(true as never, 1, 2), /where: expected c to be a tensor, got boolean/],
      [() => u.where(given([2], "bool"), "a" as never, 2), /where: expected a to be a tensor/],
      [() => u.where(given([2], "bool"), 1, null as never), /where: expected b to be a tensor/],
      [
        () => u.where(given([2], "bool"), given([2]), given([2], "float64")),
        /tensors of one dtype/,
      ],
      [() => u.where(given([2], "bool"), given([2], "int32"), 0.5), /int32 holds integers/],
      [() => u.where(given([3], "bool"), given([2]), 0), /expected shapes that broadcast/],
      [() => u.where(given([3], "bool"), given([3]), given([2])), /expected shapes that broadcast/],
      [
        () => u.where(given([2, 3], "bool"), given([2]), given([2])),
        /expected shapes that broadcast/,
      ],
    ],
  },
  {
    op: "where",
    variant: "numbers",
    f: (x) => u.where(positive(x), x, 0.5),
    oracle: each((x) => (x > 0 ? x : 0.5)),
    shapes: [[[7]]],
    errors: [],
  },
  {
    op: "to",
    f: (x) => u.to(x, "float64"),
    oracle: each((x) => x),
    shapes: [[[3, 4]], [[]], [[0]]],
    errors: [
      ...notTensors("to", u.to, "float64"),
      [() => u.to(given([2]), "float16" as never), /to: expected dtype "float32".*, got float16/],
      [() => u.to(given([2]), undefined as never), /to: expected dtype .*, got undefined/],
    ],
  },
];
