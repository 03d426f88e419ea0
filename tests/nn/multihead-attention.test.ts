import { afterAll, describe, expect, test } from "vitest";
import {
  Generator,
  grad,
  gradcheck,
  manualSeed,
  nn,
  randn,
  scaledDotProductAttention,
  type Shape,
  sum,
  tensor,
  type Tensor,
  zeros,
} from "../../ts/index.ts";
import { defaultGenerator } from "../../ts/core/random.ts";
import { expectRefusal, given, level } from "../support/given.ts";
import { bits } from "../support/bits.ts";

const [N, L, S, E, H] = [2, 5, 7, 8, 2];
const generator = new Generator(3);
const attention = new nn.MultiheadAttention(E, H, { batchFirst: true, generator });
const precise = new nn.MultiheadAttention(E, H, { batchFirst: true, dtype: "float64", generator });
afterAll(() => [attention, precise].forEach((module) => module.free()));

const draw = (...shape: number[]): Tensor => randn(shape, { generator });
const bool = (values: boolean[] | boolean[][]): Tensor => tensor(values, { dtype: "bool" });
const far = (a: Tensor, b: Tensor): number =>
  Math.max(...a.data().map((x, i) => Math.abs(x - b.data()[i]!)));

describe("masks of MultiheadAttention", () => {
  test("true blocks, and is the opposite of scaledDotProductAttention's", () => {
    level(() => {
      const x = draw(N, S, E);
      const blocked = bool(
        Array.from({ length: S }, (_, i) => Array.from({ length: S }, (_, j) => j > i)),
      );
      const [, weights] = attention.forward(x, x, x, { attnMask: blocked });
      for (const [i, row] of (weights.toArray() as number[][][])[0]!.entries()) {
        row.forEach((w, j) => expect(w > 0, `query ${i}, key ${j}`).toBe(j <= i));
      }
      const q = draw(1, 1, S, E);
      const y = scaledDotProductAttention(q, q, q, { attnMask: blocked.logicalNot() });
      expect(bits(y)).toBe(bits(scaledDotProductAttention(q, q, q, { isCausal: true })));
    });
  });

  test("what padding holds changes nothing, bit by bit", () => {
    level(() => {
      const [q, k] = [draw(N, L, E), draw(N, S, E)];
      const keyPaddingMask = bool([
        [false, false, false, false, false, true, true],
        [false, false, false, true, true, true, true],
      ]);
      const other = k.detach().mul(1);
      const values = other.view();
      for (const [n, from] of [
        [0, 5],
        [1, 3],
      ] as const) {
        for (let i = (n * S + from) * E; i < (n + 1) * S * E; i++) values[i] = 1e3 * (i % 7);
      }
      for (const needWeights of [true, false] as const) {
        const [y] = attention.forward(q, k, k, { keyPaddingMask, needWeights });
        const [z] = attention.forward(q, other, other, { keyPaddingMask, needWeights });
        expect(bits(y)).toBe(bits(z));
      }
    });
  });

  test("padding is as good as no keys", () => {
    level(() => {
      const [q, k] = [draw(N, L, E), draw(N, S, E)];
      const keyPaddingMask = bool([0, 1].map(() => [false, false, false, false, true, true, true]));
      const [y, weights] = attention.forward(q, k, k, { keyPaddingMask });
      const short = k.slice(1, 0, 4);
      const [z, fewer] = attention.forward(q, short, short);
      expect(far(y, z)).toBeLessThan(1e-6);
      expect(far(weights.slice(2, 0, 4), fewer)).toBeLessThan(1e-6);
      expect(
        weights
          .slice(2, 4)
          .data()
          .every((w) => w === 0),
      ).toBe(true);
    });
  });

  test("a query that may see no key attends to nothing, forward and backward", () => {
    level(() => {
      const x = draw(N, L, E);
      x.requiresGrad = true;
      const keyPaddingMask = bool([
        [true, true, true, true, true],
        [false, false, false, false, false],
      ]);
      for (const needWeights of [true, false] as const) {
        const [y, weights] = attention.forward(x, x, x, { keyPaddingMask, needWeights });
        const bias = attention.out_proj.bias!.data();
        expect(
          y
            .slice(0, 0, 1)
            .data()
            .every((v, i) => v === bias[i % E]),
        ).toBe(true);
        if (weights)
          expect(
            weights
              .slice(0, 0, 1)
              .data()
              .every((w) => w === 0),
          ).toBe(true);
        const [dx] = grad(sum(y), [x]);
        expect(dx!.data().every(Number.isFinite)).toBe(true);
        expect(
          dx!
            .slice(0, 0, 1)
            .data()
            .every((v) => v === 0),
        ).toBe(true);
      }
    });
  });

  test("causal: later tokens change nothing before them, bit by bit", () => {
    level(() => {
      const x = draw(N, L, E);
      const attnMask = nn.generateSquareSubsequentMask(L);
      for (const options of [{}, { needWeights: false }, { isCausal: true, needWeights: false }]) {
        const [y] = attention.forward(x, x, x, { attnMask, ...options });
        for (let t = 1; t < L; t++) {
          const other = x.detach().mul(1);
          for (let n = 0; n < N; n++) other.view().fill(9, (n * L + t) * E, (n + 1) * L * E);
          const [z] = attention.forward(other, other, other, { attnMask, ...options });
          expect(bits(z.slice(1, 0, t))).toBe(bits(y.slice(1, 0, t)));
        }
      }
    });
  });

  test("the causal hint gives what the mask gives, in both alignments", () => {
    level(() => {
      const [q, k] = [draw(N, L, E), draw(N, S, E)];
      for (const causalAlignment of ["topLeft", "bottomRight"] as const) {
        const shift = causalAlignment === "topLeft" ? 0 : S - L;
        const attnMask = bool(
          Array.from({ length: L }, (_, i) => Array.from({ length: S }, (_, j) => j > i + shift)),
        );
        const [y, weights] = attention.forward(q, k, k, { attnMask });
        for (const needWeights of [true, false] as const) {
          const hint = { isCausal: true, causalAlignment, needWeights };
          const [z, same] = attention.forward(q, k, k, hint);
          expect(far(y, z)).toBeLessThan(1e-6);
          if (same) expect(far(same, weights)).toBeLessThan(1e-6);
          const keyPaddingMask = bool(
            [0, 1].map(() => Array.from({ length: S }, (_, j) => j === 2)),
          );
          const [padded] = attention.forward(q, k, k, { ...hint, keyPaddingMask });
          const [both] = attention.forward(q, k, k, { attnMask, keyPaddingMask });
          expect(far(padded, both)).toBeLessThan(1e-6);
        }
      }
    });
  });

  test("appended keys are seen whatever the mask and the hint", () => {
    const module = new nn.MultiheadAttention(E, H, {
      addBiasKv: true,
      addZeroAttn: true,
      generator,
    });
    level(() => {
      const x = draw(L, E);
      const attnMask = nn.generateSquareSubsequentMask(L);
      const [y, weights] = module.forward(x, x, x, { attnMask });
      expect(weights.shape).toEqual([L, L + 2]);
      expect(
        weights
          .slice(1, L)
          .data()
          .every((w) => w > 0),
      ).toBe(true);
      const [z] = module.forward(x, x, x, { attnMask, isCausal: true, needWeights: false });
      expect(far(y, z)).toBeLessThan(1e-6);
    });
    module.free();
  });
});

describe("MultiheadAttention", () => {
  test("gives the same output with and without weights, and their mean", () => {
    level(() => {
      const [q, k] = [draw(N, L, E), draw(N, S, E)];
      const attnMask = draw(N * H, L, S);
      const [y, each] = attention.forward(q, k, k, { attnMask, averageAttnWeights: false });
      const [z, none] = attention.forward(q, k, k, { attnMask, needWeights: false });
      const [, mean] = attention.forward(q, k, k, { attnMask });
      expect(none).toBeUndefined();
      expect(far(y, z)).toBeLessThan(1e-6);
      expect(each.shape).toEqual([N, H, L, S]);
      expect(far(each.mean(1), mean)).toBe(0);
      for (const total of sum(each, -1).data()) expect(total).toBeCloseTo(1, 6);
    });
  });

  test("does not know the order of its keys", () => {
    level(() => {
      const [q, k] = [draw(N, L, E), draw(N, S, E)];
      const order = tensor([3, 0, 6, 1, 5, 2, 4], { dtype: "int32" });
      const turned = k.indexSelect(1, order);
      const [y, weights] = attention.forward(q, k, k);
      const [z, other] = attention.forward(q, turned, turned);
      expect(far(y, z)).toBeLessThan(1e-6);
      expect(far(weights.indexSelect(2, order), other)).toBeLessThan(1e-6);
    });
  });

  test("takes one sequence without a batch", () => {
    level(() => {
      const [q, k] = [draw(L, E), draw(S, E)];
      const [y, weights] = attention.forward(q, k, k);
      const [z, other] = attention.forward(q.unsqueeze(0), k.unsqueeze(0), k.unsqueeze(0));
      expect(bits(y)).toBe(bits(z));
      expect(bits(weights)).toBe(bits(other));
      expect([y.shape, weights.shape]).toEqual([
        [L, E],
        [L, S],
      ]);
    });
  });

  test("works with no keys, no queries and no sequences", () => {
    level(() => {
      const [y, weights] = attention.forward(draw(N, L, E), zeros([N, 0, E]), zeros([N, 0, E]));
      expect(weights.shape).toEqual([N, L, 0]);
      expect(y.data().every(Number.isFinite)).toBe(true);
      const none = zeros([N, 0, E]);
      expect(attention.forward(none, draw(N, S, E), draw(N, S, E))[0].shape).toEqual([N, 0, E]);
      const empty = zeros([0, L, E]);
      expect(attention.forward(empty, empty, empty)[0].shape).toEqual([0, L, E]);
    });
  });

  test("in training returns the weights that were dropped, and the output that they make", () => {
    const module = new nn.MultiheadAttention(E, 1, { dropout: 0.5, generator: new Generator(1) });
    nn.init.eye(module.out_proj.weight);
    level(() => {
      const x = draw(40, E);
      const [y, weights] = module.forward(x, x, x);
      const dropped = weights.data().filter((w) => w === 0).length;
      expect(dropped).toBeGreaterThan(700); // half of 1600
      expect(dropped).toBeLessThan(900);
      const V = x.matmul(module.in_proj_weight!.slice(0, 2 * E), { transposeB: true });
      expect(far(weights.matmul(V), y)).toBeLessThan(1e-5);
      expect(bits(module.forward(x, x, x)[0])).not.toBe(bits(y));
      module.eval();
      const [sure, all] = module.forward(x, x, x);
      expect(all.data().every((w) => w > 0)).toBe(true);
      expect(bits(module.forward(x, x, x)[0])).toBe(bits(sure));
    });
    module.free();
  });

  test("has gradients that finite differences confirm", () => {
    level(() => {
      const options = { dtype: "float64", generator, requiresGrad: true } as const;
      const [q, k, v] = [
        randn([N, 3, E], options),
        randn([N, 4, E], options),
        randn([N, 4, E], options),
      ];
      const attnMask = randn([3, 4], options);
      const run = (q: Tensor, k: Tensor, v: Tensor, attnMask: Tensor): Tensor => {
        const [y, weights] = precise.forward(q, k, v, { attnMask });
        return sum(y).add(sum(weights.mul(weights)));
      };
      expect(gradcheck(run, [q, k, v, attnMask])).toBe(true);
      const alone = (x: Tensor): Tensor =>
        precise.forward(x, x, x, { isCausal: true, causalAlignment: "topLeft" })[0];
      expect(gradcheck(alone, [q])).toBe(true);
    });
  });

  test("starts as PyTorch's does", () => {
    const wide = new nn.MultiheadAttention(200, 4, { addBiasKv: true, generator });
    const apart = new nn.MultiheadAttention(200, 4, {
      kdim: 100,
      vdim: 50,
      bias: false,
      generator,
    });
    const spread = (t: Tensor | undefined): { most: number; σ: number } => {
      const values = [...t!.data()];
      const most = Math.max(...values.map(Math.abs));
      return { most, σ: Math.sqrt(values.reduce((s, v) => s + v * v, 0) / values.length) };
    };
    const expectUniform = (t: Tensor | undefined, bound: number): void => {
      const { most, σ } = spread(t);
      expect(most).toBeLessThanOrEqual(Math.fround(bound));
      expect(σ / (bound / Math.sqrt(3))).toBeCloseTo(1, 1);
    };
    expectUniform(wide.in_proj_weight, Math.sqrt(6 / 800));
    expectUniform(wide.out_proj.weight, 1 / Math.sqrt(200));
    expect(
      [...wide.in_proj_bias!.data(), ...wide.out_proj.bias!.data()].every((b) => b === 0),
    ).toBe(true);
    expect(spread(wide.bias_k).σ / Math.sqrt(2 / 400)).toBeCloseTo(1, 0);
    expectUniform(apart.q_proj_weight, Math.sqrt(6 / 400));
    expectUniform(apart.k_proj_weight, Math.sqrt(6 / 300));
    expectUniform(apart.v_proj_weight, Math.sqrt(6 / 250));
    expect([...apart.stateDict().keys()]).toEqual([
      "q_proj_weight",
      "k_proj_weight",
      "v_proj_weight",
      "out_proj.weight",
    ]);
    wide.free();
    apart.free();
  });
});

describe("MultiheadAttention refuses", () => {
  const make =
    (...args: unknown[]) =>
    () =>
      new (nn.MultiheadAttention as new (...args: unknown[]) => unknown)(...args);
  test.each([
    [make(0, 1), /embedDim to be an integer of at least 1, got 0/],
    [make(4, 0), /numHeads to be an integer of at least 1, got 0/],
    [make(4.5, 1), /embedDim to be an integer/],
    [make(5, 2), /embedDim to be a multiple of 2 heads, got 5/],
    [make(4, 2, { kdim: 0 }), /kdim to be an integer of at least 1, got 0/],
    [make(4, 2, { vdim: -1 }), /vdim to be an integer of at least 1, got -1/],
    [make(4, 2, { dropout: 1.5 }), /dropout to be a number from 0 to 1, got 1.5/],
    [make(4, 2, { dtype: "int32" }), /dtype "float32" or "float64", got int32/],
    [make(4, 2, { bias: 1 }), /bias to be true or false, got 1/],
    [make(4, 2, { batchFirst: "yes" }), /batchFirst to be true or false, got yes/],
  ])("options %#", (f, message) => expectRefusal(f, message));

  const call = (shapes: Shape[], options: object = {}): void => {
    const [q, k, v] = shapes.map((s) => given(s)) as [Tensor, Tensor, Tensor];
    attention.forward(q, k ?? q, v ?? k ?? q, options);
  };
  const mask = (shape: Shape, dtype: "bool" | "float32" | "float64" | "int32" = "bool") => ({
    get attnMask() {
      return given(shape, dtype);
    },
  });
  const padding = (shape: Shape) => ({
    get keyPaddingMask() {
      return given(shape, "bool");
    },
  });
  test.each<[() => void, RegExp]>([
    [() => call([[E]]), /query to have 3 dimensions, or 2 unbatched, got \[8\]/],
    [() => call([[1, N, L, E]]), /query to have 3 dimensions/],
    [
      () => call([[N, L, E + 1]]),
      /query to be \[2, 5, 8\], got \[2, 5, 9\]; with batchFirst: true the axes/,
    ],
    [
      () =>
        call([
          [N, L, E],
          [L, E],
        ]),
      /key to be \[/,
    ],
    [
      () =>
        call([
          [L, E],
          [N, L, E],
        ]),
      /key to be \[/,
    ],
    [
      () =>
        call([
          [N, L, E],
          [N + 1, S, E],
        ]),
      /key to be \[2, 7, 8\], got \[3, 7, 8\]/,
    ],
    [
      () =>
        call([
          [N, L, E],
          [N, S, E],
          [N, L, E],
        ]),
      /value to be \[2, 7, 8\], got \[2, 5, 8\]/,
    ],
    [
      () =>
        call([
          [N, L, E],
          [N, S, E + 2],
        ]),
      /key to be \[2, 7, 8\], got \[2, 7, 10\]/,
    ],
    [
      () => call([[N, L, E]], mask([L, L + 1])),
      /attnMask to be \[5, 5\] = \[L, S\] or \[4, 5, 5\] = \[N · H, L, S\], got \[5, 6\]/,
    ],
    [() => call([[N, L, E]], mask([N, L, L])), /attnMask to be .+ got \[2, 5, 5\]/],
    [() => call([[L, E]], mask([N * H, L, L])), /or \[2, 5, 5\] = \[H, L, S\], got \[4, 5, 5\]/],
    [
      () => call([[N, L, E]], mask([L, L], "int32")),
      /attnMask to be bool \(true blocks\) or float32, got int32/,
    ],
    [
      () => call([[N, L, E]], mask([L, L], "float64")),
      /float64 tensor \[5, 5\]; convert it with \.to\("float32"\)/,
    ],
    [() => call([[N, L, E]], padding([L])), /keyPaddingMask to be \[2, 5\] = \[N, S\], got \[5\]/],
    [() => call([[L, E]], padding([1, L])), /keyPaddingMask to be \[5\] = \[S\], got \[1, 5\]/],
    [
      () => call([[N, L, E]], { attnMask: [[true]] }),
      /expected attnMask to be a tensor, got object/,
    ],
    [
      () => call([[N, L, E]], { isCausal: true, causalAlignment: "left" }),
      /causalAlignment to be "topLeft" or "bottomRight", got left/,
    ],
    [
      () => call([[N, L, E]], { isCausal: true }),
      /isCausal says that attnMask is causal, and there is none/,
    ],
    [
      () => attention.forward(given([N, L, E], "float64"), given([N, L, E]), given([N, L, E])),
      /query to be float32, as the parameters are, got float64/,
    ],
    [
      () => attention.forward(given([N, L, E]), 3 as never, given([N, L, E])),
      /expected key to be a tensor, got number/,
    ],
    [
      () => attention.forward(given([N, L, E]), given([N, L, E]), given([N, L, E], "int32")),
      /value to be float32/,
    ],
    [() => nn.generateSquareSubsequentMask(-1), /size to be an integer of at least 0, got -1/],
    [
      () => nn.generateSquareSubsequentMask(2, { dtype: "bool" as never }),
      /dtype "float32" or "float64", got bool/,
    ],
  ])("calls %#, and changes nothing", (f, message) => {
    manualSeed(5);
    expectRefusal(f, message);
    expect(defaultGenerator.state()).toEqual({ seed: 5, counter: 0 });
  });
});
