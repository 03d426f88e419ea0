import { describe, expect, test } from "vitest";
import { add, backward, memory, mul, nn, scope, sum, type Tensor } from "../../ts/index.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

type Named = Record<string, GoldenTensor>;
interface Case {
  name: string;
  options: { embedDim: number; numHeads: number } & nn.MultiheadAttentionOptions;
  call: nn.MultiheadAttentionCall;
  state: Named;
  /** query; key unless it is query; value unless it is key; the masks. */
  inputs: Named;
  cotangents: Named;
  outputs: Named;
  grads: Named;
}

const cases = golden<Case>("multihead-attention");

test("there are at least 64 configurations", () => {
  expect(new Set(cases.map((c) => c.name)).size).toBeGreaterThanOrEqual(64);
});

describe("MultiheadAttention equals PyTorch's", () => {
  for (const c of cases) {
    test.each(["float64", "float32"] as const)(`${c.name} in %s`, (dtype) => {
      const before = memory().tensors;
      const { embedDim, numHeads, ...options } = c.options;
      const module = new nn.MultiheadAttention(embedDim, numHeads, { ...options, dtype });
      scope(() => {
        const state = Object.entries(c.state).map(([k, v]) => [k, fromGolden(v, dtype)] as const);
        expect([...module.stateDict().keys()]).toEqual(Object.keys(c.state));
        module.loadStateDict(new Map(state));
        const inputs = Object.fromEntries(
          Object.entries(c.inputs).map(([name, x]) => [name, fromGolden(x, dtype, true)]),
        );
        const { query, key = query, value = key, ...masks } = inputs;
        const [output, weights] = module.forward(query!, key!, value!, { ...c.call, ...masks });
        const outputs: Record<string, Tensor | undefined> = { output, weights };
        expect(weights === undefined).toBe(c.outputs["weights"] === undefined);
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
