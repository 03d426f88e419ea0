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
import { alloc, free } from "../../ts/runtime/memory.ts";

const STEPS = 10_000;
/** The module's own stack and tables. */
const empty = memory().wasmBytes;

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
  let random = 1;
  for (let i = 0; i < STEPS; i++) {
    random = (random * 48271) % 2147483647;
    step(1 + (random % 256), 8);
  }
  const { wasmBytes, peakBytes } = memory();
  expect(peakBytes, "large beside a page, of 64 KiB").toBeGreaterThan(5e5);
  expect(wasmBytes - empty).toBeLessThan(1.5 * peakBytes);
  free();
});

// The checked build writes to all that it hands out.
const BLOCKS = process.env.UNROLLED_KERNELS ? 2_000 : 1_000_000;

test(`${BLOCKS} blocks of 16 bytes to 16 MB, in random order, stay under 1.5 times the peak of live bytes`, () => {
  const before = memory().wasmBytes;
  let state = 1;
  const random = (): number => (state = (state * 48271) % 2147483647) / 2147483647;
  const live: [at: number, bytes: number][] = [];
  let [bytes, peak] = [0, 0];
  for (let i = 0; i < BLOCKS; i++) {
    const size = Math.floor(16 * 2 ** (20 * random()));
    while (bytes + size > 1e9 || (live.length > 0 && random() < 0.48)) {
      const k = Math.floor(random() * live.length);
      const block = live[k]!;
      live[k] = live.at(-1)!;
      live.pop();
      free(...block);
      bytes -= block[1];
    }
    const at = alloc(size);
    if (at === 0) expect.fail(`no room for ${size} bytes beside ${bytes}`);
    live.push([at, size]);
    bytes += size;
    peak = Math.max(peak, bytes);
  }
  for (const block of live) free(...block);
  expect(memory().wasmBytes - before).toBeLessThan(1.5 * peak);
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
  expect(memory()).toEqual(before);
  free();
});
