import { afterEach, beforeEach, describe, expect, test, vi } from "vitest";
import {
  add,
  backward,
  grad,
  gradcheck,
  gruCell,
  lstmCell,
  manualSeed,
  memory,
  nn,
  randn,
  rnnCell,
  scope,
  select,
  stack,
  sum,
  tensor,
  type Tensor,
  type Weights,
} from "../../ts/index.ts";

const KINDS = ["rnn", "lstm", "gru"] as const;
const MODULES = { rnn: nn.RNN, lstm: nn.LSTM, gru: nn.GRU } as const;

let before: number;
beforeEach(() => {
  before = memory().tensors;
  manualSeed(3);
});
afterEach(() => expect(memory().tensors).toBe(before));

const forward = (module: nn.RNN | nn.LSTM | nn.GRU, x: Tensor): Tensor => module.forward(x)[0];
const weights = (module: nn.Recurrent): Weights => ({
  w_ih: module.weight_ih_l0!,
  w_hh: module.weight_hh_l0!,
  b_ih: module.bias_ih_l0,
  b_hh: module.bias_hh_l0,
});

/** The same layer by the composite cell, step by step. */
function unrolled(kind: (typeof KINDS)[number], module: nn.Recurrent, x: Tensor): Tensor {
  const [T, B] = x.shape as [number, number];
  let h = tensor(new Float64Array(B * module.hiddenSize), [B, module.hiddenSize]);
  let c = h;
  const hs: Tensor[] = [];
  for (let t = 0; t < T; t++) {
    const xt = select(x, 0, t);
    if (kind === "lstm") [h, c] = lstmCell(xt, [h, c], weights(module));
    else h = kind === "gru" ? gruCell(xt, h, weights(module)) : rnnCell(xt, h, weights(module));
    hs.push(h);
  }
  return stack(hs);
}

describe.each(KINDS)("%s", (kind) => {
  const Module = MODULES[kind];

  test.each([1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33])(
    "the fused sequence agrees with the composite cell at hidden size %i, gradients included",
    (H) => {
      const module = new Module(3, H, { dtype: "float64" });
      scope(() => {
        const x = randn([4, 2, 3], { dtype: "float64", requiresGrad: true });
        const inputs = [x, ...module.parameters()];
        const [fused, plain] = [forward(module, x), unrolled(kind, module, x)];
        const w = randn(fused.shape, { dtype: "float64" });
        const [dFused, dPlain] = [fused, plain].map((y) => grad(sum(y.mul(w)), inputs));
        for (const [got, want] of [[fused, plain], ...dFused!.map((g, i) => [g, dPlain![i]!])]) {
          const [g, v] = [got!.data(), want!.data()];
          for (let i = 0; i < v.length; i++)
            expect(Math.abs(g[i]! - v[i]!)).toBeLessThan(1e-12 * Math.max(1, Math.abs(v[i]!)));
        }
      });
      module.free();
    },
  );

  test("gradients agree with finite differences", () => {
    const module = new Module(2, 3, { numLayers: 2, bidirectional: true, dtype: "float64" });
    scope(() => {
      const x = randn([3, 2, 2], { dtype: "float64", requiresGrad: true });
      expect(gradcheck((x) => forward(module, x!), [x])).toBe(true);
    });
    module.free();
  });

  test("float32 agrees with float64", () => {
    const double = new Module(5, 7, { numLayers: 2, dtype: "float64" });
    const single = new Module(5, 7, { numLayers: 2 });
    scope(() => {
      single.loadStateDict(new Map([...double.stateDict()].map(([k, v]) => [k, v.to("float32")])));
      const x = randn([6, 3, 5], { dtype: "float64" });
      const [a, b] = [forward(double, x).data(), forward(single, x.to("float32")).data()];
      for (let i = 0; i < a.length; i++) expect(Math.abs(a[i]! - b[i]!)).toBeLessThan(1e-6);
    });
    double.free();
    single.free();
  });

  test("an unbatched sequence is a batch of one", () => {
    const module = new Module(2, 3);
    scope(() => {
      const x = randn([5, 2]);
      expect(forward(module, x).data()).toEqual(forward(module, x.reshape([5, 1, 2])).data());
      expect(module.forward(x)[0].shape).toEqual([5, 3]);
    });
    module.free();
  });

  test("a sequence in two halves, with the state carried, is the whole sequence", () => {
    const module = new Module(2, 5, 2);
    scope(() => {
      const x = randn([6, 3, 2]);
      const whole = forward(module, x);
      const [first, state] = module.forward(x.slice(0, 0, 3)) as [Tensor, never];
      const [second] = module.forward(x.slice(0, 3, 6), state);
      expect([...first.data(), ...second.data()]).toEqual([...whole.data()]);
    });
    module.free();
  });

  test("dropout acts between layers, in training only", () => {
    const module = new Module(2, 16, { numLayers: 2, dropout: 0.5 });
    scope(() => {
      const x = randn([3, 2, 2]);
      expect(forward(module, x).data()).not.toEqual(forward(module, x).data());
      module.eval();
      expect(forward(module, x).data()).toEqual(forward(module, x).data());
    });
    module.free();
  });

  test("wrong input is refused in words", () => {
    const module = new Module(3, 4, { batchFirst: true });
    const name = Module.name;
    scope(() => {
      expect(() => forward(module, randn([1, 1, 2]))).toThrow(
        `${name}: expected input [B, T, 3] or [T, 3] (inputSize = 3), got [1, 1, 2]. Without batchFirst the axes are [T, B, D]`,
      );
      expect(() => forward(module, randn([1, 1, 1, 3]))).toThrow(RangeError);
      expect(() => forward(module, randn([1, 1, 3], { dtype: "float64" }))).toThrow(TypeError);
      expect(() => forward(module, randn([2, 0, 3]))).toThrow(/at least one step/);
      const state = randn([2, 1, 4]);
      expect(() =>
        module.forward(randn([1, 2, 3]), (kind === "lstm" ? [state, state] : state) as never),
      ).toThrow(/expected h0 to be \[1, 1, 4\]|expected h0 to be/);
      expect(() => forward(module, [1, 2, 3] as never)).toThrow(TypeError);
    });
    module.free();
    for (const wrong of [{ numLayers: 0 }, { dropout: 2 }, { numLayers: 1.5 }]) {
      expect(() => new Module(3, 4, wrong)).toThrow(RangeError);
    }
    expect(() => new Module(0, 4)).toThrow(/inputSize/);
  });

  test("a second derivative through the fused kernel names the composite", () => {
    const module = new Module(2, 3);
    scope(() => {
      const y = sum(forward(module, randn([2, 1, 2])));
      expect(() => grad(y, module.parameters(), { createGraph: true })).toThrow(
        new RegExp(`${kind}Cell`),
      );
    });
    module.free();
  });
});

test("the third argument may be the number of layers", () => {
  const lstm = new nn.LSTM(2, 3, 2);
  expect(lstm.numLayers).toBe(2);
  lstm.free();
});

test("dropout with one layer warns that it does nothing", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  new nn.GRU(2, 3, { dropout: 0.5 }).free();
  expect(warn).toHaveBeenCalledOnce();
  warn.mockRestore();
});

test("gradients of the final states reach the initial ones", () => {
  const lstm = new nn.LSTM(2, 3);
  scope(() => {
    const [h0, c0] = [
      randn([1, 2, 3], { requiresGrad: true }),
      randn([1, 2, 3], { requiresGrad: true }),
    ];
    const [, [hn, cn]] = lstm.forward(randn([4, 2, 2]), [h0, c0]);
    backward(add(sum(hn), sum(cn)));
    expect(h0.grad!.data().some((g) => g !== 0)).toBe(true);
    expect(c0.grad!.data().some((g) => g !== 0)).toBe(true);
  });
  lstm.free();
});
