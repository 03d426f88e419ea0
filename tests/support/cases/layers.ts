import * as u from "../../../ts/index.ts";
import type { Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, build, sizeOf, total } from "../nd.ts";
import { notTensors } from "../refusals.ts";

/** Index tensors for wrong uses: made once, so that what an op makes can be counted. */
const ints = new Map<string, u.Tensor>();
const index = (...values: number[]): u.Tensor => {
  const key = String(values);
  if (!ints.has(key)) ints.set(key, u.tensor(values, [values.length], { dtype: "int32" }));
  return ints.get(key)!;
};
for (const values of [[0], [0, 3], [0, -1]]) index(...values);

const IDS = [2, 0, 2, 1, 2, 1];

const lookUp = (
  variant: string,
  options: u.EmbeddingLookUp,
  oracle: (weight: Nd, id: number, j: number) => number,
  differentiable: OpCase["differentiable"] = true,
): OpCase => ({
  op: "embedding",
  variant,
  f: (weight) => u.embedding(u.tensor(IDS, [2, 3], { dtype: "int32" }), weight, options),
  oracle: (weight) =>
    build([2, 3, weight!.shape[1]!], ([a, b, j]) => oracle(weight!, IDS[a! * 3 + b!]!, j!)),
  shapes: [[[3, 4]], [[3, 1]], [[5, 0]]],
  sweep: (n) => [[4, n]],
  differentiable,
  errors: [],
});

const plain = (weight: Nd, id: number, j: number): number => at(weight, [id, j]);

const normed = (x: Nd, n: number, centred = true, eps = 1e-5): Nd => {
  const rows = sizeOf(x.shape) / n || 0;
  const data = Array.from({ length: rows }, (_, r) => {
    const row = x.data.slice(r * n, (r + 1) * n);
    const mean = centred ? total(row) / n : 0;
    const variance = total(row.map((v) => (v - mean) ** 2)) / n;
    return row.map((v) => (v - mean) / Math.sqrt(variance + eps));
  }).flat();
  return { shape: x.shape, data };
};

const affine = (x: Nd, weight?: Nd, bias?: Nd): Nd =>
  build(x.shape, (i) => {
    const own = weight ? i.slice(i.length - weight.shape.length) : [];
    return at(x, i) * (weight ? at(weight, own) : 1) + (bias ? at(bias, own) : 0);
  });

const product = (x: Nd, w: Nd, b?: Nd): Nd =>
  build([...x.shape.slice(0, -1), w.shape[0]!], (i) => {
    const o = i.at(-1)!;
    const terms = Array.from({ length: w.shape[1]! }, (_, k) => {
      return at(x, [...i.slice(0, -1), k]) * at(w, [o, k]);
    });
    return total(terms) + (b ? at(b, [o]) : 0);
  });

export const cases: OpCase[] = [
  {
    ...lookUp("", {}, plain),
    errors: [
      ...notTensors("embedding", u.embedding, given([2, 3])),
      [() => u.embedding(given([2]), given([2, 3])), /expected indices to be int32, got float32/],
      [() => u.embedding(index(0), given([2, 3], "int32")), /expected weight to be float32/],
      [() => u.embedding(index(0), given([2])), /expected weight to have 2 dimensions, got \[2\]/],
      [() => u.embedding(index(0, 3), given([3, 2])), /from 0 to 2, got 3 at place 1/],
      [() => u.embedding(index(0, -1), given([3, 2])), /from 0 to 2, got -1 at place 1/],
      [
        () => u.embedding(index(0), given([3, 2]), { paddingIdx: 3 }),
        /expected paddingIdx to be below the 3 rows, got 3/,
      ],
      [
        () => u.embedding(index(0), given([3, 2]), { paddingIdx: -4 }),
        /expected paddingIdx to be an integer of at least -3, got -4/,
      ],
      [() => u.embedding(index(0), given([3, 2]), { maxNorm: -1 }), /expected maxNorm to be/],
      [
        () => u.embedding(index(0), given([3, 2]), { maxNorm: 1, normType: 0 }),
        /expected normType to be above 0, got 0/,
      ],
    ],
  },
  {
    op: "layerNorm",
    f: (x, weight, bias) => u.layerNorm(x, [x.shape.at(-1)!], weight, bias),
    oracle: (x, weight, bias) => affine(normed(x!, x!.shape.at(-1)!), weight, bias),
    shapes: [
      [[2, 5], [5], [5]],
      [[2, 3, 4], [4], [4]],
      [[0, 4], [4], [4]],
    ],
    sweep: (n) => [[3, n + 2], [n + 2], [n + 2]],
    bench: { shapes: [[1024, 1024], [1024], [1024]], bytes: 8 * 2 ** 20 },
    tolerance: 2e-5, // two neighbouring numbers may have almost no variance
    errors: [
      ...notTensors("layerNorm", u.layerNorm, [2]),
      [() => u.layerNorm(given([2, 3], "int32"), [3]), /expected x to be float32/],
      [() => u.layerNorm(given([2, 3]), [2]), /expected x to end in \[2\], got \[2, 3\]/],
      [() => u.layerNorm(given([2, 3]), []), /expected x to end in \[\]/],
      [() => u.layerNorm(given([3]), [2, 3]), /expected x to end in \[2, 3\], got \[3\]/],
      [() => u.layerNorm(given([2, 3]), [3], given([2])), /expected weight to be \[3\], got \[2\]/],
      [
        () => u.layerNorm(given([2, 3]), [3], undefined, given([2])),
        /expected bias to be \[3\], got \[2\]/,
      ],
      [
        () => u.layerNorm(given([2, 3]), [3], given([3], "float64")),
        /layerNorm: expected tensors of one dtype, got float32 and float64/,
      ],
      [() => u.layerNorm(given([2, 3]), [3], 1 as never), /expected weight to be a tensor/],
      [
        () => u.layerNorm(given([2, 3]), [3], undefined, undefined, -1),
        /expected eps to be a number from 0 to Infinity, got -1/,
      ],
    ],
  },
  {
    op: "layerNorm",
    variant: "over two axes, without weight",
    f: (x) => u.layerNorm(x, x.shape.slice(-2)),
    oracle: (x) => normed(x!, sizeOf(x!.shape.slice(-2))),
    shapes: [[[2, 3, 4]], [[3, 2]]],
    sweep: (n) => [[2, 3, n + 1]],
    tolerance: 2e-5,
    errors: [],
  },
  {
    op: "rmsNorm",
    f: (x, weight) => u.rmsNorm(x, [x.shape.at(-1)!], weight, 1e-5),
    oracle: (x, weight) => affine(normed(x!, x!.shape.at(-1)!, false), weight),
    shapes: [
      [[2, 5], [5]],
      [[2, 3, 4], [4]],
      [[0, 4], [4]],
    ],
    sweep: (n) => [[3, n + 1], [n + 1]],
    bench: { shapes: [[1024, 1024], [1024]], bytes: 8 * 2 ** 20 },
    errors: [
      ...notTensors("rmsNorm", u.rmsNorm, [2]),
      [() => u.rmsNorm(given([2, 3], "int32"), [3]), /expected x to be float32/],
      [() => u.rmsNorm(given([2, 3]), [2]), /expected x to end in \[2\], got \[2, 3\]/],
      [() => u.rmsNorm(given([2, 3]), []), /expected x to end in \[\]/],
      [() => u.rmsNorm(given([2, 3]), [3], given([2])), /expected weight to be \[3\], got \[2\]/],
      [() => u.rmsNorm(given([2, 3]), [3], given([3], "float64")), /tensors of one dtype/],
      [() => u.rmsNorm(given([2, 3]), [3], undefined, NaN), /expected eps to be a number from 0/],
    ],
  },
  {
    op: "rmsNorm",
    variant: "over two axes, without weight, with the dtype's epsilon",
    f: (x) => u.rmsNorm(x, x.shape.slice(-2)),
    oracle: (x) => normed(x!, sizeOf(x!.shape.slice(-2)), false, 0), // it is below every tolerance here
    shapes: [[[2, 3, 4]], [[3, 2]]],
    sweep: (n) => [[2, 3, n + 1]],
    tolerance: 1e-5,
    errors: [],
  },
  {
    op: "linear",
    f: (x, w, b) => u.linear(x, w, b),
    oracle: (x, w, b) => product(x!, w!, b!),
    shapes: [
      [[2, 3], [4, 3], [4]],
      [[3], [2, 3], [2]],
      [[2, 2, 3], [5, 3], [5]],
      [[0, 3], [2, 3], [2]],
      [[2, 0], [3, 0], [3]],
    ],
    sweep: (n) => [[3, n], [5, n], [5]],
    errors: [
      ...notTensors("linear", u.linear, given([2, 3])),
      [() => u.linear(given([2, 3]), given([4, 2])), /linear: expected/],
      [() => u.linear(given([2, 3]), given([3])), /linear: expected/],
      [() => u.linear(given([2, 3]), given([4, 3]), given([3])), /linear: expected b to be \[4\]/],
      [() => u.linear(given([]), given([4, 3])), /linear: expected/],
      [() => u.linear(given([2, 3]), given([4, 3], "float64")), /linear: expected/],
    ],
  },
  {
    op: "linear",
    variant: "without bias, wide",
    f: (x, w) => u.linear(x, w),
    oracle: (x, w) => product(x!, w!),
    shapes: [
      [
        [2, 3],
        [4, 3],
      ],
    ],
    sweep: (n) => [
      [2, 7],
      [n, 7],
    ],
    errors: [],
  },
];
