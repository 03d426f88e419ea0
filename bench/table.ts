/** @file The table in the terminal. */

import { type Bar, type Figures, isMet, reached } from "./work.ts";

const WIDTHS = [58, 10, 13, 7, 12, 20, 4];
const HEADER = ["work", "time", "rate", "share", "an element", "must reach", ""];

export const header = (): string => `${row(HEADER)}\n${row(WIDTHS.map((n) => "-".repeat(n)))}`;

export function line(name: string, figures: Figures, bar?: Bar): string {
  const { time, rate, share, perElement, bytes, growth, speedup, note } = figures;
  const factor = growth ?? speedup;
  return row([
    name,
    bytes === undefined ? (time === undefined ? "" : seconds(time)) : `${kilobytes(bytes)}`,
    rate ? `${rate.value.toFixed(1)} ${rate.unit}` : factor ? times(factor) : "",
    share ? percent(share) : "",
    perElement ? seconds(perElement) : "",
    bar ? must(bar, figures) : "",
    bar ? (isMet(bar, figures) ? "yes" : "NO") : "",
    note ?? "",
  ]);
}

function must(bar: Bar, figures: Figures): string {
  const [sign, value] = "atLeast" in bar ? [">=", bar.atLeast] : ["<=", bar.atMost];
  const show = SHOW[bar.of];
  const now = bar.of === "factor" ? ` (${show(reached(bar, figures))})` : "";
  return `${sign} ${show(value)}${now}`;
}

const percent = (x: number): string => `${(100 * x).toFixed(0)} %`;
const kilobytes = (n: number): string => `${(n / 1000).toFixed(1)} kB`;
const times = (x: number): string => `${x.toFixed(2)} x`;

const SHOW: Record<Bar["of"], (value: number) => string> = {
  time: seconds,
  perElement: seconds,
  share: percent,
  factor: times,
  growth: times,
  speedup: times,
  bytes: kilobytes,
};

/** Three digits, in the unit that suits them. */
export function seconds(s: number): string {
  const [scale, unit] = s < 1e-7 ? [1e9, "ns"] : s < 1e-4 ? [1e6, "us"] : [1e3, "ms"];
  return `${(s * scale).toPrecision(3)} ${unit}`;
}

/** Text to the left, numbers to the right. */
const row = (cells: readonly string[]): string =>
  cells
    .map((cell, i) => (i === 0 ? cell.padEnd(WIDTHS[i]!) : cell.padStart(WIDTHS[i] ?? 0)))
    .join("  ")
    .trimEnd();
