/** @file The gradient of a batch cut into shards, on one thread. */

import { expect, test } from "vitest";
import {
  Generator,
  memory,
  mseLoss,
  nn,
  optim,
  rand,
  randn,
  scope,
  slice,
} from "../../ts/index.ts";
import { Group } from "../../ts/worker/group.ts";

const group = (shards: number): Group => new Group(0, shards, undefined);

/** A net of two layers, a batch of `B`, and the mean or the sum of its squared errors. */
function given(B: number, dtype: "float32" | "float64" = "float32") {
  const generator = new Generator(4);
  const [one, two] = [
    new nn.Linear(5, 7, { dtype, generator }),
    new nn.Linear(7, 3, { dtype, generator }),
  ];
  const [x, y] = [randn([B, 5], { dtype, generator }), randn([B, 3], { dtype, generator })];
  const parameters = [...one.parameters(), ...two.parameters()];
  const lossOf = (reduction: "mean" | "sum") => (from: number, to: number) =>
    scope(() => {
      const loss = mseLoss(
        two.forward(one.forward(slice(x, 0, from, to)).tanh()),
        slice(y, 0, from, to),
        { reduction },
      );
      loss.backward();
      return loss.item();
    });
  const gradients = (): number[][] => parameters.map((p) => [...p.grad!.data()]);
  const zero = (): void => {
    one.zeroGrad();
    two.zeroGrad();
  };
  return { one, parameters, lossOf, gradients, zero };
}

for (const reduction of ["mean", "sum"] as const) {
  test.each([
    [8, 4],
    [10, 4],
    [7, 3],
    [3, 4],
    [5, 1],
  ])(`the ${reduction} over a batch of %i in %i shards`, (B, shards) => {
    const { parameters, lossOf, gradients, zero } = given(B, "float64");
    const loss = lossOf(reduction)(0, B);
    const whole = gradients();
    zero();
    const sharded = group(shards).gradients(parameters, B, lossOf(reduction), { reduction });
    expect(sharded).toBeCloseTo(loss, 12);
    gradients().forEach((g, i) => g.forEach((v, k) => expect(v).toBeCloseTo(whole[i]![k]!, 12)));
  });
}

test("gradients are added up as a tree, from neighbours to halves", () => {
  const { parameters, lossOf, gradients } = given(8);
  const parts = [0, 2, 4, 6].map((from) => {
    lossOf("mean")(from, from + 2);
    const part = gradients();
    for (const p of parameters) (p.grad!.free(), (p.grad = undefined));
    return part;
  });
  group(4).gradients(parameters, 8, lossOf("mean"));
  const sum = (a: number, b: number): number => Math.fround(a + b);
  gradients().forEach((g, i) =>
    g.forEach((v, k) => {
      const [a, b, c, d] = parts.map((part) => part[i]![k]!) as [number, number, number, number];
      expect(v).toBe(0.25 * sum(sum(a, b), sum(c, d)));
    }),
  );
});

test("an optimiser takes them, and nothing is left behind", () => {
  const { parameters, lossOf } = given(8);
  const adam = new optim.Adam(parameters, { lr: 0.05 });
  const four = group(4);
  const step = (): number => {
    const loss = four.gradients(parameters, 8, lossOf("mean"));
    adam.step();
    adam.zeroGrad();
    return loss;
  };
  const first = step();
  const { bytes } = memory();
  for (let i = 0; i < 50; i++) step();
  expect(memory().bytes).toBe(bytes);
  expect(step()).toBeLessThan(first / 2);
});

test("what no shard's loss reaches has no gradient", () => {
  const { one, parameters, lossOf } = given(8);
  one.requiresGrad(false);
  group(2).gradients(parameters, 8, lossOf("mean"));
  expect(parameters.map((p) => p.grad !== undefined)).toEqual([false, false, true, true]);
});

test("each shard and each batch draws its own random numbers", () => {
  const p = new nn.Linear(1, 1).weight;
  const generator = new Generator(9);
  const drawn: number[] = [];
  const lossOf = (): number => drawn.push(...rand([3], { generator }).data());
  const four = group(4);
  for (let i = 0; i < 3; i++) four.gradients([p], 4, lossOf, { generators: [generator] });
  expect(new Set(drawn).size).toBe(36);
  expect(generator.state().seed).toBe(9);
});

test("wrong use is refused, and nothing happens", () => {
  const { parameters, lossOf } = given(8);
  const refuse = (batch: number) => () => group(4).gradients(parameters, batch, lossOf("mean"));
  expect(refuse(0)).toThrow("group: expected a batch of at least one example, got 0");
  expect(refuse(1.5)).toThrow("got 1.5");
  lossOf("mean")(0, 8);
  expect(refuse(8)).toThrow("group: expected parameters without gradients, got one at 0");
});
