import { describe, expect, test } from "vitest";
import {
  Generator,
  grad,
  gradcheck,
  matmul,
  nn,
  randn,
  sum,
  tensor,
  type Tensor,
} from "../../ts/index.ts";
import { bits } from "../support/bits.ts";
import { expectRefusal, given, level } from "../support/given.ts";

const generator = new Generator(7);
const draw = (...shape: number[]): Tensor => randn(shape, { dtype: "float64", generator });
const expectClose = (got: Tensor, want: readonly number[], digits: number): void => {
  expect(got.size).toBe(want.length);
  got.data().forEach((x, i) => expect(x, `element ${i}`).toBeCloseTo(want[i]!, digits));
};

describe("sinusoidal positions", () => {
  test("are the known ones for d = 4", () => {
    level(() => {
      const PE = nn.sinusoidalPositions(4, 4, { dtype: "float64" });
      const want = [
        [0, 1, 0, 1],
        [0.84147098, 0.54030231, 0.00999983, 0.99995],
        [0.90929743, -0.41614684, 0.01999867, 0.9998],
        [0.14112001, -0.9899925, 0.0299955, 0.99955003],
      ];
      expectClose(PE, want.flat(), 7);
    });
  });

  test("are the formula, for odd widths too", () => {
    level(() => {
      const [length, d] = [300, 7];
      const want = Array.from({ length: length * d }, (_, k) => {
        const [pos, j] = [Math.floor(k / d), k % d];
        const angle = pos / 10000 ** ((j - (j % 2)) / d);
        return j % 2 === 0 ? Math.sin(angle) : Math.cos(angle);
      });
      expectClose(nn.sinusoidalPositions(length, d, { dtype: "float64" }), want, 12);
      expectClose(nn.sinusoidalPositions(length, d), want, 6);
    });
  });

  test("are added to each layout, from any step on", () => {
    for (const batchFirst of [false, true]) {
      const module = new nn.PositionalEncoding(6, { batchFirst, dropout: 0.5, dtype: "float64" });
      level(() => {
        const [x, PE] = [draw(5, 3, 6), module.pe];
        module.eval();
        const steps = batchFirst ? 3 : 5;
        const rows = PE.slice(0, 2, 2 + steps);
        const want = x.add(batchFirst ? rows : rows.unsqueeze(1));
        expect(bits(module.forward(x, { offset: 2 }))).toBe(bits(want));
        const alone = draw(5, 6);
        expect(bits(module.forward(alone))).toBe(bits(alone.add(PE.slice(0, 0, 5))));
        module.train();
        const dropped = module
          .forward(x)
          .data()
          .filter((v) => v === 0).length;
        expect(dropped).toBeGreaterThan(20); // half of 90
        expect(module.stateDict().size).toBe(0);
      });
      module.free();
    }
  });
});

test("learnt positions are one vector each, which alone gets their gradient", () => {
  const module = new nn.LearnedPositions(10, 4, { batchFirst: true, dtype: "float64", generator });
  const many = new nn.LearnedPositions(100, 100, { generator });
  level(() => {
    const x = draw(2, 3, 4);
    const y = module.forward(x, { offset: 5 });
    expect(bits(y)).toBe(bits(x.add(module.weight.slice(0, 5, 8))));
    const [g] = grad(sum(y), [module.weight]);
    expect([...g!.sum(1).data()]).toEqual([0, 0, 0, 0, 0, 8, 8, 8, 0, 0]);
    const values = [...many.weight.data()];
    expect(Math.sqrt(values.reduce((s, v) => s + v * v, 0) / values.length)).toBeCloseTo(0.02, 3);
  });
  module.free();
  many.free();
});

describe("rotary positions", () => {
  /** The pair (a, b) as a complex number, times e^(i φ). */
  const turned = (x: Tensor, dim: number, interleaved: boolean, offset = 0): number[] => {
    const [L, D] = x.shape.slice(-2) as [number, number];
    const y = [...x.data()];
    for (let row = 0; row < x.size / D; row++) {
      const pos = offset + (row % L);
      for (let i = 0; i < dim / 2; i++) {
        const [p, q] = interleaved ? [2 * i, 2 * i + 1] : [i, i + dim / 2];
        const φ = pos / 10000 ** ((2 * i) / dim);
        const [a, b] = [y[row * D + p]!, y[row * D + q]!];
        y[row * D + p] = a * Math.cos(φ) - b * Math.sin(φ);
        y[row * D + q] = a * Math.sin(φ) + b * Math.cos(φ);
      }
    }
    return y;
  };

  test.each([false, true])("turn pairs by their position, interleaved %s", (interleaved) => {
    level(() => {
      const x = draw(2, 3, 5, 8);
      const all = new nn.RotaryEmbedding(8, { interleaved });
      const some = new nn.RotaryEmbedding(6, { interleaved });
      expectClose(all.forward(x), turned(x, 8, interleaved), 12);
      expectClose(all.forward(x, { offset: 40 }), turned(x, 8, interleaved, 40), 12);
      expectClose(some.forward(x), turned(x, 6, interleaved), 12);
      expectClose(all.forward(x.to("float32")), turned(x, 8, interleaved), 5);
    });
  });

  test("make scores depend on distances alone, and keep lengths", () => {
    level(() => {
      for (const interleaved of [false, true]) {
        const rotary = new nn.RotaryEmbedding(8, { interleaved });
        const [q, k] = [draw(1, 8), draw(1, 8)];
        const score = (m: number, n: number): number =>
          matmul(rotary.forward(q, { offset: m }), rotary.forward(k, { offset: n }), {
            transposeB: true,
          }).item();
        expect(score(13, 10)).toBeCloseTo(score(3, 0), 12);
        expect(score(113, 110)).toBeCloseTo(score(3, 0), 12);
        expect(Math.abs(score(4, 0) - score(3, 0))).toBeGreaterThan(1e-3);
        const norm = (x: Tensor): number => sum(x.mul(x)).item();
        expect(norm(rotary.forward(q, { offset: 77 }))).toBeCloseTo(norm(q), 12);
      }
    });
  });

  test("have gradients that finite differences confirm", () => {
    level(() => {
      const x = randn([2, 3, 5], { dtype: "float64", requiresGrad: true, generator });
      for (const interleaved of [false, true]) {
        const rotary = new nn.RotaryEmbedding(4, { interleaved });
        expect(gradcheck((x) => rotary.forward(x, { offset: 2 }), [x])).toBe(true);
      }
    });
  });
});

describe("ALiBi", () => {
  test.each([
    [1, [2 ** -8]],
    [2, [2 ** -4, 2 ** -8]],
    [8, [1, 2, 3, 4, 5, 6, 7, 8].map((i) => 2 ** -i)],
    [3, [2 ** -4, 2 ** -8, 2 ** -2]],
    [6, [2 ** -2, 2 ** -4, 2 ** -6, 2 ** -8, 2 ** -1, 2 ** -3]],
    [
      12,
      [1, 2, 3, 4, 5, 6, 7, 8].map((i) => 2 ** -i).concat([0.5, 1.5, 2.5, 3.5].map((i) => 2 ** -i)),
    ],
  ])("has the slopes of the paper for %i heads", (heads, want) => {
    level(() => expectClose(nn.alibiSlopes(heads, { dtype: "float64" }), want, 14));
  });

  test("adds −slope · distance to the scores, the last query being at the last key", () => {
    level(() => {
      expect(nn.alibiBias(2, 3).toArray()).toEqual(
        [2 ** -4, 2 ** -8].map((m) => [
          [-0, -m, -2 * m],
          [-m, -0, -m],
          [-2 * m, -m, -0],
        ]),
      );
      expect(nn.alibiBias(1, 1, 4).toArray()).toEqual([[[3, 2, 1, 0].map((d) => -d / 256)]]);
    });
  });
});

describe("RMSNorm", () => {
  test("divides by the root mean square of the last axes", () => {
    level(() => {
      const x = draw(3, 2, 4);
      const module = new nn.RMSNorm([2, 4], { dtype: "float64", eps: 0.1 });
      nn.init.uniform(module.weight!, 0.5, 2);
      const [values, weight] = [x.data(), module.weight!.data()];
      const want = [0, 1, 2].flatMap((r) => {
        const row = Array.from(values.slice(r * 8, r * 8 + 8));
        const rms = Math.sqrt(row.reduce((s, v) => s + v * v, 0) / 8 + 0.1);
        return row.map((v, j) => (v / rms) * weight[j]!);
      });
      expectClose(module.forward(x), want, 12);
      x.requiresGrad = true;
      expect(gradcheck((x) => module.forward(x), [x, module.weight!])).toBe(true);
      module.free();
    });
  });

  test("has the dtype's epsilon unless one is given, and a weight unless it is not wanted", () => {
    level(() => {
      const [single, double] = [new nn.RMSNorm(2), new nn.RMSNorm(2, { dtype: "float64" })];
      expect([single.eps, double.eps]).toEqual([1.1920928955078125e-7, 2.220446049250313e-16]);
      expect([...single.stateDict().keys()]).toEqual(["weight"]);
      expect([...single.forward(tensor([[0, 0]])).data()]).toEqual([0, 0]);
      expect(new nn.RMSNorm(2, { elementwiseAffine: false }).parameters()).toEqual([]);
      single.free();
      double.free();
    });
  });
});

test("SwiGLU is W₂ (silu(W₁ x) ⊙ W₃ x), under LLaMA's names", () => {
  const module = new nn.SwiGLU(3, 4, { dtype: "float64", generator });
  const biased = new nn.SwiGLU(3, 4, { bias: true });
  level(() => {
    const x = randn([2, 3], { dtype: "float64", requiresGrad: true, generator });
    const product = (W: Tensor, v: number[]): number[] =>
      (W.toArray() as number[][]).map((row) => row.reduce((s, w, i) => s + w * v[i]!, 0));
    const want = (x.toArray() as number[][]).flatMap((row) => {
      const [gate, up] = [product(module.w1.weight, row), product(module.w3.weight, row)];
      return product(
        module.w2.weight,
        gate.map((g, i) => (g / (1 + Math.exp(-g))) * up[i]!),
      );
    });
    expectClose(module.forward(x), want, 12);
    expect(gradcheck((x) => module.forward(x), [x])).toBe(true);
    expect([...module.stateDict().keys()]).toEqual(["w1.weight", "w2.weight", "w3.weight"]);
    expect(biased.parameters()).toHaveLength(6);
  });
  module.free();
  biased.free();
});

test("positions and norms refuse what they cannot do", () => {
  const positions = new nn.PositionalEncoding(4, { maxLength: 5 });
  const learnt = new nn.LearnedPositions(5, 4);
  const rotary = new nn.RotaryEmbedding(4);
  const norm = new nn.RMSNorm(4);
  const wrong: [() => unknown, RegExp][] = [
    [() => new nn.PositionalEncoding(0), /dModel to be an integer of at least 1, got 0/],
    [
      () => new nn.PositionalEncoding(4, { maxLength: 0 }),
      /maxLength to be an integer of at least 1/,
    ],
    [() => new nn.PositionalEncoding(4, { dropout: 2 }), /p to be a number from 0 to 1, got 2/],
    [
      () => new nn.PositionalEncoding(4, { batchFirst: 1 as never }),
      /batchFirst to be true or false/,
    ],
    [() => positions.forward(given([6, 1, 4])), /positions below maxLength = 5, got 0 to 5/],
    [() => positions.forward(given([2, 1, 4]), { offset: 4 }), /got 4 to 5/],
    [
      () => positions.forward(given([2, 1, 4]), { offset: -1 }),
      /offset to be an integer of at least 0/,
    ],
    [() => positions.forward(given([2, 1, 3])), /x to be \[L, N, 4\] or \[L, 4\], got \[2, 1, 3\]/],
    [() => positions.forward(given([4])), /x to be \[L, N, 4\]/],
    [() => positions.forward(3 as never), /x to be a tensor, got number/],
    [() => positions.forward(given([2, 1, 4], "float64")), /tensors of one dtype/],
    [() => nn.sinusoidalPositions(-1, 4), /length to be an integer of at least 0/],
    [() => nn.sinusoidalPositions(4, 0), /d to be an integer of at least 1/],
    [() => new nn.LearnedPositions(0, 4), /maxLength to be an integer of at least 1/],
    [() => learnt.forward(given([6, 1, 4])), /positions below maxLength = 5/],
    [() => new nn.RotaryEmbedding(3), /dim to be even, got 3/],
    [() => new nn.RotaryEmbedding(4, { base: 0 }), /base to be a number from/],
    [
      () => new nn.RotaryEmbedding(4, { interleaved: "no" as never }),
      /interleaved to be true or false/,
    ],
    [() => rotary.forward(given([2, 3])), /x to be \[\.\.\., L, 4 or more\], got \[2, 3\]/],
    [() => rotary.forward(given([4])), /x to be \[\.\.\., L, 4 or more\], got \[4\]/],
    [() => rotary.forward(given([2, 4], "int32")), /x to be float32 or float64/],
    [() => rotary.forward(given([2, 4]), { offset: 0.5 }), /offset to be an integer/],
    [() => nn.alibiSlopes(0), /heads to be an integer of at least 1/],
    [() => nn.alibiBias(2, -1), /L to be an integer of at least 0/],
    [() => nn.alibiBias(2, 1, 1.5), /S to be an integer/],
    [() => nn.alibiBias(0, 1), /heads to be an integer of at least 1/],
    [() => new nn.RMSNorm(0), /each size of normalizedShape to be an integer of at least 1/],
    [() => new nn.RMSNorm(4, { eps: -1 }), /eps to be a number from 0/],
    [() => norm.forward(given([2, 3])), /x to end in \[4\], got \[2, 3\]/],
    [() => norm.forward(given([4], "bool")), /x to be float32 or float64/],
    [() => new nn.SwiGLU(0.5, 4), /inFeatures to be an integer/],
  ];
  for (const [f, message] of wrong) expectRefusal(f, message);
  for (const module of [positions, learnt, rotary, norm]) module.free();
});
