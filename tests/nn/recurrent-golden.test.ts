import { describe, expect, test } from "vitest";
import { add, backward, memory, mul, nn, scope, sum, type Tensor } from "../../ts/index.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

type Named = Record<string, GoldenTensor>;
interface Case {
  name: string;
  options: { inputSize: number; hiddenSize: number } & nn.RNNOptions;
  /** Of a packed input. */
  lengths?: number[];
  enforceSorted?: boolean;
  state: Named;
  inputs: Named;
  cotangents: Named;
  outputs: Named;
  grads: Named;
}

const MODULES = { rnn: nn.RNN, lstm: nn.LSTM, gru: nn.GRU } as const;

describe.each(["rnn", "lstm", "gru"] as const)("%s equals PyTorch's", (kind) => {
  for (const c of golden<Case>(kind)) {
    test.each(["float64", "float32"] as const)(`${c.name} in %s`, (dtype) => {
      const before = memory().tensors;
      const { inputSize, hiddenSize, ...options } = c.options;
      const module = new MODULES[kind](inputSize, hiddenSize, { ...options, dtype });
      scope(() => {
        const state = Object.entries(c.state).map(([k, v]) => [k, fromGolden(v, dtype)] as const);
        module.loadStateDict(new Map(state));
        const inputs = Object.fromEntries(
          Object.entries(c.inputs).map(([name, x]) => [name, fromGolden(x, dtype, true)]),
        );
        const outputs = run(module, inputs, c);
        for (const [name, want] of Object.entries(c.outputs)) {
          expectGolden(outputs[name], want, name);
        }
        const parts = Object.entries(c.cotangents).map(([name, w]) =>
          sum(mul(outputs[name]!, fromGolden(w, dtype))),
        );
        backward(parts.reduce((a, b) => add(a, b)));
        const parameters = Object.fromEntries(module.namedParameters());
        for (const [name, want] of Object.entries(c.grads)) {
          expectGolden((inputs[name] ?? parameters[name])?.grad, want, `gradient of ${name}`);
        }
      });
      module.free();
      expect(memory().tensors).toBe(before);
    });
  }
});

function run(
  module: nn.RNN | nn.LSTM | nn.GRU,
  { input, h0, c0 }: Record<string, Tensor>,
  { lengths, enforceSorted = true }: Case,
): Record<string, Tensor> {
  const { batchFirst } = module;
  if (lengths === undefined) return forward(module, input!, h0, c0);
  const packed = nn.packPaddedSequence(input!, lengths, { batchFirst, enforceSorted });
  const { output, ...states } = forward(module, packed, h0, c0);
  return {
    output: nn.padPackedSequence(output as nn.PackedSequence, { batchFirst })[0],
    ...states,
  };
}

function forward<X extends Tensor | nn.PackedSequence>(
  module: nn.RNN | nn.LSTM | nn.GRU,
  input: X,
  h0?: Tensor,
  c0?: Tensor,
): { output: X; hn: Tensor; cn?: Tensor } {
  if (module instanceof nn.LSTM) {
    const [output, [hn, cn]] = module.forward(input, h0 && c0 && [h0, c0]);
    return { output, hn, cn };
  }
  const [output, hn] = module.forward(input, h0);
  return { output, hn };
}
