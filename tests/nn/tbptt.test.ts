import { describe, expect, test } from "vitest";
import { backward, grad, memory, mul, nn, randn, scope, sum, type Tensor } from "../../ts/index.ts";
import { seedAndLevelEach } from "../support/given.ts";

const { tbptt } = nn;
const T = 7;
const options = { dtype: "float64" } as const;

seedAndLevelEach(5);

/** An LSTM's state is another than a GRU's: here it only goes round. */
const stateful = (net: nn.LSTM | nn.GRU): nn.Stateful<unknown> =>
  net as unknown as nn.Stateful<unknown>;

/** Σ over chunks of d (Σ w ⊙ output) / d parameters. */
function gradients(
  net: nn.LSTM | nn.GRU,
  xs: Tensor,
  w: Tensor,
  every: number,
  back?: number,
): Float64Array[] {
  net.zeroGrad();
  scope(() => {
    tbptt(
      stateful(net),
      xs,
      ({ output, from, to }) => backward(sum(mul(output, w.slice(0, from, to)))),
      { every, ...(back && { back }) },
    );
  });
  const all = net.parameters().map((p) => p.grad!.data() as Float64Array);
  net.zeroGrad();
  return all;
}

function expectClose(got: ArrayLike<number>[], want: ArrayLike<number>[]): void {
  expect(got.length).toBe(want.length);
  got.forEach((g, p) => {
    for (let i = 0; i < g.length; i++) {
      expect(Math.abs(g[i]! - want[p]![i]!)).toBeLessThan(1e-11);
    }
  });
}

describe.each(["LSTM", "GRU"] as const)("%s", (kind) => {
  test("going back to the start is the exact gradient, however often", () => {
    const net = new nn[kind](2, 3, { numLayers: 2, ...options });
    scope(() => {
      const [xs, w] = [randn([T, 2, 2], options), randn([T, 2, 3], options)];
      const exact = grad(sum(mul(net.forward(xs)[0], w)), net.parameters()).map((g) => g.data());
      for (const every of [1, 2, 3, 7, 100]) expectClose(gradients(net, xs, w, every, 100), exact);
      const cut = gradients(net, xs, w, 2);
      expect(cut.some((g, p) => g.some((x, i) => Math.abs(x - exact[p]![i]!) > 1e-3))).toBe(true);
    });
    net.free();
  });

  test.each([
    [1, 1],
    [2, 2],
    [2, 3],
    [3, 5],
    [4, 4],
    [3, 6],
  ])("every %i steps, back %i, is the sum of such windows", (every, back) => {
    const net = new nn[kind](2, 3, options);
    scope(() => {
      const [xs, w] = [randn([T, 2, 2], options), randn([T, 2, 3], options)];
      const want = net.parameters().map((p) => new Float64Array(p.size));
      for (let from = 0; from < T; from += every) {
        const to = Math.min(from + every, T);
        const start = Math.max(0, to - back);
        const state =
          start === 0 ? undefined : scope(() => net.forward(xs.slice(0, 0, start))[1] as never);
        const [hs] = net.forward(xs.slice(0, start, to), state);
        const y = sum(mul(hs.slice(0, from - start, to - start), w.slice(0, from, to)));
        const parts = grad(y, net.parameters()).map((g) => g.data());
        want.forEach((sum, p) => sum.forEach((_, i) => (sum[i]! += parts[p]![i]!)));
      }
      expectClose(gradients(net, xs, w, every, back), want);
    });
    net.free();
  });

  test("the state goes on, into the next call too", () => {
    const net = new nn[kind](2, 3, { batchFirst: true, ...options });
    scope(() => {
      const xs = randn([2, 10, 2], options);
      const [whole, last] = net.forward(xs);
      const pieces: number[][] = [];
      const run = (part: Tensor, state?: unknown): unknown =>
        tbptt(
          stateful(net),
          part,
          ({ output, from, to }) => {
            expect(output.shape).toEqual([2, to - from, 3]);
            const steps = output.transpose(0, 1).toArray() as number[][];
            pieces.push(...steps);
          },
          { every: 3, back: 4, state },
        );
      const end = run(xs.slice(1, 4), run(xs.slice(1, 0, 4)));
      expect(pieces).toEqual(whole.transpose(0, 1).toArray());
      const states = (s: unknown): number[] =>
        [s as Tensor | Tensor[]].flat().flatMap((t) => [...t.data()]);
      expect(states(end)).toEqual(states(last));
      expect([end as Tensor | Tensor[]].flat().every((t) => t.isLeaf && !t.requiresGrad)).toBe(
        true,
      );
    });
    net.free();
  });
});

test("memory stays level over many chunks, and a given state is not freed or followed", () => {
  const net = new nn.RNN(1, 2);
  scope(() => {
    const xs = randn([500, 1, 1]);
    const h0 = randn([1, 1, 2], { requiresGrad: true });
    let most = 0;
    const live: number[] = [];
    const hn = tbptt(
      net,
      xs,
      ({ output }) => {
        backward(sum(output));
        live.push(memory().bytes);
        most = Math.max(most, memory().bytes);
      },
      { every: 5, back: 10, state: h0 },
    );
    expect(most).toBe(live[5]!);
    expect(h0.isFreed).toBe(false);
    expect(h0.grad).toBeUndefined();
    expect(hn.shape).toEqual([1, 1, 2]);
  });
  net.free();
});

test("wrong uses are refused", () => {
  const net = new nn.RNN(1, 2);
  scope(() => {
    const xs = randn([4, 1]);
    const nothing = (): void => {};
    expect(() => tbptt(net, xs, nothing, { every: 0 })).toThrow(
      /every to be an integer of at least 1/,
    );
    expect(() => tbptt(net, xs, nothing, { every: 3, back: 2 })).toThrow(
      /back .* at least 3, got 2/,
    );
    expect(() => tbptt(net, randn([0, 1]), nothing, { every: 3 })).toThrow(/at least one step/);
    expect(() => tbptt(net, [1] as never, nothing, { every: 3 })).toThrow(TypeError);
  });
  net.free();
});
