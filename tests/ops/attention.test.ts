import { describe, expect, test } from "vitest";
import {
  attentionWeights,
  type AttentionOptions,
  concat,
  Generator,
  grad,
  gradcheck,
  gradgradcheck,
  indexSelect,
  manualSeed,
  matmul,
  memory,
  mul,
  ones,
  rand,
  randn,
  scaledDotProductAttention,
  scope,
  select,
  slice,
  softmax,
  sum,
  tensor,
  type Tensor,
  unsqueeze,
  zeros,
} from "../../ts/index.ts";
import { compositeAttention } from "../../ts/ops/attention-weights.ts";
import { level } from "../support/given.ts";
import { close, FLOAT64 } from "../support/tolerances.ts";

function expectClose(got: Tensor, want: Tensor, tolerance: number, what = "element"): void {
  expect(got.shape, what).toEqual(want.shape);
  const w = want.data();
  got.data().forEach((g, i) => {
    if (!close(g, w[i]!, tolerance)) expect.fail(`${what} ${i}: ${g}, not ${w[i]}`);
  });
}

const options = { dtype: "float64", requiresGrad: true } as const;

// the first test, for a peak is that of the whole run
test("memory grows with the length, not with its square", () => {
  const peaks = [1024, 2048, 4096].map((L) => {
    level(() => {
      const x = rand([L, 16], { requiresGrad: true });
      sum(scaledDotProductAttention(x, x, x, { isCausal: true })).backward();
    });
    return memory().peakBytes;
  });
  expect(peaks[1]! / peaks[0]!).toBeLessThan(2.1);
  expect(peaks[2]! / peaks[1]!).toBeLessThan(2.1);
  expect(peaks[2]).toBeLessThan((4096 * 4096 * 4) / 10); // the weights alone would be ten times as much
});

describe("the kernel agrees with attention by its weights", () => {
  const L = 37;
  const S = 150; // more than a block of keys
  const masks: Record<string, () => AttentionOptions> = {
    plain: () => ({}),
    causal: () => ({ isCausal: true }),
    "causal from the bottom right": () => ({ isCausal: true, causalAlignment: "bottomRight" }),
    "boolean mask": () => ({ attnMask: tensorOf(L, S, (i, j) => (i * j) % 3 > 0 && i !== 5) }),
    "mask of each head": () => ({ attnMask: randn([4, L, S], options) }),
    "mask of each key": () => ({ attnMask: randn([2, 1, 1, S], options) }),
    dropout: () => ({ dropoutP: 0.3, generator: new Generator(7) }),
    "dropout, causal": () => ({ dropoutP: 0.6, isCausal: true, generator: new Generator(2 ** 40) }),
    "everything dropped": () => ({ dropoutP: 1, generator: new Generator(7) }),
    groups: () => ({ enableGqa: true, scale: -0.2 }),
    "groups, dropout": () => ({ enableGqa: true, dropoutP: 0.5, generator: new Generator(1) }),
  };

  test.each(Object.keys(masks))("%s", (name) => {
    for (const rows of [L, 3, 1]) {
      level(() => {
        manualSeed(rows);
        const heads = name.startsWith("groups") ? 2 : 4;
        const q = slice(randn([2, 4, L, 20], options), 2, 0, rows).detach();
        q.requiresGrad = true;
        const [k, v] = [randn([2, heads, S, 20], options), randn([2, heads, S, 18], options)];
        const { attnMask } = masks[name]!();
        // each run gets a generator of its own
        const chosen = (): AttentionOptions => {
          const o = masks[name]!();
          const mask =
            attnMask && attnMask.shape.at(-2) === L ? slice(attnMask, -2, 0, rows) : attnMask;
          return { ...o, ...(mask && { attnMask: mask }) };
        };
        const inputs = [q, k, v, ...(attnMask?.requiresGrad ? [attnMask] : [])];
        const [got, want] = [scaledDotProductAttention, compositeAttention].map((f) => {
          const y = f(q, k, v, chosen());
          manualSeed(99);
          const cotangent = randn(y.shape, { dtype: "float64" });
          return [y, ...grad(sum(mul(y, cotangent)), inputs)];
        });
        want!.forEach((w, i) => expectClose(got![i]!, w, 100 * FLOAT64, `result ${i}, element`));
      });
    }
  });
});

const tensorOf = (L: number, S: number, f: (i: number, j: number) => boolean): Tensor =>
  tensor(
    Array.from({ length: L * S }, (_, x) => f(Math.floor(x / S), x % S)),
    [L, S],
    { dtype: "bool" },
  );

test("the numbers of the worked example", () => {
  level(() => {
    const [q, k, v] = [
      [1, 0, 0, 1, 1, 1],
      [1, 0, 0, 1, 1, -1],
      [1, 2, 3, 4, 5, 6],
    ].map((data) => tensor(data, [3, 2], { dtype: "float64" })) as [Tensor, Tensor, Tensor];
    const A = [
      [0.40111209, 0.19777581, 0.40111209],
      [0.28399541, 0.57597535, 0.14002925],
      [0.40111209, 0.40111209, 0.19777581],
    ].flat();
    const Y = [3, 4, 2.71206767, 3.71206767, 2.59332744, 3.59332744];
    const causal = [1, 2, 2.3395231, 3.3395231, 2.59332744, 3.59332744];
    const near = (got: Tensor, want: number[]): void =>
      got.data().forEach((g, i) => expect(g).toBeCloseTo(want[i]!, 7));
    near(attentionWeights(q, k), A);
    near(scaledDotProductAttention(q, k, v), Y);
    near(scaledDotProductAttention(q, k, v, { isCausal: true }), causal);
    const row = attentionWeights(q, k, { isCausal: true }).data().subarray(3, 6);
    [0.33023845, 0.66976155, 0].forEach((a, j) => expect(row[j]).toBeCloseTo(a, 7));
  });
});

test("one query after the other, as the lecture draws it, gives what all at once do", () => {
  level(() => {
    manualSeed(3);
    const [L, E] = [128, 64];
    const [Q, K, V] = [randn([L, E]), randn([L, E]), randn([L, E])];
    const rows = Array.from({ length: L }, (_, i) => {
      const q = select(Q, 0, i);
      const a = softmax(mul(matmul(K, q), 1 / Math.sqrt(E)), 0); // one query against all keys
      expect(sum(a).item()).toBeCloseTo(1, 6);
      return unsqueeze(matmul(a, V), 0); // the weighted sum of the values
    });
    expectClose(scaledDotProductAttention(Q, K, V), concat(rows), 2e-6);
    expectClose(matmul(attentionWeights(Q, K), V), concat(rows), 2e-6);
  });
});

test("permuting the tokens permutes the outputs", () => {
  level(() => {
    const order = tensor([4, 2, 0, 5, 1, 3], { dtype: "int32" });
    const x = randn([2, 6, 8], { dtype: "float64" });
    const turned = indexSelect(x, 1, order);
    const [y, z] = [x, turned].map((x) => scaledDotProductAttention(x, x, x)) as [Tensor, Tensor];
    expectClose(z, indexSelect(y, 1, order), FLOAT64);
  });
});

test("a query that sees nothing gets 0, and gives no gradient, with no NaN", () => {
  level(() => {
    const [q, k, v] = [randn([3, 4], options), randn([5, 4], options), randn([5, 2], options)];
    const attnMask = tensorOf(3, 5, (i) => i !== 1);
    const bias = zeros([3, 5], { dtype: "float64" });
    (bias.view() as Float64Array).fill(-Infinity, 5, 10);
    for (const mask of [attnMask, bias]) {
      const y = scaledDotProductAttention(q, k, v, { attnMask: mask });
      expect([...y.data().subarray(2, 4)]).toEqual([0, 0]);
      const gradients = grad(sum(mul(y, y)), [q, k, v]);
      for (const g of gradients) expect([...g.data()].every(Number.isFinite)).toBe(true);
      expect([...gradients[0]!.data().subarray(4, 8)]).toEqual([0, 0, 0, 0]);
    }
    const none = tensorOf(3, 5, () => false);
    const y = scaledDotProductAttention(q, k, v, { attnMask: none });
    for (const g of [y, ...grad(sum(y), [q, k, v])]) {
      expect([...g.data()].every((x) => x === 0)).toBe(true);
    }
  });
});

test("the gradient of an additive mask is checked beside those of q, k and v", () => {
  for (const shape of [
    [3, 4],
    [2, 1, 4],
    [1, 3, 1],
    [2, 3, 4],
  ]) {
    level(() => {
      const inputs = [[2, 3, 2], [2, 4, 2], [2, 4, 3], shape].map((s) => randn(s, options));
      gradcheck(
        (q, k, v, attnMask) => scaledDotProductAttention(q!, k!, v!, { attnMask: attnMask! }),
        inputs,
      );
    });
  }
});

test("a second derivative names the composite, which has one", () => {
  level(() => {
    const [q, k, v] = [randn([2, 3], options), randn([4, 3], options), randn([4, 2], options)];
    const y = sum(scaledDotProductAttention(q, k, v));
    expect(() => grad(y, [q], { createGraph: true })).toThrow(
      /scaledDotProductAttention is fused and cannot be differentiated twice; use matmul\(attentionWeights/,
    );
    gradgradcheck((q, k, v) => matmul(attentionWeights(q!, k!, { isCausal: true }), v!), [q, k, v]);
  });
});

describe("dropout", () => {
  const [L, S] = [64, 96];
  const weightsOf = (p: number, seed: number, isCausal = false): Float32Array =>
    scope(() => {
      const eye = zeros([S, S]);
      for (let j = 0; j < S; j++) eye.view()[j * S + j] = 1;
      const [q, k] = [zeros([L, 4]), zeros([S, 4])];
      const generator = new Generator(seed);
      return scaledDotProductAttention(q, k, eye, { dropoutP: p, generator, isCausal }).data();
    }) as Float32Array;

  test("drops its share of the weights and scales the others", () => {
    const weights = weightsOf(0.3, 1);
    const kept = weights.filter((w) => w !== 0);
    expect(Math.abs(kept.length / weights.length - 0.7)).toBeLessThan(0.02);
    for (const w of kept) expect(w).toBeCloseTo(1 / S / 0.7, 6);
  });

  test("is the same for a seed and other for another, and advances the generator", () => {
    expect(weightsOf(0.5, 1)).toEqual(weightsOf(0.5, 1));
    expect(weightsOf(0.5, 1)).not.toEqual(weightsOf(0.5, 2));
    const generator = new Generator(1);
    scope(() => {
      const x = ones([5, 3]);
      scaledDotProductAttention(x, x, x, { dropoutP: 0.5, generator });
      expect(generator.state().counter).toBe(Math.ceil(25 / 4));
      scaledDotProductAttention(x, x, x, { generator });
      expect(generator.state().counter).toBe(Math.ceil(25 / 4));
    });
  });

  test("drops the same keys whatever a mask hides", () => {
    const [all, seen] = [weightsOf(0.5, 4), weightsOf(0.5, 4, true)];
    for (let i = 0; i < L; i++) {
      for (let j = 0; j <= i; j++) expect(seen[i * S + j] === 0).toBe(all[i * S + j] === 0);
    }
  });
});
