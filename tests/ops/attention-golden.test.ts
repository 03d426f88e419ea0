import { describe, expect, test } from "vitest";
import { type AttentionOptions, scaledDotProductAttention, type Tensor } from "../../ts/index.ts";
import { level } from "../support/given.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

interface Case {
  name: string;
  options: AttentionOptions;
  /** A boolean mask. */
  keep?: GoldenTensor;
  inputs: Record<"query" | "key" | "value", GoldenTensor> & { attnMask?: GoldenTensor };
  cotangent: GoldenTensor;
  out: GoldenTensor;
  grads: Record<string, GoldenTensor>;
}

describe("scaledDotProductAttention equals PyTorch's", () => {
  for (const c of golden<Case>("attention")) {
    test.each(["float64", "float32"] as const)(`${c.name} in %s`, (dtype) => {
      level(() => {
        const inputs: Record<string, Tensor> = Object.fromEntries(
          Object.entries(c.inputs).map(([name, t]) => [name, fromGolden(t, dtype, true)]),
        );
        const { query, key, value, attnMask } = inputs;
        const mask = c.keep ? fromGolden(c.keep) : attnMask;
        const out = scaledDotProductAttention(query!, key!, value!, {
          ...c.options,
          ...(mask && { attnMask: mask }),
        });
        expectGolden(out, c.out, "out");
        out.backward(fromGolden(c.cotangent, dtype));
        expect(Object.keys(c.grads)).toEqual(Object.keys(inputs));
        for (const [name, want] of Object.entries(c.grads)) {
          expectGolden(inputs[name]!.grad, want, `gradient of ${name}`);
        }
      });
    });
  }
});
