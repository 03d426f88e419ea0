/** @file Curves over steps, as SVG. */

import { scaleLinear, scaleLog } from "d3-scale";
import { line } from "d3-shape";
import { COLOUR, powerOfTen, shown } from "./drawing.ts";
import { escape } from "./escape.ts";

/** A point of a curve. */
export type Point = readonly [x: number, y: number];

export interface Curve {
  name: string;
  /** The class of its colours, for a page that knows it. */
  kind?: string;
  /** Its colour otherwise. */
  colour?: string;
  dashed?: boolean;
  points: readonly Point[];
  /** Whether its points are marked, each with its value. */
  marked?: boolean;
  /** Whether its name stands at its end. Default true. */
  named?: boolean;
}

/** A level to compare curves with. */
export interface Level {
  name: string;
  kind?: string;
  colour?: string;
  y: number;
}

export interface LineChartOptions {
  curves: readonly Curve[];
  levels?: readonly Level[];
  xLabel: string;
  yLabel: string;
  /** Default linear, from 0. */
  yScale?: "linear" | "log";
  /** What it shows, for those who cannot see it. */
  description: string;
}

const [WIDTH, HEIGHT] = [960, 420];
const MARGIN = { top: 34, right: 178, bottom: 48, left: 48 };
/** On the right, where values are longer. */
const WIDE_MARGIN = 292;
const LABEL = 19;

/**
 * A chart of curves, each with its name at its end. On a logarithmic scale what is not above 0 is left out.
 *
 * @example
 * const curve = { name: "loss", points: [[1, 2.5], [2, 1.7], [3, 1.2]] as const };
 * const svg = lineChart({ curves: [curve], xLabel: "steps", yLabel: "loss", description: "It falls." });
 * svg.includes("<svg"); // true
 */
export function lineChart({
  curves,
  levels = [],
  xLabel,
  yLabel,
  yScale = "linear",
  description,
}: LineChartOptions): string {
  const log = yScale === "log";
  const drawable = ([, y]: Point): boolean => !log || y > 0;
  const points = curves.flatMap((curve) => curve.points).filter(drawable);
  const ys = [...points.map(([, y]) => y), ...levels.map((level) => level.y)];
  const right = WIDTH - (log ? WIDE_MARGIN : MARGIN.right);
  const x = scaleLinear([0, Math.max(1, ...points.map(([x]) => x))], [MARGIN.left, right]);
  const heights = [HEIGHT - MARGIN.bottom, MARGIN.top] as const;
  const y = log
    ? scaleLog([Math.min(1, ...ys), Math.max(1, ...ys)], heights).nice()
    : scaleLinear([0, Math.max(1, ...ys)], heights).nice(6);
  const path = line<Point>(
    ([px]) => x(px),
    ([, py]) => y(py),
  ).digits(1);
  const valueOf = (v: number): string => (log ? shown(v, 2) : v.toFixed(2));

  const ticks: [at: number, label: string][] = log
    ? y.ticks(6).map(exponentOf).filter(Number.isInteger).map((n) => [Number(`1e${n}`), powerOfTen(n)]) // prettier-ignore
    : y.ticks(6).map((tick) => [tick, String(tick)]);
  const grid = ticks.map(
    ([tick, label]) =>
      `<line class="grid" stroke="${COLOUR.rule}" x1="${MARGIN.left}" x2="${right}" y1="${y(tick)}" y2="${y(tick)}"/>` +
      `<text class="tick" x="${MARGIN.left - 10}" y="${y(tick)}" dy="0.32em" text-anchor="end">${label}</text>`,
  );
  const bottom = HEIGHT - MARGIN.bottom;
  const steps = x
    .ticks(7)
    .map(
      (tick) =>
        `<text class="tick" x="${x(tick)}" y="${bottom + 20}" text-anchor="middle">${tick.toLocaleString("en")}</text>`,
    );
  const flat = levels.map(
    ({ kind = "", colour, y: at }) =>
      `<line class="level ${kind}"${strokeOf(colour)} stroke-dasharray="2 5" x1="${MARGIN.left}" x2="${right}" y1="${y(at).toFixed(1)}" y2="${y(at).toFixed(1)}"/>`,
  );
  const drawn = curves.map(({ kind = "", colour, dashed, points: own, marked, name }) => {
    const marks = marked
      ? own
          .filter(drawable)
          .map(
            ([px, py]) =>
              `<circle class="${kind}"${strokeOf(colour)} fill="${COLOUR.card}" cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3.2">` +
              `<title>${escape(`${name}, ${xLabel} ${px.toLocaleString("en")}: ${log ? shown(py, 3) : py.toFixed(3)}`)}</title></circle>`,
          )
      : [];
    const d = path(own.filter(drawable)) ?? "";
    return `<path class="curve ${kind}"${strokeOf(colour)} fill="none"${dashed ? ' stroke-dasharray="6 4"' : ""} d="${d}"/>${marks.join("")}`;
  });
  const ends = [
    ...levels.map(({ name, kind, colour, y: at }) => ({ name, kind, colour, value: at })),
    ...curves
      .map(({ points: own, ...curve }) => ({ ...curve, last: own.filter(drawable).at(-1) }))
      .flatMap(({ name, kind, colour, named = true, last }) =>
        named && last ? [{ name, kind, colour, value: last[1] }] : [],
      ),
  ];
  const places = apart(ends.map((end) => y(end.value)));
  const names = ends.map(
    ({ name, kind = "", colour, value }, i) =>
      `<text class="name ${kind}"${colour ? ` style="fill:${colour}"` : ""} x="${right + 12}" y="${places[i]!.toFixed(1)}" dy="0.32em">${escape(name)} ` +
      `<tspan class="value">${valueOf(value)}</tspan></text>`,
  );
  return (
    `<svg xmlns="${escape("http://www.w3.org/2000/svg")}" class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(description)}" ` +
    `fill="${COLOUR.soft}" font-family="sans-serif" font-size="13">` +
    [...grid, ...steps, ...flat, ...drawn, ...names].join("") +
    `<text class="axis" x="${MARGIN.left - 38}" y="14">${escape(yLabel)}</text>` +
    `<text class="axis" x="${right}" y="${HEIGHT - 8}" text-anchor="end">${escape(xLabel)}</text></svg>`
  );
}

const strokeOf = (colour = COLOUR.soft as string): string =>
  ` stroke="${colour}" stroke-width="2.2"`;

/** n of 10ⁿ; NaN of other numbers, which a scale of few decades has ticks at, too. */
function exponentOf(tick: number): number {
  const n = Math.round(Math.log10(tick));
  return Number(`1e${n}`) === tick ? n : NaN;
}

/** The heights, moved as little as keeps names from covering each other. */
function apart(heights: readonly number[]): number[] {
  const order = heights.map((_, i) => i).sort((a, b) => heights[a]! - heights[b]!);
  const moved = [...heights];
  for (let pass = 0; pass < 50; pass++) {
    for (let k = 1; k < order.length; k++) {
      const [a, b] = [order[k - 1]!, order[k]!];
      const overlap = LABEL - (moved[b]! - moved[a]!);
      if (overlap > 0) {
        moved[a]! -= overlap / 2;
        moved[b]! += overlap / 2;
      }
    }
  }
  return moved;
}
