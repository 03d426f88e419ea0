/** @file Gradients that are 0, denormal or huge, odd options, and steps beyond what a float32 can count. */

import { describe, expect, test } from "vitest";
import { loadSafetensors, optim, saveSafetensors, tensor, zeros } from "../../ts/index.ts";
import { level } from "../support/given.ts";
import { expectGolden, golden, type GoldenTensor } from "../support/golden.ts";

interface Case {
  name: string;
  op: "SGD" | "RMSprop" | "Adam" | "AdamW";
  options: object;
  parameters: number[];
  gradients: number[];
  float64: GoldenTensor[];
  float32: GoldenTensor[];
}
const cases = golden<Case>("optimizer-edges");

describe.each(["float64", "float32"] as const)("in %s, five steps equal PyTorch's", (dtype) => {
  test.each(cases.map((c) => [c.name, c] as const))("%s", (_, c) => {
    level(() => {
      const p = tensor(c.parameters, { dtype, requiresGrad: true });
      p.grad = tensor(c.gradients, { dtype });
      const optimizer = new optim[c.op]([p], c.options);
      for (const [k, want] of c[dtype].entries()) {
        optimizer.step();
        expectGolden(p, want, `after step ${k + 1}`);
      }
      expect(p.grad.toArray(), "gradients are read only").toEqual(
        tensor(c.gradients, { dtype }).toArray(),
      );
      optimizer.free();
    });
  });
});

test.each(["Adam", "AdamW"] as const)(
  "%s counts on, and corrects its bias, past 2^24 steps",
  (op) => {
    level(() => {
      const p = tensor([1], { dtype: "float64", requiresGrad: true });
      p.grad = tensor([0.5], { dtype: "float64" });
      const optimizer = new optim[op]([["p", p] as const], {
        lr: 0.1,
        betas: [0.9, 1 - 1e-9],
        weightDecay: 0,
      });
      optimizer.step();
      const { state, groups } = optimizer.stateDict();
      state.set("p.step", tensor([2 ** 24 + 1], { dtype: "float64" }));
      state.set("p.exp_avg", tensor([0.25], { dtype: "float64" }));
      state.set("p.exp_avg_sq", tensor([0.01], { dtype: "float64" }));
      optimizer.loadStateDict({ state: loadSafetensors(saveSafetensors(state)).tensors, groups });
      const before = p.item();
      optimizer.step();
      const t = 2 ** 24 + 2;
      expect(optimizer.stateDict().state.get("p.step")!.item()).toBe(t);
      const m = 0.9 * 0.25 + 0.1 * 0.5;
      const v = (1 - 1e-9) * 0.01 + 1e-9 * 0.25;
      const correction = -Math.expm1(t * Math.log1p(-1e-9)); // 0.0166: far from 1
      const want = before - (0.1 * m) / (Math.sqrt(v / correction) + 1e-8);
      expect(Math.abs(p.item() - want)).toBeLessThan(1e-7);
      optimizer.free();
    });
  },
);

test.each(["SGD", "RMSprop", "Adam", "AdamW"] as const)(
  "%s leaves alone what has no gradient, and nothing is NaN after a first step of zeros",
  (op) => {
    level(() => {
      const [a, b, empty] = [tensor([1, 2]), tensor([3]), zeros([0])];
      a.grad = zeros([2]);
      empty.grad = zeros([0]);
      const optimizer = new optim[op]([a, b, empty], { weightDecay: 0 });
      optimizer.step();
      expect([a.toArray(), b.toArray()]).toEqual([[1, 2], [3]]);
      expect([...optimizer.stateDict().state.keys()].filter((key) => key.startsWith("1."))).toEqual(
        [],
      );
      optimizer.free();
    });
  },
);
