import { describe, expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { level } from "../support/given.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

type Loss = (input: u.Tensor, target: u.Tensor, options: object) => u.Tensor;

interface Case {
  name: string;
  op: string;
  options: object;
  tensors: Record<string, GoldenTensor>;
  input: GoldenTensor;
  target: GoldenTensor;
  cotangent: GoldenTensor;
  loss: GoldenTensor;
  grads: Record<"input" | "target", GoldenTensor>;
}

describe("losses equal PyTorch's", () => {
  for (const c of golden<Case>("losses")) {
    test.each(["float64", "float32"] as const)(`${c.name} in %s`, (dtype) => {
      level(() => {
        const f = (u as unknown as Record<string, Loss>)[c.op]!;
        const given = Object.entries(c.tensors).map(([k, t]) => [k, fromGolden(t, dtype)]);
        const inputs = {
          input: fromGolden(c.input, dtype, true),
          target: fromGolden(c.target, dtype, c.grads.target !== undefined),
        };
        const loss = f(inputs.input, inputs.target, { ...c.options, ...Object.fromEntries(given) });
        expectGolden(loss, c.loss, "loss");
        loss.backward(fromGolden(c.cotangent, dtype));
        for (const [name, want] of Object.entries(c.grads)) {
          expectGolden(inputs[name as "input"].grad, want, `gradient of ${name}`);
        }
        for (const x of Object.values(inputs)) x.grad?.free();
      });
    });
  }
});

test("the file has every loss", () => {
  const seen = new Set(golden<Case>("losses").map((c) => c.op));
  const losses = Object.keys(u).filter((name) => /Loss$|^klDiv|^bce|^crossEntropy/.test(name));
  expect([...seen].toSorted()).toEqual(losses.toSorted());
});
