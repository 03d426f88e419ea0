/** @file Verdicts from numbers. */

import type { Verdict } from "./exhibit.ts";

/** Six digits at most. */
export function figure(x: number): string {
  const size = Math.abs(x);
  if (size === 0) return "0";
  return size >= 1e-3 && size < 1e6 ? String(Number(x.toPrecision(6))) : x.toExponential(1);
}

/** To the last bit. */
export const exactly = (what: string, expected: number, measured: number): Verdict => ({
  what,
  expected: figure(expected),
  measured: figure(measured),
  pass: measured === expected,
});

/** Within a distance. */
export const within = (
  what: string,
  expected: number,
  measured: number,
  distance: number,
): Verdict => ({
  what,
  expected: `${String(expected)} ± ${figure(distance)}`,
  measured: String(measured),
  pass: Math.abs(measured - expected) <= distance,
});

export const below = (what: string, bound: number, measured: number): Verdict => ({
  what,
  expected: `below ${figure(bound)}`,
  measured: figure(measured),
  pass: measured < bound,
});

export const above = (what: string, bound: number, measured: number): Verdict => ({
  what,
  expected: `above ${figure(bound)}`,
  measured: figure(measured),
  pass: measured > bound,
});
