import { expect, test } from "vitest";
import { add, backward, memory, mul, nn, scope, sum, type Tensor } from "../../ts/index.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

type Named = Record<string, GoldenTensor>;
interface Case {
  kind: "rnn" | "lstm" | "gru";
  name: string;
  options: { inputSize: number; hiddenSize: number } & nn.RNNCellOptions;
  state: Named;
  inputs: Named;
  cotangents: Named;
  outputs: Named;
  grads: Named;
}

const CELLS = { rnn: nn.RNNCell, lstm: nn.LSTMCell, gru: nn.GRUCell } as const;

for (const c of golden<Case>("cells")) {
  test.each(["float64", "float32"] as const)(
    `${c.kind}, ${c.name}, equals PyTorch's in %s`,
    (d) => {
      const before = memory().tensors;
      const { inputSize, hiddenSize, ...options } = c.options;
      const cell = new CELLS[c.kind](inputSize, hiddenSize, { ...options, dtype: d });
      scope(() => {
        const state = Object.entries(c.state).map(([k, v]) => [k, fromGolden(v, d)] as const);
        cell.loadStateDict(new Map(state));
        const inputs = Object.fromEntries(
          Object.entries(c.inputs).map(([name, x]) => [name, fromGolden(x, d, true)]),
        );
        const outputs = step(cell, inputs);
        for (const [name, want] of Object.entries(c.outputs))
          expectGolden(outputs[name], want, name);
        const parts = Object.entries(c.cotangents).map(([name, w]) =>
          sum(mul(outputs[name]!, fromGolden(w, d))),
        );
        backward(parts.reduce((a, b) => add(a, b)));
        const parameters = Object.fromEntries(cell.namedParameters());
        for (const [name, want] of Object.entries(c.grads)) {
          expectGolden((inputs[name] ?? parameters[name])?.grad, want, `gradient of ${name}`);
        }
      });
      cell.free();
      expect(memory().tensors).toBe(before);
    },
  );
}

function step(
  cell: nn.RNNCell | nn.LSTMCell | nn.GRUCell,
  inputs: Record<string, Tensor>,
): Record<string, Tensor> {
  const { input, h, c } = inputs;
  if (!(cell instanceof nn.LSTMCell)) return { h: cell.forward(input!, h) };
  const [hNext, cNext] = cell.forward(input!, h && c && [h, c]);
  return { h: hNext, c: cNext };
}
