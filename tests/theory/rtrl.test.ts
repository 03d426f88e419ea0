import { memory, scope, type Tensor } from "unrolled";
import { expect, test } from "vitest";
import { bptt, partial, rtrl, type Step } from "../../ts/theory/index.ts";
import { cell, differences, H, I, sequence } from "./cell.ts";

const flat = (t: Tensor): number[] => Array.from(t.data());
const apart = (a: readonly number[], b: readonly number[]): number =>
  Math.max(...a.map((x, i) => Math.abs(x - b[i]!)));

test("forward mode, reverse mode and central differences agree, for vectors", () => {
  for (const T of [1, 2, 5]) {
    const { xs, h0, w } = sequence(T);
    const [forward, reverse] = [rtrl(cell, xs, h0, w), bptt(cell, xs, h0, w)];
    expect(forward.shape).toEqual([H, H * (I + H + 1)]);
    expect(apart(flat(forward), flat(reverse))).toBeLessThan(1e-14);
    const numeric = differences((w) => xs.reduce((h, x) => cell(x, h, w), h0), w).flat();
    expect(apart(flat(forward), numeric)).toBeLessThan(1e-7);
  }
});

test("the rule on the slide: ∂₂f + ∂₁f · dh₁/dw; without ∂₂f it is wrong", () => {
  const { xs, h0, w } = sequence(2);
  const h1 = cell(xs[0]!, h0, w);
  const dh1 = partial(cell, 2)(xs[0]!, h0, w); // [H, |w|]
  const through = partial(cell, 1)(xs[1]!, h1, w).matmul(dh1);
  const immediate = partial(cell, 2)(xs[1]!, h1, w);
  const want = flat(bptt(cell, xs, h0, w));
  expect(apart(flat(immediate.add(through)), want)).toBeLessThan(1e-14);
  expect(apart(flat(through), want)).toBeGreaterThan(0.1);
});

test("weights of any shape keep it", () => {
  const { xs, h0, w } = sequence(3);
  const shaped: Step = (x, h, w) => cell(x, h, w.flatten());
  const square = w.reshape([6, 3]);
  expect(rtrl(shaped, xs, h0, square).shape).toEqual([H, 6, 3]);
  expect(apart(flat(rtrl(shaped, xs, h0, square)), flat(bptt(cell, xs, h0, w)))).toBeLessThan(
    1e-14,
  );
});

test("both leave nothing but their result, however long the sequence", () => {
  scope(() => {
    const { xs, h0, w } = sequence(20);
    const before = memory().tensors;
    for (const J of [rtrl(cell, xs, h0, w), bptt(cell, xs, h0, w)]) J.free();
    expect(memory().tensors).toBe(before);
  });
});
