import { expect, test } from "vitest";
import { steepest } from "../../bench/growth.ts";
import { median } from "../../bench/measure.ts";
import { line, seconds } from "../../bench/table.ts";
import { isMet } from "../../bench/work.ts";

test("a bar is met from its edge on", () => {
  expect(isMet({ of: "share", atLeast: 0.9 }, { share: 0.9 })).toBe(true);
  expect(isMet({ of: "share", atLeast: 0.9 }, { share: 0.89 })).toBe(false);
  expect(isMet({ of: "factor", atMost: 1.25 }, { share: 0.8 })).toBe(true);
  expect(isMet({ of: "factor", atMost: 1.25 }, { share: 0.79 })).toBe(false);
});

test("what was not measured meets no bar", () => {
  expect(isMet({ of: "time", atMost: 1 }, {})).toBe(false);
  expect(isMet({ of: "factor", atMost: 1 }, { note: "not measured" })).toBe(false);
});

test("the steepest step is what doubling costs beyond what it should", () => {
  const points = [1, 2, 6, 12].map((time, i) => ({ time, work: 2 ** i }));
  expect(steepest(points).growth).toBeCloseTo(1.5);
  expect(
    steepest([
      { time: 5, work: 1 },
      { time: 5, work: 2 },
    ]).growth,
  ).toBe(0.5);
});

test("the median of an even number of values lies between the two in the middle", () => {
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([9, 1, 5])).toBe(5);
});

test("a row shows what was reached, and whether that is enough", () => {
  const bar = { of: "factor", atMost: 1.22 } as const;
  const text = line(
    "LSTM",
    { time: 0.0326, rate: { value: 50, unit: "GFLOP/s" }, share: 0.8 },
    bar,
  );
  expect(text).toMatch(/^LSTM +32\.6 ms +50\.0 GFLOP\/s +80 % +<= 1\.22 x \(1\.25 x\) +NO$/);
});

test.each([
  [1.5e-9, "1.50 ns"],
  [2.5e-6, "2.50 us"],
  [0.25, "250 ms"],
])("%d seconds are %s", (s, text) => expect(seconds(s)).toBe(text));
