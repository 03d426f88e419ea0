import { expect, test } from "vitest";
import { Generator, gradcheck, noGrad, randn } from "../../ts/index.ts";
import { eventTask } from "../../ts/theory/event-task.ts";
import { FRAMES, MEL_BANDS, syllables } from "../../ts/theory/phonemes.ts";
import { StackedNet } from "../../ts/theory/stacked-net.ts";
import { delayed, TDNN } from "../../ts/theory/tdnn.ts";
import { level } from "../support/given.ts";

test("a TDNN has the shapes and weights of Waibel et al.", () => {
  const tdnn = new TDNN(16);
  expect([...tdnn.parameters()].map((p) => p.shape)).toEqual([[8, 16, 3], [8], [3, 8, 5], [3]]);
  level(() => {
    const x = randn([2, 16, 15]);
    expect(tdnn.activations(x).map((y) => y.shape)).toEqual([[2, 8, 13], [2, 3, 9]]); // prettier-ignore
    expect(tdnn.forward(x).shape).toEqual([2, 3]);
  });
  tdnn.free();
});

test("a TDNN is differentiable", () => {
  const options = { dtype: "float64", layers: [{ units: 2, window: 2 }] } as const;
  const tdnn = new TDNN(2, { ...options, generator: new Generator(1) });
  level(() => {
    const x = randn([2, 2, 4], { dtype: "float64", generator: new Generator(2) });
    x.requiresGrad = true;
    gradcheck((own) => tdnn.forward(own), [x]);
  });
  tdnn.free();
});

test("delays reach back in time: delay 0 is the present", () => {
  // one unit, one input, two delays: y(t) = 10 x(t) + x(t − 1) + 0.5
  const y = delayed([1, 2, 3], [10, 1], [0.5], { inputs: 1, units: 1, window: 2 });
  expect([...y]).toEqual([21.5, 32.5]);
});

test("a stacked net reads one length only", () => {
  const net = new StackedNet(4, 3, 5, 2);
  level(() => {
    expect(noGrad(() => net.forward(randn([4, 7, 3]))).shape).toEqual([7, 2]);
    for (const shape of [
      [5, 7, 3],
      [4, 7, 2],
      [4, 3],
    ])
      // prettier-ignore
      expect(() => net.forward(randn(shape))).toThrow(/StackedNet: expected \[4, B, 3\], got/);
  });
  net.free();
});

test("events happen where they may, and are known from then on", () => {
  level(() => {
    const options = { length: 8, batch: 30, kinds: 3, places: [2, 5] as const };
    const { x, y } = eventTask({ ...options, generator: new Generator(1) });
    expect(x.shape).toEqual([8, 30, 3]);
    const [kinds, values] = [y.toArray() as number[][], x.toArray() as number[][][]];
    for (let b = 0; b < 30; b++) {
      const at = kinds.findIndex((row) => row[b] !== -100);
      expect(at).toBeGreaterThanOrEqual(2);
      expect(at).toBeLessThan(5);
      const kind = kinds.at(-1)![b]!;
      expect(kinds.slice(at).every((row) => row[b] === kind)).toBe(true);
      expect(values[at]![b]![kind]).toBeGreaterThan(0.5);
    }
  });
});

test("syllables are silent, then sound, and begin when they are told to", () => {
  level(() => {
    for (const shift of [-4, 0, 4]) {
      const { x, y } = syllables(50, [shift], new Generator(1));
      expect(x.shape).toEqual([50, MEL_BANDS, FRAMES]);
      expect(new Set(y.data()).size).toBe(3);
      const loudness = [...x.mean([0, 1]).data()];
      const first = loudness.findIndex((v) => v > 0.1);
      expect(first).toBe(5 + shift);
      expect(loudness.slice(first).every((v) => v > 0.1)).toBe(true);
    }
  });
});
