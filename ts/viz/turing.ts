/** @file Runs of a Turing machine. */

import { COLOUR, drawing, text } from "./drawing.ts";

/** A moment: the symbols leftwards of the head, and those from the head rightwards. */
export interface TapeMoment {
  state: string;
  head: number;
  left: readonly number[];
  right: readonly number[];
}

const WIDTH = 960;

/** The tape over time, from left to right: each column is a step, dark where a symbol is not blank, the head marked. */
export function tapeDiagram({
  moments,
  description,
}: {
  moments: readonly TapeMoment[];
  description: string;
}): string {
  const heads = moments.map(({ head }) => head);
  const low = Math.min(...heads.map((head, t) => head - moments[t]!.left.length));
  const high = Math.max(...heads.map((head, t) => head + Math.max(1, moments[t]!.right.length)));
  const cell = Math.min(15, (WIDTH - 90) / moments.length);
  const [left, top] = [58, 14];
  const x = (t: number): number => left + t * cell;
  const y = (place: number): number => top + (place - low) * cell;
  const parts = [
    rect(left, top, moments.length * cell, (high - low) * cell, COLOUR.wash),
    ...moments.flatMap(({ left: behind, right: ahead }, t) => [
      ...behind.map((symbol, i) => symbolAt(x(t), y(heads[t]! - 1 - i), cell, symbol)),
      ...ahead.map((symbol, i) => symbolAt(x(t), y(heads[t]! + i), cell, symbol)),
      `<rect x="${at(x(t) + 0.5)}" y="${at(y(heads[t]!) + 0.5)}" width="${at(cell - 1)}" height="${at(cell - 1)}" fill="none" stroke="${COLOUR.warm}" stroke-width="1.8"/>`,
    ]),
    ...moments.map(({ state }, t) =>
      text(x(t) + cell / 2, top + (high - low) * cell + 12, state, { size: Math.min(12, cell * 1.05), colour: COLOUR.soft }),
    ),
    text(left - 12, top + ((high - low) * cell) / 2, "tape", { anchor: "end", size: 14 }),
    text(left - 12, top + (high - low) * cell + 12, "state", { anchor: "end", size: 13, colour: COLOUR.soft }),
    ...[0, 20, 40, 60, 80, 100]
      .filter((t) => t < moments.length)
      .map((t) => text(x(t) + cell / 2, top + (high - low) * cell + 32, String(t), { size: 12, colour: COLOUR.soft })),
    text(x(moments.length) , top + (high - low) * cell + 50, "step", { anchor: "end", size: 13, colour: COLOUR.soft }),
  ]; // prettier-ignore
  return drawing(WIDTH, top + (high - low) * cell + 62, description, parts);
}

/** A moment of a run by two numbers from 0 to 1, the stacks. */
export interface StackMoment {
  L: number;
  R: number;
}

const [PLOT, BAND] = [720, 26];

/**
 * The two stacks of a run as points of [0, 1], later ones lower; behind them, the intervals that numbers of one, two and
 * three symbols lie in, and between those the gaps.
 */
export function cantorPlot({
  moments,
  base,
  symbols,
  description,
}: {
  moments: readonly StackMoment[];
  /** Of the code. */
  base: number;
  symbols: number;
  description: string;
}): string {
  const [left, top, height] = [120, 10, 250];
  const x = (q: number): number => left + q * PLOT;
  const bands = [1, 2, 3].map((depth) => {
    const y = top + (depth - 1) * BAND;
    return (
      intervals(depth, base, symbols)
        .map(([from, width]) => rect(x(from), y, width * PLOT, BAND - 6, COLOUR.rule))
        .join("") +
      text(left - 14, y + BAND / 2 - 3, depth === 1 ? "1 symbol" : `${depth} symbols`, {
        anchor: "end",
        size: 13,
        colour: COLOUR.soft,
      })
    );
  });
  const start = top + 3 * BAND + 8;
  const lanes = intervals(1, base, symbols).map(([from, width]) =>
    rect(x(from), start, width * PLOT, height, COLOUR.wash),
  );
  const dot = (q: number, t: number, colour: string): string =>
    `<circle cx="${at(x(q))}" cy="${at(start + 8 + (t * (height - 16)) / Math.max(1, moments.length - 1))}" r="2.6" fill="${colour}"/>`;
  const points = moments.flatMap(({ L, R }, t) => [dot(L, t, COLOUR.cool), dot(R, t, COLOUR.warm)]);
  const axis = [0, 1 / 4, 1 / 2, 3 / 4, 1].map((q) =>
    text(x(q), start + height + 16, String(q), { size: 12, colour: COLOUR.soft }),
  );
  const legend =
    text(left - 14, start + 10, "start", { anchor: "end", size: 13, colour: COLOUR.soft }) +
    text(left - 14, start + height - 10, "halt", { anchor: "end", size: 13, colour: COLOUR.soft }) +
    text(left + PLOT + 18, start + 20, "left of the head", { anchor: "start", size: 13, colour: COLOUR.cool }) +
    text(left + PLOT + 18, start + 40, "right of it", { anchor: "start", size: 13, colour: COLOUR.warm }); // prettier-ignore
  return drawing(WIDTH, start + height + 28, description, [...bands, ...lanes, ...points, ...axis, legend]); // prettier-ignore
}

/** Where numbers with so many symbols on top lie: [start, width]. */
function intervals(depth: number, base: number, symbols: number): [from: number, width: number][] {
  if (depth === 0) return [[0, 1]];
  return intervals(depth - 1, base, symbols).flatMap(([from, width]) =>
    Array.from({ length: symbols }, (_, a): [number, number] => [
      from + (width * (2 * a + 1)) / base,
      width / base,
    ]),
  );
}

const symbolAt = (x: number, y: number, cell: number, symbol: number): string =>
  symbol === 0 ? "" : rect(x, y, cell, cell, COLOUR.ink, 0.86);

const rect = (x: number, y: number, w: number, h: number, fill: string, opacity = 1): string =>
  `<rect x="${at(x)}" y="${at(y)}" width="${at(w)}" height="${at(h)}" fill="${fill}"${opacity === 1 ? "" : ` fill-opacity="${opacity}"`}/>`;

const at = (v: number): string => String(Math.round(v * 100) / 100);
