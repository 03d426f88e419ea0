/** @file Kinks, ties and what is not finite: PyTorch's conventions. */

import { describe, expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { level } from "../support/given.ts";

const leaf = (...values: number[]): u.Tensor =>
  u.tensor(values, { dtype: "float64", requiresGrad: true });

/** Values of f at xs and, for each input, of the gradient of their sum. */
function at(f: (...xs: u.Tensor[]) => u.Tensor, ...xs: number[][]): number[][] {
  return level(() => {
    const inputs = xs.map((x) => leaf(...x));
    const y = f(...inputs);
    const dxs = u.grad(u.sum(y), inputs);
    return [y, ...dxs].map((t) => [...t.data()]);
  });
}

describe("slopes at kinks", () => {
  const rows: [
    name: string,
    f: (x: u.Tensor) => u.Tensor,
    x: number[],
    y: number[],
    dx: number[],
  ][] = [
    ["abs", u.abs, [-1, -0, 0, 1], [1, 0, 0, 1], [-1, 0, 0, 1]],
    ["relu", u.relu, [-1, -0, 0, 1], [0, 0, 0, 1], [0, 0, 0, 1]],
    ["sqrt", u.sqrt, [0, 4], [0, 2], [Infinity, 0.25]],
    ["log", u.log, [0, 1], [-Infinity, 0], [Infinity, 1]],
    ["sign", u.sign, [-2, 0, 3], [-1, 0, 1], [0, 0, 0]],
    ["clip", (x) => u.clip(x, -1, 1), [-2, -1, 0, 1, 2], [-1, -1, 0, 1, 1], [0, 0, 1, 0, 0]],
    ["clip between turned bounds", (x) => u.clip(x, 1, -1), [-2, 0, 2], [-1, -1, -1], [0, 0, 0]],
    ["pow 0", (x) => u.pow(x, 0), [-2, 0, 3], [1, 1, 1], [0, 0, 0]],
    ["pow 1", (x) => u.pow(x, 1), [-2, 0, 3], [-2, 0, 3], [1, 1, 1]],
    ["pow 2", (x) => u.pow(x, 2), [-2, 0], [4, 0], [-4, 0]],
    ["pow ½", (x) => u.pow(x, 0.5), [0, 4], [0, 2], [Infinity, 0.25]],
    ["pow −1", (x) => u.pow(x, -1), [2, -2], [0.5, -0.5], [-0.25, -0.25]],
    ["0 to the x", (x) => u.pow(0, x), [0, 1, 2], [1, 0, 0], [0, 0, 0]],
    ["softplus at its threshold", (x) => u.softplus(x, { threshold: 1 }), [30], [30], [1]],
  ];
  test.each(rows)("%s", (_, f, x, y, dx) => {
    const [value, slope] = at(f, x) as [number[], number[]];
    expect(value.map((v) => v + 0)).toEqual(y); // −0 and 0 are one here
    expect(slope.map((v) => v + 0)).toEqual(dx);
  });

  test("pow of two tensors", () => {
    expect(at(u.pow, [0, 0, 2, 2], [0, 2, 0, 3])).toEqual([
      [1, 0, 1, 8],
      [0, 0, 0, 12],
      [0, 0, Math.LN2, 8 * Math.LN2],
    ]);
  });
});

describe("ties", () => {
  test("maximum and minimum give each half", () => {
    expect(at(u.maximum, [1, 2, 3], [2, 2, 2])).toEqual([
      [2, 2, 3],
      [0, 0.5, 1],
      [1, 0.5, 0],
    ]);
    expect(at(u.minimum, [1, 2, 3], [2, 2, 2])).toEqual([
      [1, 2, 2],
      [1, 0.5, 0],
      [0, 0.5, 1],
    ]);
  });

  test("max and min over axes share evenly", () => {
    expect(at((x) => u.max(x), [3, 1, 3, 3])).toEqual([[3], [1 / 3, 0, 1 / 3, 1 / 3]]);
    expect(at((x) => u.min(x), [3, 1, 1, 3])).toEqual([[1], [0, 0.5, 0.5, 0]]);
  });

  test("argmax and argmin take the first", () => {
    level(() => {
      expect(u.argmax(u.tensor([1, 3, 3])).item()).toBe(1);
      expect(u.argmin(u.tensor([3, 1, 1])).item()).toBe(1);
    });
  });
});

describe("NaN and infinities", () => {
  const many = (f: (x: u.Tensor) => u.Tensor, value: number, n = 9): number[] =>
    level(() => [...f(u.full([n], value)).data()]);

  test.each(
    Object.entries({
      neg: u.neg,
      abs: u.abs,
      sqrt: u.sqrt,
      exp: u.exp,
      log: u.log,
      sin: u.sin,
      cos: u.cos,
      tanh: u.tanh,
      sigmoid: u.sigmoid,
      erf: u.erf,
      relu: u.relu,
      silu: u.silu,
      gelu: (x: u.Tensor) => u.gelu(x),
      softplus: (x: u.Tensor) => u.softplus(x),
      clip: (x: u.Tensor) => u.clip(x, -1, 1),
      maximum: (x: u.Tensor) => u.maximum(x, 1),
      "minimum, on the right": (x: u.Tensor) => u.minimum(1, x),
      sum: (x: u.Tensor) => u.sum(x),
      max: (x: u.Tensor) => u.max(x),
      min: (x: u.Tensor) => u.min(x),
      mean: (x: u.Tensor) => u.mean(x),
      logsumexp: (x: u.Tensor) => u.logsumexp(x),
      cumsum: (x: u.Tensor) => u.cumsum(x, 0),
    }),
  )("%s of NaN is NaN", (_, f) => {
    expect(many(f, NaN).every(Number.isNaN)).toBe(true);
  });

  test("one NaN anywhere is found by max, min and argmax", () => {
    level(() => {
      for (let n = 1; n < 40; n++) {
        for (let place = 0; place < n; place += 5) {
          const x = u.tensor(Array.from({ length: n }, (_, i) => (i === place ? NaN : i)));
          expect(u.max(x).item()).toBeNaN();
          expect(u.min(x).item()).toBeNaN();
          expect([u.argmax(x).item(), u.argmin(x).item()]).toEqual([place, place]);
        }
      }
    });
  });

  test("limits", () => {
    const inf = Infinity;
    expect(many(u.exp, inf, 1)).toEqual([inf]);
    expect(many(u.exp, -inf, 1)).toEqual([0]);
    expect([...many(u.tanh, inf, 1), ...many(u.tanh, -inf, 1)]).toEqual([1, -1]);
    expect([...many(u.sigmoid, inf, 1), ...many(u.sigmoid, -inf, 1)]).toEqual([1, 0]);
    expect([...many(u.erf, inf, 1), ...many(u.erf, -inf, 1)]).toEqual([1, -1]);
    expect(many((x) => u.softplus(x), inf, 1)).toEqual([inf]);
    expect(many((x) => u.softplus(x), -inf, 1)).toEqual([0]);
    expect(many(u.log, -1, 1)).toEqual([NaN]);
    expect(many((x) => u.div(x, 0), 1, 1)).toEqual([inf]);
    expect(many((x) => u.div(x, 0), 0, 1)).toEqual([NaN]);
  });

  test("logsumexp neither overflows nor underflows", () => {
    level(() => {
      const lse = (...x: number[]): number => u.logsumexp(u.tensor(x, { dtype: "float64" })).item();
      expect(lse(1e4, 1e4)).toBeCloseTo(1e4 + Math.LN2, 9);
      expect(lse(-1e4, -1e4)).toBeCloseTo(-1e4 + Math.LN2, 9);
      expect(lse(-Infinity, 0)).toBe(0);
      expect(lse(-Infinity, -Infinity)).toBe(-Infinity);
      expect(lse(Infinity, 0)).toBe(Infinity);
      expect(u.logsumexp(u.zeros([0])).item()).toBe(-Infinity);
    });
  });

  test("comparisons with NaN are false, but for ne", () => {
    level(() => {
      const [x, y] = [u.tensor([NaN, 1]), u.tensor([NaN, 1])];
      expect(u.eq(x, y).toArray()).toEqual([false, true]);
      expect(u.ne(x, y).toArray()).toEqual([true, false]);
      for (const f of [u.lt, u.gt]) expect(f(x, y).toArray()).toEqual([false, false]);
      for (const f of [u.le, u.ge]) expect(f(x, y).toArray()).toEqual([false, true]);
    });
  });

  test("a choice does not look at what it does not take", () => {
    const [, dx] = at((x) => u.where(u.gt(x, 0), u.mul(x, 2), 0), [NaN, 1]);
    expect(dx).toEqual([0, 2]);
  });
});

describe("nothing at all", () => {
  test("sums are 0, means NaN, and there is no largest", () => {
    level(() => {
      const nothing = u.zeros([0]);
      expect(u.sum(nothing).item()).toBe(0);
      expect(u.mean(nothing).item()).toBeNaN();
      expect(u.variance(u.ones([1])).item()).toBeNaN();
      expect(() => u.max(nothing)).toThrow(RangeError);
      expect(u.sum(u.zeros([0, 3]), 0).toArray()).toEqual([0, 0, 0]);
      expect(u.matmul(u.zeros([2, 0]), u.zeros([0, 2])).toArray()).toEqual([
        [0, 0],
        [0, 0],
      ]);
    });
  });
});

describe("rounding", () => {
  test("a float32 sum of 20,000 tenths, and of a million numbers, is right to the last digits", () => {
    level(() => {
      const tenth = Math.fround(0.1);
      for (const x of [u.full([20_000], 0.1), u.full([20_000, 3], 0.1), u.full([3, 20_000], 0.1)]) {
        const sums = u.sum(x, x.shape.indexOf(20_000)).data();
        for (const s of sums)
          expect(Math.abs(s - 20_000 * tenth) / (20_000 * tenth)).toBeLessThan(3e-7);
      }
      const n = 2 ** 20;
      expect(Math.abs(u.sum(u.full([n], 0.1)).item() - n * tenth) / (n * tenth)).toBeLessThan(3e-7);
    });
  });

  test("a variance far from zero keeps its digits", () => {
    level(() => {
      const x = u.tensor(Array.from({ length: 1000 }, (_, i) => 1000 + (i % 2)));
      expect(u.variance(x, undefined, { correction: 0 }).item()).toBeCloseTo(0.25, 6);
    });
  });
});
