import * as u from "../../../ts/index.ts";
import type { OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, build } from "../nd.ts";
import { axisErrors, notTensors } from "../refusals.ts";

const ids = (values: number[], shape: u.Shape = [values.length]): u.Tensor =>
  u.tensor(values, shape, { dtype: "int32" });

/** Index tensors that wrong uses need: made once, so that what an op makes can be counted. */
let kept: Record<string, u.Tensor> | undefined;
const index = (name: "zero" | "minus" | "large" | "huge" | "square"): u.Tensor =>
  (kept ??= {
    zero: ids([0]),
    minus: ids([0, -1]),
    large: ids([0, 2]),
    huge: ids([2 ** 31 - 1]),
    square: ids([0, 0, 0, 0], [2, 2]),
  })[name]!;
index("zero");

const SELECTED = [2, 0, 2, 1];

const selection = (axis: number, shapes: OpCase["shapes"]): OpCase => ({
  op: "indexSelect",
  variant: `axis ${axis}`,
  f: (x) => u.indexSelect(x, axis, ids(SELECTED)),
  oracle: (x) =>
    build(x!.shape.with(axis, 4), (index) => at(x!, index.with(axis, SELECTED[index[axis]!]!))),
  shapes,
  errors: [],
});

/** Index k of an index tensor: any pattern that has repeats. */
const some = (k: number, n: number): number => (k * 7 + (k >> 1)) % n;

const gathering = (axis: number, shape: u.Shape, m: number): OpCase => {
  const n = shape[axis]!;
  const chosen = shape.with(axis, m);
  const values = Array.from({ length: chosen.reduce((p, d) => p * d, 1) }, (_, k) => some(k, n));
  const where = { shape: chosen, data: values };
  return {
    op: "gather",
    variant: `axis ${axis} of [${shape.join(", ")}]`,
    f: (x) => u.gather(x, axis, ids(values, chosen)),
    oracle: (x) => build(chosen, (index) => at(x!, index.with(axis, at(where, index)))),
    shapes: [[shape]],
    sweep: () => [shape],
    errors: [],
  };
};

const scattering = (axis: number, shape: u.Shape, m: number): OpCase => {
  const n = shape[axis]!;
  const chosen = shape.with(axis, m);
  const values = Array.from({ length: chosen.reduce((p, d) => p * d, 1) }, (_, k) => some(k, n));
  const where = { shape: chosen, data: values };
  return {
    op: "scatterAdd",
    variant: `axis ${axis} of [${shape.join(", ")}]`,
    f: (x, source) => u.scatterAdd(x, axis, ids(values, chosen), source),
    oracle: (x, source) =>
      build(shape, (index) => {
        let sum = at(x!, index);
        for (let j = 0; j < m; j++) {
          const from = index.with(axis, j);
          if (at(where, from) === index[axis]) sum += at(source!, from);
        }
        return sum;
      }),
    shapes: [[shape, chosen]],
    sweep: () => [shape, chosen],
    errors: [],
  };
};

const outside = (op: string, f: (x: u.Tensor, ids: u.Tensor) => u.Tensor): OpCase["errors"] => [
  [
    () => f(given([2]), index("minus")),
    new RegExp(`${op}: expected indices from 0 to 1, got -1 at place 1`),
  ],
  [() => f(given([2]), index("large")), /expected indices from 0 to 1, got 2 at place 1/],
  [() => f(given([2]), index("huge")), /got 2147483647 at place 0/],
  [() => f(given([0]), index("zero")), /expected indices from 0 to -1, got 0/],
  [
    () => f(given([2]), given([2])),
    /expected indices to be int32, got float32 tensor \[2\]; convert with \.to\("int32"\)/,
  ],
  [() => f(given([2]), given([2], "bool")), /expected indices to be int32/],
  [() => f(given([2]), [0, 1] as never), /expected indices to be a tensor, got object/],
];

export const cases: OpCase[] = [
  {
    ...selection(0, [[[3, 2]], [[3]], [[3, 0]]]),
    sweep: (n) => [[3, n]],
    errors: [
      ...notTensors("indexSelect", u.indexSelect, 0, 0),
      ...outside("indexSelect", (x, ids) => u.indexSelect(x, 0, ids)),
      ...axisErrors("indexSelect", (x, axis) => u.indexSelect(x, axis, index("zero"))),
      [
        () => u.indexSelect(given([2]), 0, index("square")),
        /expected indices to have one axis, got \[2, 2\]/,
      ],
      [() => u.indexSelect(given([]), 0, index("zero")), /expected x to have an axis/],
    ],
  },
  { ...selection(1, [[[2, 3]], [[2, 3, 4]]]), sweep: (n) => [[2, 3, n]] },
  {
    ...gathering(0, [3, 2], 4),
    errors: [
      ...notTensors("gather", u.gather, 0, 0),
      ...outside("gather", (x, ids) => u.gather(x, 0, ids)),
      ...axisErrors("gather", (x, axis) => u.gather(x, axis, index("square"))),
      [
        () => u.gather(given([2]), 0, index("square")),
        /expected indices of x's shape \[2\], but for axis 0, got \[2, 2\]/,
      ],
      [() => u.gather(given([2, 3]), 0, index("square")), /but for axis 0/],
      [() => u.gather(given([3, 2]), 1, index("square")), /but for axis 1/],
    ],
  },
  gathering(1, [2, 3], 2),
  gathering(1, [2, 3, 2], 4),
  gathering(2, [2, 2, 5], 3),
  {
    ...scattering(0, [3, 2], 4),
    errors: [
      ...notTensors("scatterAdd", u.scatterAdd, 0, 0, 0),
      ...outside("scatterAdd", (x, ids) => u.scatterAdd(x, 0, ids, given([2]))),
      [
        () => u.scatterAdd(given([2]), 0, index("zero"), given([2])),
        /expected source to be \[1\], as the indices are, got \[2\]/,
      ],
      [
        () => u.scatterAdd(given([2]), 0, index("zero"), given([1], "float64")),
        /tensors of one dtype/,
      ],
      [
        () => u.scatterAdd(given([2], "int32"), 0, index("zero"), given([1])),
        /expected x to be float32/,
      ],
      [() => u.scatterAdd(given([2, 3]), 0, index("square"), given([2, 2])), /but for axis 0/],
    ],
  },
  scattering(1, [2, 3], 3),
  scattering(1, [2, 3, 2], 2),
];
