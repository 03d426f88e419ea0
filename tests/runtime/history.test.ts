/** @file What memory held before, where a tensor lies, and when memory grows: none of it shows in any result. */

import { afterEach, beforeEach, describe, expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { type Kernels, kernels } from "../../ts/runtime/kernels.ts";
import { alloc, free, view } from "../../ts/runtime/memory.ts";
import { bitsOfCase, bitsOfTraining, TRAININGS } from "../support/bits.ts";
import { allCases, nameOf } from "../support/cases.ts";

const rows = await allCases();

/** Leaves freed memory filled with one byte, from blocks of every size up to 64 KiB in the order of `seed`. */
function spoil(byte: number, seed: number): void {
  const blocks: [number, number][] = [];
  for (let i = 0; i < 200; i++) {
    const bytes = Math.ceil(64 * 2 ** (((i * seed) % 200) / 20));
    blocks.push([alloc(bytes), bytes]);
  }
  for (const [at, bytes] of blocks) {
    view(Uint8Array, at, bytes).fill(byte);
    free(at, bytes);
  }
}

describe("whatever memory held before, the bits are the same", () => {
  const both = (work: () => string[]): void => {
    spoil(0xff, 7);
    const first = work();
    spoil(0x00, 11);
    u.scope(() => {
      u.zeros([13]);
      expect(work()).toEqual(first);
    });
    spoil(0x3f, 13);
    expect(work()).toEqual(first);
  };
  test.each(rows.map((row) => [nameOf(row), row] as const))("%s", (_, row) => {
    both(() => bitsOfCase(row));
  });
  test.each(TRAININGS)("training an %s by %s", (kind, optimizer) => {
    both(() => bitsOfTraining(kind, optimizer));
  });
});

describe("memory that grows before every call into WASM changes no bit", () => {
  /** Each exported function after a growth, which detaches every view that anybody holds. */
  const growing = <T extends object>(exports: T): T =>
    Object.fromEntries(
      Object.entries(exports).map(([name, value]) => [
        name,
        typeof value !== "function"
          ? value
          : (...args: unknown[]): unknown => {
              kernels.memory.grow(0);
              calls++;
              return (value as (...args: unknown[]) => unknown)(...args);
            },
      ]),
    ) as T;
  let calls = 0;
  const own = { ...kernels };
  beforeEach(() => {
    const { of, ...exports } = own;
    const grown = Object.entries(of).map(([dtype, kernels]) => [dtype, growing(kernels)]);
    Object.assign(kernels, growing(exports), { of: Object.fromEntries(grown) as Kernels["of"] });
  });
  afterEach(() => void Object.assign(kernels, own));
  const still = <R>(f: () => R): R => {
    const { ...moving } = kernels;
    Object.assign(kernels, own);
    try {
      return f();
    } finally {
      Object.assign(kernels, moving);
    }
  };

  test("a view does not survive such a call", () => {
    u.scope(() => {
      const x = u.zeros([4]);
      const held = x.view();
      u.zeros([4]);
      expect(held.length).toBe(0);
    });
  });
  test.each(rows.map((row) => [nameOf(row), row] as const))("%s", (_, row) => {
    calls = 0;
    const got = bitsOfCase(row);
    expect(calls).toBeGreaterThan(0);
    expect(got).toEqual(still(() => bitsOfCase(row)));
  });
  test.each(TRAININGS)("training an %s by %s", (kind, optimizer) => {
    expect(bitsOfTraining(kind, optimizer)).toEqual(still(() => bitsOfTraining(kind, optimizer)));
  });
  test("gradients of rows that are padding or come often", () => {
    const work = (): unknown =>
      u.scope(() => {
        const ids = u.tensor(Int32Array.of(2, 0, 2, 1));
        const weight = u.arange(6).reshape([3, 2]);
        weight.requiresGrad = true;
        const options = { paddingIdx: 0, scaleGradByFreq: true };
        u.sum(u.embedding(ids, weight, options)).backward();
        return weight.grad!.toArray();
      });
    expect(work()).toEqual(still(work));
  });
  test("random tensors, files and data", () => {
    const work = (): unknown[] =>
      u.scope(() => {
        u.manualSeed(5);
        const made = {
          rand: u.rand([67]),
          randn: u.randn([67], { dtype: "float64" }),
          randint: u.randint(-5, 5, [9]),
          randperm: u.randperm(17),
          bernoulli: u.bernoulli(u.full([9], 0.5)),
          trunc: u.nn.init.truncNormal(u.zeros([9])),
          orthogonal: u.nn.init.orthogonal(u.zeros([3, 4])),
          eye: u.eye(3),
          bool: u.tensor([true, false, true]),
          padded: u.padCollate()([Float32Array.of(1, 2), Float32Array.of(3)]).padded,
        };
        const file = u.saveSafetensors(
          new Map(Object.entries(made).filter(([, t]) => t instanceof u.Tensor)),
        );
        const back = u.loadSafetensors(file).tensors;
        return [
          Buffer.from(file).toString("base64"),
          ...[...back.values()].map((t) => [...t.data()]),
        ];
      });
    expect(work()).toEqual(still(work));
  });
});

describe("above 2 GiB, where addresses arrive negative, the bits are the same", () => {
  const GIB = 2 ** 30;
  const fillers: [number, number][] = [];
  /** Takes everything below 2 GiB, without touching it where nothing poisons it. */
  const takeLowMemory = (): void => {
    for (let bytes = GIB; bytes >= 64; bytes /= 8) {
      for (;;) {
        const at = alloc(bytes);
        if (at >= 2 * GIB) {
          free(at, bytes);
          break;
        }
        fillers.push([at, bytes]);
      }
    }
  };

  test("every op, and training", { timeout: 300_000 }, () => {
    const works = [
      ...rows.map((row) => [nameOf(row), () => bitsOfCase(row)] as const),
      ...TRAININGS.map(([kind, o]) => [kind, () => bitsOfTraining(kind, o)] as const),
    ];
    const low = works.map(([, work]) => work());
    const [before] = u.scope(() => [u.zeros([5]).ptr]);
    expect(before).toBeLessThan(2 * GIB);
    takeLowMemory();
    try {
      for (const bytes of [1, 100, 10_000, 1e6]) {
        u.scope(() =>
          expect(u.full([bytes], 0, { dtype: "bool" }).ptr).toBeGreaterThanOrEqual(2 * GIB),
        );
      }
      works.forEach(([name, work], i) => expect(work(), name).toEqual(low[i]));
    } finally {
      for (const [at, bytes] of fillers.splice(0)) free(at, bytes);
    }
  });
});
