/** @file Curves over steps, as SVG that takes its colours from the page. */

import { scaleLinear } from "d3-scale";
import { line } from "d3-shape";
import { escape } from "./escape.ts";

export type Point = readonly [x: number, y: number];

export interface Curve {
  name: string;
  /** The class of its colours. */
  kind: string;
  points: readonly Point[];
  /** Whether its points are marked, each with its value. */
  marked?: boolean;
  /** Whether its name stands at its end. Default true. */
  named?: boolean;
}

/** A level to compare curves with. */
export interface Level {
  name: string;
  kind: string;
  y: number;
}

export interface LineChartOptions {
  curves: readonly Curve[];
  levels?: readonly Level[];
  xLabel: string;
  yLabel: string;
  /** What it shows, for those who cannot see it. */
  description: string;
}

const [WIDTH, HEIGHT] = [960, 420];
const MARGIN = { top: 34, right: 178, bottom: 48, left: 48 };
const LABEL = 19;

/** A chart of curves, each with its name at its end. */
export function lineChart({
  curves,
  levels = [],
  xLabel,
  yLabel,
  description,
}: LineChartOptions): string {
  const points = curves.flatMap((curve) => curve.points);
  const ys = [...points.map(([, y]) => y), ...levels.map((level) => level.y)];
  const x = scaleLinear(
    [0, Math.max(1, ...points.map(([x]) => x))],
    [MARGIN.left, WIDTH - MARGIN.right],
  );
  const y = scaleLinear([0, Math.max(1, ...ys)], [HEIGHT - MARGIN.bottom, MARGIN.top]).nice(6);
  const path = line<Point>(
    ([px]) => x(px),
    ([, py]) => y(py),
  ).digits(1);
  const right = WIDTH - MARGIN.right;

  const grid = y
    .ticks(6)
    .map(
      (tick) =>
        `<line class="grid" x1="${MARGIN.left}" x2="${right}" y1="${y(tick)}" y2="${y(tick)}"/>` +
        `<text class="tick" x="${MARGIN.left - 10}" y="${y(tick)}" dy="0.32em" text-anchor="end">${tick}</text>`,
    );
  const bottom = HEIGHT - MARGIN.bottom;
  const steps = x
    .ticks(7)
    .map(
      (tick) =>
        `<text class="tick" x="${x(tick)}" y="${bottom + 20}" text-anchor="middle">${tick.toLocaleString("en")}</text>`,
    );
  const flat = levels.map(
    ({ kind, y: at }) =>
      `<line class="level ${kind}" x1="${MARGIN.left}" x2="${right}" y1="${y(at).toFixed(1)}" y2="${y(at).toFixed(1)}"/>`,
  );
  const drawn = curves.map(({ kind, points: own, marked, name }) => {
    const marks = marked
      ? own.map(
          ([px, py]) =>
            `<circle class="${kind}" cx="${x(px).toFixed(1)}" cy="${y(py).toFixed(1)}" r="3.2">` +
            `<title>${escape(`${name}, step ${px.toLocaleString("en")}: ${py.toFixed(3)}`)}</title></circle>`,
        )
      : [];
    return `<path class="curve ${kind}" d="${path(own) ?? ""}"/>${marks.join("")}`;
  });
  const ends = [
    ...levels.map(({ name, kind, y: at }) => ({ name, kind, value: at })),
    ...curves
      .filter(({ named = true, points: own }) => named && own.length > 0)
      .map(({ name, kind, points: own }) => ({ name, kind, value: own.at(-1)![1] })),
  ];
  const heights = apart(ends.map((end) => y(end.value)));
  const names = ends.map(
    ({ name, kind, value }, i) =>
      `<text class="name ${kind}" x="${right + 12}" y="${heights[i]!.toFixed(1)}" dy="0.32em">${escape(name)} ` +
      `<tspan class="value">${value.toFixed(2)}</tspan></text>`,
  );
  return (
    `<svg class="chart" viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escape(description)}">` +
    [...grid, ...steps, ...flat, ...drawn, ...names].join("") +
    `<text class="axis" x="${MARGIN.left - 38}" y="14">${escape(yLabel)}</text>` +
    `<text class="axis" x="${right}" y="${HEIGHT - 8}" text-anchor="end">${escape(xLabel)}</text></svg>`
  );
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
