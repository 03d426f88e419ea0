/** @file When memory is full every op says so, in words; when there is room again, everything works. */

import { describe, expect, test } from "vitest";
import { freshLibrary } from "../support/fresh.ts";

type Library = Awaited<ReturnType<typeof freshLibrary>>;

/** The loss after each of a few steps: a net that is always the same. */
function losses({ u }: Library, steps: number): number[] {
  u.manualSeed(1);
  const lstm = new u.nn.LSTM(3, 4);
  const head = new u.nn.Linear(4, 2);
  const adam = new u.optim.Adam([...lstm.parameters(), ...head.parameters()]);
  const found = Array.from({ length: steps }, () =>
    u.scope(() => {
      const [hs] = lstm.forward(u.randn([4, 2, 3]));
      const loss = u.mseLoss(head.forward(hs), u.randn([4, 2, 2]));
      loss.backward();
      adam.step();
      adam.zeroGrad();
      return loss.item();
    }),
  );
  for (const owner of [lstm, head, adam]) owner.free();
  return found;
}

/** Takes all memory, in ever smaller blocks. Returns how many bytes it got. */
function fill({ u, tensors }: Library, least: number): number {
  const before = u.memory().bytes;
  for (let bytes = 2 ** 28; bytes >= least; bytes /= 4) {
    expect(() => {
      for (;;) tensors.empty([bytes], "bool"); // does not touch it
    }).toThrow(
      /^out of memory: no room for \d+ more bytes .* Held by scopes: \d+ tensors, [\d.]+ MiB/,
    );
  }
  return u.memory().bytes - before;
}

/** Ops of every kind, on tensors that take 256 KiB. */
function attempts(
  { u }: Library,
  lstm: InstanceType<Library["u"]["nn"]["LSTM"]>,
): (() => unknown)[] {
  const x = u.full([256, 256], 0.5, { requiresGrad: true });
  const ids = u.full([65536], 3, { dtype: "int32" });
  const loss = u.sum(u.mul(x, x));
  const state = u.saveSafetensors(new Map([["x", x]]));
  return [
    () => u.add(x, 1),
    () => u.add(x, u.ones([256])),
    () => u.matmul(x, x),
    () => u.softmax(x, 0),
    () => u.logsumexp(x, 0),
    () => u.layerNorm(x, [256]),
    () => u.stack([x, x]),
    () => u.pad(x, [1, 1]),
    () => u.eq(x, u.transpose(x, 0, 1)),
    () => u.to(x, "float64"),
    () => u.randn([256, 256]),
    () => u.tensor(new Float32Array(65536)),
    () => u.embedding(ids, x),
    () => u.dropout(x),
    () => lstm.forward(x),
    () => u.grad(loss, [x]),
    () => u.loadSafetensors(state),
    () => new u.nn.Linear(256, 256),
  ];
}

const checked = Boolean(process.env.UNROLLED_KERNELS);
// The checked build touches all that it hands out, and needs some room for its own books.
const LIMITS = checked ? [128] : [128, 4096];

describe.each(LIMITS)("in a memory of %d MiB", (limit) => {
  const bytes = limit * 2 ** 20;

  test(
    "50 times full and empty again; then 1,000 steps to the same bits",
    { timeout: 300_000 },
    async () => {
      const library = await freshLibrary(bytes);
      const { u } = library;
      const want = losses(library, 1000);
      const lstm = new u.nn.LSTM(256, 256);
      const start = u.memory();
      for (let cycle = 0; cycle < 50; cycle++) {
        u.scope(() => {
          const calls = cycle % 10 === 0 ? attempts(library, lstm) : [];
          expect(fill(library, checked ? 65536 : 256)).toBeGreaterThan(0.95 * bytes - 8 * 2 ** 20);
          const held = u.memory().tensors;
          for (const call of calls) {
            expect(() => u.scope(() => void call()), String(call)).toThrow(
              /^out of memory: no room/,
            );
            expect(u.memory().tensors).toBe(held);
          }
        });
        for (const name of ["tensors", "bytes"] as const)
          expect(u.memory()[name]).toBe(start[name]);
        if (cycle % 10 === 9) expect(losses(library, 5)).toEqual(want.slice(0, 5));
      }
      lstm.free();
      expect(losses(library, 1000)).toEqual(want);
      expect(u.memory().wasmBytes).toBeLessThanOrEqual(bytes);
    },
  );
});
