import { describe, expect, test, vi } from "vitest";
import {
  add,
  backward,
  grad,
  gradcheck,
  gruCell,
  lstmCell,
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
import { seedAndLevelEach } from "../support/given.ts";

const KINDS = ["rnn", "lstm", "gru"] as const;
const MODULES = { rnn: nn.RNN, lstm: nn.LSTM, gru: nn.GRU } as const;

seedAndLevelEach(3);

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

  test("a batch of none has outputs and states of none, and no gradient", () => {
    const module = new Module(3, 4, { numLayers: 2, bidirectional: true });
    scope(() => {
      const x = randn([5, 0, 3], { requiresGrad: true });
      const [output, state] = module.forward(x) as [Tensor, Tensor | Tensor[]];
      expect(output.shape).toEqual([5, 0, 8]);
      for (const s of [state].flat()) expect(s.shape).toEqual([4, 0, 4]);
      const [dx, ...dWeights] = grad(sum(output), [x, ...module.parameters()]);
      expect(dx!.shape).toEqual(x.shape);
      for (const g of dWeights) expect(g.data().every((v) => v === 0)).toBe(true);
    });
    module.free();
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
      ).toThrow(
        `${name}: expected h0 to be [1, 1, 4] = [numLayers · directions, B, hiddenSize], got [2, 1, 4]`,
      );
      const batched = randn([1, 1, 4]);
      expect(() =>
        module.forward(randn([2, 3]), (kind === "lstm" ? [batched, batched] : batched) as never),
      ).toThrow(`h0 to be [1, 4] = [numLayers · directions, hiddenSize], got [1, 1, 4]`);
      const double = randn([1, 1, 4], { dtype: "float64" });
      expect(() =>
        module.forward(randn([1, 2, 3]), (kind === "lstm" ? [double, double] : double) as never),
      ).toThrow(/expected h0 to be float32, got float64/);
      expect(() => forward(module, [1, 2, 3] as never)).toThrow(TypeError);
    });
    module.free();
  });

  test("impossible sizes and options are refused in words", () => {
    const make = (options: object): unknown => new Module(3, 4, options);
    expect(() => new Module(0, 4)).toThrow(/expected inputSize to be an integer of at least 1/);
    expect(() => new Module(3, 0)).toThrow(/expected hiddenSize to be an integer of at least 1/);
    expect(() => new Module(3, 1.5)).toThrow(/expected hiddenSize/);
    expect(() => new Module(3, 4, 0)).toThrow(/expected numLayers/);
    for (const numLayers of [0, 1.5, "2"]) expect(() => make({ numLayers })).toThrow(/numLayers/);
    for (const p of [2, -0.1, NaN, true, "0.5"]) {
      expect(() => make({ dropout: p })).toThrow(/dropout to be a number from 0 to 1/);
      expect(() => make({ recurrentDropout: p })).toThrow(/recurrentDropout to be a number/);
    }
    for (const flag of ["bias", "batchFirst", "bidirectional", "variational"]) {
      expect(() => make({ [flag]: 1 })).toThrow(`expected ${flag} to be true or false, got 1`);
    }
    expect(() => make({ dtype: "int32" })).toThrow(/dtype to be "float32" or "float64", got int32/);
    expect(() => make({ num_layers: 2 })).toThrow(/expected options among .+, got num_layers/);
    if (kind !== "rnn") expect(() => make({ nonlinearity: "relu" })).toThrow(/got nonlinearity/);
    if (kind === "lstm") return;
    expect(() => make({ projSize: 2 })).toThrow(`${Module.name}: projSize is only there for LSTM`);
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

test("the number of layers may be the third argument, or be called nLayers", () => {
  for (const options of [2, { nLayers: 2 }, { numLayers: 2, nLayers: 2 }]) {
    const lstm = new nn.LSTM(2, 3, options);
    expect(lstm.numLayers).toBe(2);
    lstm.free();
  }
  expect(() => new nn.LSTM(2, 3, { nLayers: 0 })).toThrow(/numLayers to be an integer of at least/);
  expect(() => new nn.LSTM(2, 3, { numLayers: 2, nLayers: 3 })).toThrow(
    "LSTM: expected nLayers to be numLayers = 2, if both are given, got 3",
  );
});

test("an LSTM's projection is smaller than its hidden size", () => {
  for (const projSize of [-1, 1.5]) {
    expect(() => new nn.LSTM(3, 4, { projSize })).toThrow(
      /projSize to be an integer of at least 0/,
    );
  }
  expect(() => new nn.LSTM(3, 4, { projSize: 4 })).toThrow(
    "LSTM: expected projSize to be below hiddenSize = 4, got 4",
  );
  const lstm = new nn.LSTM(3, 4, { projSize: 2 });
  scope(() => {
    const x = randn([2, 1, 3]);
    const [h, c] = [randn([1, 1, 2]), randn([1, 1, 4])];
    expect(lstm.forward(x, [h, c])[1].map((s) => s.shape)).toEqual([h.shape, c.shape]);
    expect(() => lstm.forward(x, [c, c])).toThrow(
      "expected h0 to be [1, 1, 2] = [numLayers · directions, B, projSize], got [1, 1, 4]",
    );
    expect(() => lstm.forward(x, [h, h])).toThrow(/expected c0 to be \[1, 1, 4\]/);
  });
  lstm.free();
});

test("an LSTM's state is a pair", () => {
  const [lstm, cell] = [new nn.LSTM(2, 3), new nn.LSTMCell(2, 3)];
  scope(() => {
    const h = randn([1, 1, 3]);
    expect(() => lstm.forward(randn([2, 1, 2]), h as never)).toThrow(
      "LSTM: expected the state to be [h0, c0], two tensors",
    );
    expect(() => cell.forward(randn([2]), [h] as never)).toThrow(/LSTMCell: expected the state/);
  });
  [lstm, cell].forEach((m) => m.free());
});

test("parameters have PyTorch's names, order and shapes", () => {
  const lstm = new nn.LSTM(3, 4, { numLayers: 2, bidirectional: true, projSize: 2 });
  const layer = (suffix: string, D: number): [string, number[]][] => [
    [`weight_ih_${suffix}`, [16, D]],
    [`weight_hh_${suffix}`, [16, 2]],
    [`bias_ih_${suffix}`, [16]],
    [`bias_hh_${suffix}`, [16]],
    [`weight_hr_${suffix}`, [2, 4]],
  ];
  expect([...lstm.stateDict()].map(([name, t]) => [name, [...t.shape]])).toEqual([
    ...layer("l0", 3),
    ...layer("l0_reverse", 3),
    ...layer("l1", 4),
    ...layer("l1_reverse", 4),
  ]);
  for (const p of lstm.parameters()) {
    expect(p.data().every((v) => Math.abs(v) <= 0.5)).toBe(true); // 1/√4
    expect(p.data().some((v) => Math.abs(v) > 0.05)).toBe(true);
  }
  lstm.free();
});

test.each([
  ["LSTM", () => new nn.LSTM(10, 20, 2), 5920],
  ["bidirectional LSTM", () => new nn.LSTM(10, 20, { numLayers: 2, bidirectional: true }), 15040],
  ["projected LSTM", () => new nn.LSTM(10, 20, { numLayers: 2, projSize: 5 }), 2520],
  ["GRU", () => new nn.GRU(10, 20, 2), 4440],
  ["RNN", () => new nn.RNN(10, 20, 2), 1480],
])("a %s has as many parameters as PyTorch's", (_, make, count) => {
  const net = make();
  expect(net.parameters().reduce((n, p) => n + p.size, 0)).toBe(count);
  net.free();
});

describe.each(["RNNCell", "LSTMCell", "GRUCell"] as const)("%s", (kind) => {
  const Cell = nn[kind];

  test("step by step is the net of its kind", () => {
    const cell = new Cell(3, 5, { dtype: "float64" });
    const net = new nn[kind.slice(0, -4) as "RNN"](3, 5, { dtype: "float64" });
    scope(() => {
      const own = [...cell.stateDict()].map(([name, t]) => [`${name}_l0`, t] as const);
      net.loadStateDict(new Map(own));
      const x = randn([4, 2, 3], { dtype: "float64" });
      const hs = net.forward(x)[0];
      let state: Tensor | [Tensor, Tensor] | undefined;
      for (let t = 0; t < 4; t++) {
        state = cell.forward(select(x, 0, t), state as never);
        const [h] = [state].flat();
        const want = select(hs, 0, t).data();
        h!.data().forEach((v, i) => expect(Math.abs(v - want[i]!)).toBeLessThan(1e-14));
      }
    });
    [cell, net].forEach((m) => m.free());
  });

  test("wrong input is refused in words", () => {
    const cell = new Cell(3, 4);
    scope(() => {
      const run = (x: Tensor, h?: Tensor): unknown =>
        cell.forward(x, (h && kind === "LSTMCell" ? [h, h] : h) as never);
      const h = randn([2, 4]);
      expect(() => run(randn([2, 2, 3]))).toThrow(
        `${kind}: expected input [B, 3] or [3] (inputSize = 3), got [2, 2, 3]`,
      );
      expect(() => run(randn([2]))).toThrow(/got \[2\]/);
      expect(() => run(randn([1, 3]), h)).toThrow(
        `${kind}: expected h to be [1, 4], as the input is [1, 3], got [2, 4]`,
      );
      expect(() => run(randn([3]), h)).toThrow(/expected h to be \[4\]/);
      expect(() => run(randn([2, 3]), randn([2, 3]))).toThrow(/expected h to be \[2, 4\]/);
      expect(() => run(randn([2, 3], { dtype: "float64" }))).toThrow(/input to be float32/);
      expect(() => run(randn([2, 3]), h.to("float64"))).toThrow(/h to be float32, got float64/);
      expect(() => run([1, 2, 3] as never)).toThrow(TypeError);
    });
    cell.free();
    const make = (options: object): unknown => new Cell(3, 4, options);
    expect(() => new Cell(0, 4)).toThrow(/inputSize/);
    expect(() => new Cell(3, -1)).toThrow(/hiddenSize/);
    expect(() => make({ bias: 1 })).toThrow(`${kind}: expected bias to be true or false, got 1`);
    expect(() => make({ dtype: "bool" })).toThrow(/dtype to be "float32" or "float64"/);
    expect(() => make({ projSize: 2 })).toThrow(
      `${kind}: expected options among bias, dtype, generator`,
    );
  });
});

test.each([nn.RNN, nn.RNNCell])("an unknown nonlinearity is refused", (Net) => {
  expect(() => new Net(2, 3, { nonlinearity: "gelu" as never })).toThrow(
    `${Net.name}: expected nonlinearity to be "tanh" or "relu", got gelu`,
  );
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
