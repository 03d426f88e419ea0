import { describe, expect, test } from "vitest";
import { backward, Generator, nn, randn, sum, type Tensor } from "../../ts/index.ts";
import { level } from "../support/given.ts";

const { init } = nn;
const H = 6;

/** The H rows of a gate. */
const gate = (t: Tensor | undefined, k: number): number[] => [
  ...t!
    .detach()
    .slice(0, k * H, (k + 1) * H)
    .data(),
];

describe("recurrent weights", () => {
  test("each gate's block is orthogonal in both directions and all layers", () => {
    const lstm = new nn.LSTM(3, H, { numLayers: 2, bidirectional: true, dtype: "float64" });
    level(() => {
      const before = lstm.weight_ih_l0!.data();
      init.recurrent(lstm, init.orthogonal);
      for (const suffix of ["l0", "l0_reverse", "l1", "l1_reverse"] as const) {
        for (let k = 0; k < 4; k++) {
          const block = lstm[`weight_hh_${suffix}`]!.detach().slice(0, k * H, (k + 1) * H);
          block
            .matmul(block.transpose(0, 1))
            .data()
            .forEach((v, i) => {
              expect(Math.abs(v - (i % (H + 1) === 0 ? 1 : 0))).toBeLessThan(1e-12);
            });
        }
      }
      expect(lstm.weight_ih_l0!.data()).toEqual(before);
    });
    lstm.free();
  });

  test("an identity makes a relu net add up what it reads", () => {
    const rnn = new nn.RNN(1, 1, { nonlinearity: "relu", bias: false });
    level(() => {
      init.recurrent(rnn, init.eye);
      init.ones(rnn.weight_ih_l0!);
      const [hs] = rnn.forward(randn([5, 1]).square());
      const values = [...hs.data()];
      expect(values.every((v, t) => t === 0 || v > values[t - 1]!)).toBe(true);
    });
    rnn.free();
  });

  test("a cell has them too, and a graph from before is refused", () => {
    const cell = new nn.GRUCell(2, H);
    level(() => {
      const loss = sum(cell.forward(randn([1, 2]), randn([1, H])));
      init.recurrent(cell, init.eye);
      expect(gate(cell.weight_hh, 2).slice(0, H + 2)).toEqual([1, 0, 0, 0, 0, 0, 0, 1]);
      expect(() => backward(loss)).toThrow(/changed in place/);
    });
    cell.free();
  });
});

test("the forget gate's bias is the sum of both, and no other changes", () => {
  for (const net of [new nn.LSTM(2, H, { bidirectional: true }), new nn.LSTMCell(2, H)]) {
    level(() => {
      const biases = net.namedParameters().filter(([name]) => name.startsWith("bias"));
      const before = biases.map(([, b]) => [gate(b, 0), gate(b, 2), gate(b, 3)]);
      expect(init.forgetBias(net, 3)).toBe(net);
      for (const [name, b] of biases) {
        expect(gate(b, 1)).toEqual(new Array(H).fill(name.includes("ih") ? 3 : 0));
      }
      expect(biases.map(([, b]) => [gate(b, 0), gate(b, 2), gate(b, 3)])).toEqual(before);
    });
    net.free();
  }
});

describe("chrono biases", () => {
  test("of an LSTM are log U[1, longest − 1] for f and its negative for i", () => {
    const lstm = new nn.LSTM(1, 500, { numLayers: 2, dtype: "float64" });
    level(() => {
      init.chrono(lstm, 101, { generator: new Generator(1) });
      for (const l of [0, 1]) {
        const b = lstm[`bias_ih_l${l}`]!.data();
        const spans = Array.from(b.slice(500, 1000), Math.exp);
        const mean = spans.reduce((a, x) => a + x, 0) / 500;
        expect(Math.abs(mean - 50.5)).toBeLessThan(4); // three standard errors of U[1, 100]
        expect(Math.min(...spans)).toBeGreaterThanOrEqual(1);
        expect(Math.max(...spans)).toBeLessThan(100);
        expect(b.slice(0, 500)).toEqual(b.slice(500, 1000).map((x) => -x));
        expect(
          lstm[`bias_hh_l${l}`]!.data()
            .slice(0, 1000)
            .every((x) => x === 0),
        ).toBe(true);
      }
      expect(lstm.bias_ih_l0!.data()).not.toEqual(lstm.bias_ih_l1!.data());
    });
    lstm.free();
  });

  test("of a GRU are in z, which keeps what is there", () => {
    const gru = new nn.GRU(1, H);
    level(() => {
      const r = gate(gru.bias_ih_l0, 0);
      init.chrono(gru, 10);
      expect(gate(gru.bias_ih_l0, 1).every((b) => b >= 0 && b < Math.log(9) + 1e-6)).toBe(true);
      expect(gate(gru.bias_hh_l0, 1)).toEqual(new Array(H).fill(0));
      expect(gate(gru.bias_ih_l0, 0)).toEqual(r);
    });
    gru.free();
  });
});

test("nets without the gate or the bias are refused", () => {
  const rnn = new nn.RNN(1, 2);
  const gru = new nn.GRU(1, 2, { bias: false });
  const lstm = new nn.LSTM(1, 2, { bias: false });
  expect(() => init.forgetBias(rnn)).toThrow("forgetBias: RNN has no forget gate");
  expect(() => init.forgetBias(gru)).toThrow("GRU has no forget gate");
  expect(() => init.forgetBias(lstm)).toThrow("forgetBias: LSTM has no biases");
  expect(() => init.chrono(rnn, 9)).toThrow("chrono: RNN has no gates");
  expect(() => init.chrono(gru, 9)).toThrow("chrono: GRU has no biases");
  expect(() => init.chrono(lstm, 1)).toThrow(RangeError);
  expect(() => init.forgetBias(lstm, NaN)).toThrow(RangeError);
  [rnn, gru, lstm].forEach((net) => net.free());
});
