/** @file Arrays for oracles: slow, obvious, in float64. */

import type { Shape } from "../../ts/index.ts";
import type { Nd } from "./cases.ts";

export const sizeOf = (shape: Shape): number => shape.reduce((n, d) => n * d, 1);

/** The array whose element at each index is `f(index)`. */
export function build(shape: Shape, f: (index: number[]) => number): Nd {
  const data = Array.from({ length: sizeOf(shape) }, (_, flat) => {
    const index = new Array<number>(shape.length);
    for (let i = shape.length - 1, rest = flat; i >= 0; i--) {
      index[i] = rest % shape[i]!;
      rest = Math.floor(rest / shape[i]!);
    }
    return f(index);
  });
  return { shape, data };
}

/** The element at an index. Axes of size 1 repeat, and axes in front that `x` does not have are dropped. */
export function at(x: Nd, index: readonly number[]): number {
  const own = index.slice(index.length - x.shape.length);
  return x.data[own.reduce((flat, i, a) => flat * x.shape[a]! + (x.shape[a] === 1 ? 0 : i), 0)]!;
}

export const broadcast = (...shapes: Shape[]): number[] => {
  const rank = Math.max(...shapes.map((s) => s.length));
  return Array.from({ length: rank }, (_, i) => {
    const sizes = shapes.map((s) => s[s.length - rank + i] ?? 1);
    return sizes.find((d) => d !== 1) ?? 1;
  });
};

/** An oracle that works element by element, with broadcasting. */
export const each =
  (f: (...xs: number[]) => number) =>
  (...xs: Nd[]): Nd =>
    build(broadcast(...xs.map((x) => x.shape)), (index) => f(...xs.map((x) => at(x, index))));

/** An oracle that reduces axes. */
export const over =
  (axes: readonly number[] | undefined, f: (values: number[]) => number, keepdim = false) =>
  (x: Nd): Nd => {
    const gone = (a: number): boolean => !axes || axes.includes(a);
    const kept = x.shape.map((d, a) => (gone(a) ? 1 : d));
    const inside = x.shape.map((d, a) => (gone(a) ? d : 1));
    const { data } = build(kept, (start) =>
      f(
        build(inside, (step) =>
          at(
            x,
            start.map((s, a) => s + step[a]!),
          ),
        ).data,
      ),
    );
    return { shape: keepdim ? kept : x.shape.filter((_, a) => !gone(a)), data };
  };

/** Σ, compensated (Neumaier 1974). */
export function total(values: readonly number[]): number {
  let [sum, lost] = [0, 0];
  for (const v of values) {
    const next = sum + v;
    lost += Math.abs(sum) >= Math.abs(v) ? sum - next + v : v - next + sum;
    sum = next;
  }
  return sum + lost;
}

/** erf x: its series near 0, the continued fraction of erfc far from it. */
export function erf(x: number): number {
  if (Math.abs(x) < 2.5) {
    let [sum, term] = [x, x];
    for (let n = 1; Math.abs(term) > 1e-17 * Math.abs(sum); n++) {
      term *= (-x * x) / n;
      sum += term / (2 * n + 1);
    }
    return (2 / Math.sqrt(Math.PI)) * sum;
  }
  let fraction = 0;
  for (let k = 120; k > 0; k--) fraction = k / 2 / (Math.abs(x) + fraction);
  const erfc = Math.exp(-x * x) / Math.sqrt(Math.PI) / (Math.abs(x) + fraction);
  return Math.sign(x) * (1 - erfc);
}

/** Numbers between `low` and `high`, the same each time for a seed. */
export function random(n: number, seed: number, [low, high]: readonly [number, number]): number[] {
  let state = (seed * 2654435761 + 12345) % 2147483647 || 1;
  return Array.from({ length: n }, () => {
    state = (state * 48271) % 2147483647;
    return low + (high - low) * (state / 2147483647);
  });
}
