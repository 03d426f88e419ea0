/** @file The gates that the report shows are those of the fused kernels. */

import { expect, test } from "vitest";
import { trace } from "../../ts/cli/gates.ts";
import { CharLM, Generator, memory, noGrad, scope, tensor } from "../../ts/index.ts";

const [V, D, H, T] = [9, 4, 6, 30];
const ids = Int32Array.from({ length: T }, (_, t) => (t * t + 3) % V);
const modelOf = (net: "lstm" | "gru" | "rnn"): CharLM =>
  new CharLM(V, { net, embedding: D, hidden: H, layers: 2, generator: new Generator(5) });

test.each(["lstm", "gru", "rnn"] as const)(
  "%s: every layer's gates give back the states that the kernel gives",
  (net) => {
    const model = modelOf(net);
    const layers = trace(model, ids);
    expect(layers.map(({ layer, H: size }) => [layer, size])).toEqual([[0, H], [1, H]]); // prettier-ignore
    for (const { hs, memory: kept, gates } of layers) {
      const gate = (name: string, j: number): number => gates.get(name)![j]!;
      for (let j = 0; j < T * H; j++) {
        const before = hs[j - H] ?? 0;
        const h = {
          lstm: () => gate("o", j) * kept[j]!, // o ⊙ tanh(c)
          gru: () => (1 - gate("z", j)) * gate("n", j) + gate("z", j) * before,
          rnn: () => kept[j]!,
        }[net]();
        expect(Math.abs(h - hs[j]!)).toBeLessThan(2e-6);
      }
    }
    model.free();
  },
);

test("the last layer's states are what the model's logits are made of", () => {
  const model = modelOf("lstm");
  const { hs } = trace(model, ids)[1]!;
  const [last, logits] = scope(() =>
    noGrad(() => {
      const { logits } = model.forward(tensor(ids, [T, 1]));
      return [model.linear.forward(tensor(hs, [T, H])).data(), logits.data()] as const;
    }),
  );
  for (const [j, y] of logits.entries()) expect(Math.abs(last[j]! - y)).toBeLessThan(2e-6);
  model.free();
});

test("looking inside leaves nothing behind", () => {
  const model = modelOf("gru");
  const { tensors, bytes } = memory();
  trace(model, ids);
  expect(memory()).toMatchObject({ tensors, bytes });
  model.free();
});
