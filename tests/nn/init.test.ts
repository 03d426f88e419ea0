import { describe, expect, test } from "vitest";
import {
  Generator,
  matmul,
  nn,
  scope,
  type Shape,
  tensor,
  type Tensor,
  zeros,
} from "../../ts/index.ts";
import { normalQuantile } from "../../ts/core/normal-quantile.ts";
import { level } from "../support/given.ts";

const { init } = nn;
const blank = (shape: Shape): Tensor => zeros(shape, { dtype: "float64" });

function moments(t: Tensor): { mean: number; std: number; low: number; high: number } {
  const x = Array.from(t.data());
  const mean = x.reduce((a, b) => a + b, 0) / x.length;
  const std = Math.sqrt(x.reduce((s, v) => s + (v - mean) ** 2, 0) / x.length);
  return {
    mean,
    std,
    low: x.reduce((a, b) => Math.min(a, b)),
    high: x.reduce((a, b) => Math.max(a, b)),
  };
}

const generator = new Generator(5);

describe("random values have the moments and bounds that they should have", () => {
  const shape = [200, 150];
  const bound = (b: number) => ({ std: b / Math.sqrt(3), low: -b, high: b });
  test.each<
    [string, (t: Tensor) => Tensor, { mean?: number; std: number; low?: number; high?: number }]
  >([
    [
      "uniform",
      (t) => init.uniform(t, -3, 5, generator),
      { mean: 1, std: 8 / Math.sqrt(12), low: -3, high: 5 },
    ],
    ["normal", (t) => init.normal(t, 2, 3, generator), { mean: 2, std: 3 }],
    [
      "xavierUniform",
      (t) => init.xavierUniform(t, { gain: 2, generator }),
      bound(2 * Math.sqrt(6 / 350)),
    ],
    ["xavierNormal", (t) => init.xavierNormal(t, { generator }), { std: Math.sqrt(2 / 350) }],
    ["kaimingUniform", (t) => init.kaimingUniform(t, { generator }), bound(Math.sqrt(6 / 150))],
    [
      "kaimingUniform, fanOut, tanh",
      (t) => init.kaimingUniform(t, { mode: "fanOut", nonlinearity: "tanh", generator }),
      bound((5 / 3) * Math.sqrt(3 / 200)),
    ],
    [
      "kaimingNormal, slope",
      (t) => init.kaimingNormal(t, { slope: 1, generator }),
      { std: Math.sqrt(1 / 150) },
    ],
    // the standard normal from −2 to 2 has the variance 1 − 4 φ(2) / (2 Φ(2) − 1)
    [
      "truncNormal",
      (t) => init.truncNormal(t, 1, 2, -3, 5, generator),
      { mean: 1, std: 2 * 0.8796, low: -3, high: 5 },
    ],
    [
      "truncNormal, a tail",
      (t) => init.truncNormal(t, 0, 1, 2, 9, generator),
      { mean: 2.3732, std: 0.3382, low: 2, high: 9 },
    ],
  ])("%s", (_, f, want) => {
    level(() => {
      const got = moments(f(blank(shape)));
      expect(Math.abs(got.mean - (want.mean ?? 0))).toBeLessThan(want.std / 40);
      expect(got.std / want.std).toBeGreaterThan(0.98);
      expect(got.std / want.std).toBeLessThan(1.02);
      expect(got.low).toBeGreaterThanOrEqual(want.low ?? -Infinity);
      expect(got.high).toBeLessThanOrEqual(want.high ?? Infinity);
    });
  });

  test("fans count the kernel of a convolution", () => {
    level(() => {
      const { high } = moments(init.kaimingUniform(blank([20, 10, 5, 3]), { generator }));
      expect(high / Math.sqrt(6 / 150)).toBeGreaterThan(0.99);
      expect(high / Math.sqrt(6 / 150)).toBeLessThanOrEqual(1);
    });
  });
});

test.each([
  [5, 3],
  [3, 5],
  [4, 4],
  [2, 3, 4],
  [64, 64],
])("orthogonal rows or columns: [%i, %i, %i]", (...shape) => {
  level(() => {
    const sizes = shape.filter((d) => d !== undefined);
    const t = init.orthogonal(blank(sizes), { gain: 2, generator });
    const rows = sizes[0]!;
    const m = t.reshape([rows, -1]);
    const product =
      m.shape[0]! <= m.shape[1]! ? matmul(m, m.transpose(0, 1)) : matmul(m.transpose(0, 1), m);
    const n = product.shape[0]!;
    product.data().forEach((v, k) => {
      expect(Math.abs(v - (Math.floor(k / n) === k % n ? 4 : 0))).toBeLessThan(1e-12);
    });
  });
});

test("sparse columns have their share of zeros", () => {
  level(() => {
    const x = init.sparse(blank([10, 30]), 0.25, { std: 2, generator }).toArray() as number[][];
    for (let j = 0; j < 30; j++) expect(x.filter((row) => row[j] === 0).length).toBe(3);
  });
});

test("fixed values", () => {
  level(() => {
    expect(init.constant(blank([2]), 3).toArray()).toEqual([3, 3]);
    expect(init.ones(init.zeros(blank([2]))).toArray()).toEqual([1, 1]);
    expect(init.eye(blank([2, 3])).toArray()).toEqual([
      [1, 0, 0],
      [0, 1, 0],
    ]);
    expect(init.dirac(blank([2, 2, 3])).toArray()).toEqual([
      [
        [0, 1, 0],
        [0, 0, 0],
      ],
      [
        [0, 0, 0],
        [0, 1, 0],
      ],
    ]);
    expect(init.dirac(blank([4, 2, 1]), { groups: 2 }).toArray()).toEqual([
      [[1], [0]],
      [[0], [1]],
      [[1], [0]],
      [[0], [1]],
    ]);
    expect([...init.dirac(blank([1, 1, 2, 3])).data()]).toEqual([0, 0, 0, 0, 1, 0]);
  });
});

test("gains are PyTorch's", () => {
  expect(init.calculateGain("linear")).toBe(1);
  expect(init.calculateGain("conv2d")).toBe(1);
  expect(init.calculateGain("sigmoid")).toBe(1);
  expect(init.calculateGain("tanh")).toBeCloseTo(5 / 3, 15);
  expect(init.calculateGain("relu")).toBeCloseTo(Math.SQRT2, 15);
  expect(init.calculateGain("leakyRelu")).toBeCloseTo(1.4141428569978354, 15);
  expect(init.calculateGain("leakyRelu", 0.2)).toBeCloseTo(1.3867504905630728, 15);
  expect(init.calculateGain("selu")).toBe(0.75);
});

test.each([
  [0.5, 0],
  [0.975, 1.959963984540054],
  [0.001, -3.0902323061678136],
  [1e-10, -6.361340902404056],
  [1e-300, -37.0471],
])("the normal quantile of %d", (p, want) => {
  scope(() => {
    zeros([1]);
    expect(Math.abs(normalQuantile(p) - want)).toBeLessThan(p < 1e-200 ? 1e-4 : 1e-13 * 10);
  });
});

test("the same generator gives the same values", () => {
  level(() => {
    const draw = (f: (g: Generator) => Tensor): number[] => [...f(new Generator(9)).data()];
    for (const f of [
      (g: Generator) => init.orthogonal(blank([3, 3]), { generator: g }),
      (g: Generator) => init.truncNormal(blank([3, 3]), 0, 1, -2, 2, g),
      (g: Generator) => init.sparse(blank([3, 3]), 0.5, { generator: g }),
    ]) {
      expect(draw(f)).toEqual(draw(f));
    }
  });
});

test.each([
  [0, 1, 8, 9],
  [0, 1, -40, -39],
  [5, 0, -2, 2],
  [0.5, 0, -2, 2],
])("truncNormal of N(%d, %d²) stays from %d to %d", (mean, std, low, high) => {
  level(() => {
    for (const x of init.truncNormal(zeros([50]), mean, std, low, high).data()) {
      expect(x).toBeGreaterThanOrEqual(low);
      expect(x).toBeLessThanOrEqual(high);
    }
  });
});

test.each<[string, () => unknown, RegExp]>([
  [
    "no float",
    () => init.ones(tensor([1], { dtype: "int32" })),
    /to be float32 or float64, got int32/,
  ],
  ["no tensor", () => init.normal([1] as never), /expected the tensor to be a tensor/],
  [
    "a vector has no fans",
    () => init.xavierUniform(zeros([3])),
    /to have 2 dimensions or more, got \[3\]/,
  ],
  ["eye of a vector", () => init.eye(zeros([3])), /to be a matrix, got \[3\]/],
  ["sparse of a vector", () => init.sparse(zeros([3]), 0.1), /to be a matrix/],
  [
    "sparsity",
    () => init.sparse(zeros([3, 3]), 1.1),
    /expected sparsity to be a number from 0 to 1/,
  ],
  ["dirac of a matrix", () => init.dirac(zeros([3, 3])), /to have 3, 4 or 5 dimensions/],
  [
    "groups",
    () => init.dirac(zeros([3, 3, 1]), { groups: 2 }),
    /groups to divide 3 channels, got 2/,
  ],
  ["bounds", () => init.uniform(zeros([3]), 1, 0), /expected high to be a number from 1/],
  ["no bounds", () => init.uniform(zeros([3]), -1e308, 1e308), /high − low to be finite/],
  ["infinite std", () => init.normal(zeros([3]), 0, Infinity), /std to be finite, got Infinity/],
  ["std", () => init.normal(zeros([3]), 0, -1), /expected std to be a number from 0/],
  ["trunc bounds", () => init.truncNormal(zeros([3]), 0, 1, 2, -2), /expected high/],
  [
    "mode",
    () => init.kaimingNormal(zeros([3, 3]), { mode: "in" as never }),
    /mode to be "fanIn" or "fanOut"/,
  ],
  [
    "nonlinearity",
    () => init.calculateGain("elu" as never),
    /nonlinearity to be one of ours, got elu/,
  ],
])("refuses %s", (_, f, message) => {
  scope(() => expect(f).toThrow(message));
});
