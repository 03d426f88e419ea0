import { describe, expect, test } from "vitest";
import { nn, randn, scope, type Tensor } from "../../ts/index.ts";
import { close, FLOAT32 } from "../support/tolerances.ts";
import { seedAndLevelEach } from "../support/given.ts";

seedAndLevelEach(9);

const expectClose = (got: Tensor, want: Tensor): void => {
  expect(got.shape).toEqual(want.shape);
  const w = want.data();
  got.data().forEach((g, i) => expect(close(g, w[i]!, FLOAT32)).toBe(true));
};

const NETS = { LSTM: nn.LSTM, GRU: nn.GRU, RNN: nn.RNN, PeepholeLSTM: nn.PeepholeLSTM } as const;
const LETTERS = { LSTM: "ifgoch", GRU: "rznh", RNN: "h", PeepholeLSTM: "ifgoch" } as const;

describe.each(["LSTM", "GRU", "RNN", "PeepholeLSTM"] as const)("the trace of an %s", (kind) => {
  test.each([
    ["[T, B, D]", [4, 2, 3], {}],
    ["[B, T, D]", [2, 4, 3], { batchFirst: true }],
    ["[T, D]", [4, 3], { batchFirst: true }],
  ])("has every value, and the last layer's h is the output: %s", (_, shape, options) => {
    const net = new NETS[kind](3, 5, {
      numLayers: 2,
      bidirectional: true,
      dropout: 0.5,
      ...options,
    });
    scope(() => {
      const x = randn(shape);
      const layers = net.trace(x) as ({ suffix: string } & Record<string, Tensor>)[];
      net.eval();
      const [hs, state] = net.forward(x) as [Tensor, Tensor | Tensor[]];
      expect(layers.map((l) => l.suffix)).toEqual(["l0", "l0_reverse", "l1", "l1_reverse"]);
      for (const { suffix, ...values } of layers) {
        expect(Object.keys(values).sort()).toEqual([...LETTERS[kind]].sort());
        for (const t of Object.values(values)) {
          expect(t.shape).toEqual([...shape.slice(0, -1), 5]);
          expect(t.requiresGrad).toBe(false);
        }
        for (const gate of [..."iforz"].filter((g) => values[g])) {
          expect(values[gate]!.data().every((v) => v > 0 && v < 1)).toBe(true);
        }
        if (values.c) expect(values.c.data()).not.toEqual(values.h!.data());
        void suffix;
      }
      expectClose(layers[2]!.h!, hs.slice(-1, 0, 5));
      expectClose(layers[3]!.h!, hs.slice(-1, 5, 10));
      const [hn] = [state].flat(); // the reverse net ends at the first step
      const axis = "batchFirst" in options && shape.length === 3 ? 1 : 0;
      expectClose(layers[0]!.h!.select(axis, 3), hn!.select(0, 0));
      expectClose(layers[1]!.h!.select(axis, 0), hn!.select(0, 1));
    });
    net.free();
  });
});

test("an LSTM's gates, cell and output fit together, from the given state on, projected or not", () => {
  for (const projSize of [0, 2]) {
    const lstm = new nn.LSTM(2, 3, { projSize, dtype: "float64" });
    scope(() => {
      const state = [
        [1, 1, projSize || 3],
        [1, 1, 3],
      ].map((s) => randn(s, { dtype: "float64" }));
      const [layer] = lstm.trace(randn([5, 1, 2], { dtype: "float64" }), state as never);
      const at = (letter: "i" | "f" | "g" | "o" | "c", t: number, k: number): number =>
        layer![letter].data()[t * 3 + k]!;
      for (let t = 0; t < 5; t++) {
        const open = [0, 1, 2].map((k) => {
          const before = t === 0 ? state[1]!.data()[k]! : at("c", t - 1, k);
          const c = at("f", t, k) * before + at("i", t, k) * at("g", t, k);
          expect(Math.abs(c - at("c", t, k))).toBeLessThan(1e-14);
          return at("o", t, k) * Math.tanh(c);
        });
        const h = layer!.h.select(0, t).data();
        const w = lstm.weight_hr_l0?.data();
        h.forEach((v, p) => {
          const want = w ? open.reduce((s, u, k) => s + u * w[p * 3 + k]!, 0) : open[p]!;
          expect(Math.abs(v - want)).toBeLessThan(1e-14);
        });
      }
    });
    lstm.free();
  }
});

test.each(["LSTM", "GRU", "RNN", "PeepholeLSTM"] as const)(
  "the trace of an %s over packed sequences is packed, and each is traced as if alone",
  (kind) => {
    const net = new NETS[kind](2, 3, { numLayers: 2, bidirectional: true });
    scope(() => {
      const xs = [2, 5, 3].map((T) => randn([T, 2]));
      const packed = nn.packSequence(xs, { enforceSorted: false });
      const layers = net.trace(packed) as Record<string, nn.PackedSequence>[];
      const alone = xs.map((x) => net.trace(x) as Record<string, Tensor>[]);
      for (const [l, layer] of layers.entries()) {
        for (const letter of LETTERS[kind]) {
          nn.unpackSequence(layer[letter]!).forEach((t, b) => {
            expectClose(t, alone[b]![l]![letter]!);
          });
        }
      }
    });
    net.free();
  },
);

test("a wrong input is refused", () => {
  const gru = new nn.GRU(2, 3);
  scope(() => {
    expect(() => gru.trace(randn([2, 1, 3]))).toThrow(/expected input \[T, B, 2\]/);
    expect(() => gru.trace(randn([2, 1, 2]), randn([2, 1, 3]))).toThrow(/expected h0 to be/);
  });
  gru.free();
});
