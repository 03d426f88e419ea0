/** @file Memory stays level over 10,000 steps. */

import { expect, test } from "vitest";
import {
  crossEntropy,
  manualSeed,
  memory,
  nn,
  optim,
  randint,
  randn,
  reshape,
  scope,
  sum,
  type Tensor,
} from "../../ts/index.ts";

const STEPS = 10_000;

function trainer() {
  manualSeed(1);
  const lstm = new nn.LSTM(4, 8);
  const head = new nn.Linear(8, 3);
  const parameters = [...lstm.parameters(), ...head.parameters()];
  const adam = new optim.Adam(parameters);
  const step = (T: number, B = 2): void =>
    scope(() => {
      const [hs] = lstm.forward(randn([T, B, 4]));
      crossEntropy(head.forward(reshape(hs, [T * B, 8])), randint(0, 3, [T * B])).backward();
      adam.step();
      adam.zeroGrad();
    });
  const free = (): void => [lstm, head, adam].forEach((owner) => owner.free());
  return { lstm, step, free };
}

test("10,000 training steps leave tensors and WASM bytes where they were after the first 100", () => {
  const before = memory().tensors;
  const { step, free } = trainer();
  for (let i = 0; i < 100; i++) step(5);
  const early = memory();
  for (let i = 100; i < STEPS; i++) step(5);
  const late = memory();
  expect(late.tensors).toBe(early.tensors);
  expect(late.bytes).toBe(early.bytes);
  expect(late.wasmBytes).toBe(early.wasmBytes);
  free();
  expect(memory().tensors).toBe(before);
});

test("10,000 steps of random length from 1 to 256 stay under 1.5 times the peak of live bytes", () => {
  const { step, free } = trainer();
  const start = memory().wasmBytes;
  let random = 1;
  for (let i = 0; i < STEPS; i++) {
    random = (random * 48271) % 2147483647;
    step(1 + (random % 256), 1);
  }
  const { wasmBytes, peakBytes } = memory();
  // What was there before is the module's own stack and tables, and the blocks of the tests above.
  expect(wasmBytes - start).toBeLessThan(1.5 * peakBytes);
  free();
});

test("a loop that carries its state for 10,000 steps stays level", () => {
  const { lstm, free } = trainer();
  let state: [Tensor, Tensor] | undefined;
  const advance = (): void => {
    const next = scope(() => lstm.forward(randn([1, 2, 4]), state)[1]);
    state?.forEach((t) => t.free());
    state = next;
  };
  for (let i = 0; i < 100; i++) advance();
  const early = memory();
  for (let i = 100; i < STEPS; i++) advance();
  expect(memory()).toEqual(early);
  state!.forEach((t) => t.free());
  free();
});

test("a failed step leaves nothing behind", () => {
  const { step, lstm, free } = trainer();
  step(3);
  const before = memory();
  for (let i = 0; i < 100; i++) {
    expect(() =>
      scope(() => {
        sum(lstm.forward(randn([3, 2, 4]))[0]);
        lstm.forward(randn([3, 2, 5]));
      }),
    ).toThrow(RangeError);
  }
  expect({ ...memory(), idleBytes: 0 }).toEqual({ ...before, idleBytes: 0 });
  free();
});
