import { describe, expect, test } from "vitest";
import { add, concat, cumsum, randn, tensor, type Tensor } from "../../ts/index.ts";
import { type Stretch, unroll, walk } from "../../ts/ops/unroll.ts";
import { level } from "../support/given.ts";

/** Running sums, for which every order and every row is easy to tell. */
const summing: Stretch = (xs, [sum]) => {
  const hs = add(cumsum(xs, 0), sum!);
  return { hs, final: [hs.select(0, xs.shape[0]! - 1)] };
};

describe("a packed sequence", () => {
  // Of lengths 9, 6, 6 and 2
  const batchSizes = [4, 4, 3, 3, 3, 3, 1, 1, 1];

  test("is computed once for each step that is there, in as few calls as there are lengths", () => {
    level(() => {
      const calls: string[] = [];
      const counted: Stretch = (xs, states, b) => {
        calls.push(`${xs.shape[0]} steps of ${b}`);
        return summing(xs, states, b);
      };
      const x = randn([23, 1]); // not the 36 of a padded one
      walk(x, [randn([4, 1])], counted, { batchSizes });
      expect(calls).toEqual(["2 steps of 4", "4 steps of 3", "3 steps of 1"]);
      calls.length = 0;
      walk(x, [randn([4, 1])], counted, { batchSizes, reverse: true });
      expect(calls).toEqual(["3 steps of 1", "4 steps of 3", "2 steps of 4"]);
    });
  });

  test("carries each row's state, from its own first step to its own last", () => {
    level(() => {
      const ones = tensor(new Array(23).fill(1), [23, 1]);
      const start = tensor([[10], [20], [30], [40]]);
      const { hs, final } = walk(ones, [start], summing, { batchSizes });
      expect(final[0]!.toArray()).toEqual([[19], [26], [36], [42]]);
      expect([...hs.data()].slice(0, 8)).toEqual([11, 21, 31, 41, 12, 22, 32, 42]);
      expect([...hs.data()].slice(-3)).toEqual([17, 18, 19]);
    });
  });

  test("begins each row at its own end in reverse", () => {
    level(() => {
      const step = (xt: Tensor, [sum]: readonly Tensor[]): Tensor[] => [add(xt, sum!)];
      const ones = tensor(new Array(23).fill(1), [23, 1]);
      const start = tensor([[10], [20], [30], [40]]);
      const { hs, final } = unroll(ones, [start], step, { batchSizes, reverse: true });
      expect(final[0]!.toArray()).toEqual([[19], [26], [36], [42]]);
      expect([...hs.data()].slice(0, 4)).toEqual([19, 26, 36, 42]);
      expect([...hs.data()].slice(-3)).toEqual([13, 12, 11]);
    });
  });
});

test("step by step is the same as by stretches, with any number of features", () => {
  level(() => {
    const x = randn([5, 2, 3, 2], { dtype: "float64" });
    const start = randn([2, 3, 2], { dtype: "float64" });
    const [a, b] = [walk(x, [start], summing), walk(x, [start], summing, {}, 2)];
    const c = unroll(x, [start], (xt, [sum]) => [add(xt, sum!)]);
    for (const { hs, final } of [b, c]) {
      expect(hs.shape).toEqual(x.shape);
      const got = concat([hs, final[0]!.reshape([1, 2, 3, 2])]).data();
      const want = concat([a.hs, a.final[0]!.reshape([1, 2, 3, 2])]).data();
      got.forEach((v, i) => expect(Math.abs(v - want[i]!)).toBeLessThan(1e-14));
    }
  });
});
