/** @file A TDNN at work, as in Waibel et al. (1989): the spectrogram below, the layers above it, the evidence beside. */

import { COLOUR, drawing, shown, text } from "./drawing.ts";

/** Options of `tdnnFigure`. */
export interface TDNNFigureOptions {
  /** [band][frame], the lowest first. */
  input: readonly (readonly number[])[];
  /** [unit][step] of each layer, from 0 to 1; the last has a unit for each class. */
  layers: readonly { units: readonly (readonly number[])[]; window: number }[];
  classes: readonly string[];
  /** Σ_t y² of each class. */
  evidence: readonly number[];
  description: string;
}

const CELL = 26;
const LEFT = 190;
const GAP = 46;

/**
 * Every unit at every time, as a square whose size is its activation.
 *
 * @returns an SVG
 */
export function tdnnFigure({
  input,
  layers,
  classes,
  evidence,
  description,
}: TDNNFigureOptions): string {
  const frames = input[0]!.length;
  const right = LEFT + frames * CELL;
  const parts: string[] = [];
  let top = 16;
  const offsets = layers.map((_, i) =>
    layers.slice(0, i + 1).reduce((sum, { window }) => sum + (window - 1) / 2, 0),
  );
  for (const [i, { units, window }] of [...layers.entries()].reverse()) {
    const left = LEFT + offsets[i]! * CELL;
    const last = i === layers.length - 1;
    units.forEach((steps, u) => {
      const y = top + (u + 0.5) * CELL;
      steps.forEach((v, t) => parts.push(square(left + (t + 0.5) * CELL, y, v)));
      if (!last) return;
      parts.push(text(left - 14, y, classes[u]!, { anchor: "end", weight: 600 }));
      const length = (150 * evidence[u]!) / Math.max(...evidence);
      parts.push(
        `<rect x="${right + 24}" y="${y - 7}" width="${place(length)}" height="14" rx="2" fill="${COLOUR.warm}"/>`,
        text(right + 32 + length, y, shown(evidence[u]!, 3), { anchor: "start", size: 13 }),
      );
    });
    parts.push(frame(left, top, units[0]!.length, units.length));
    const middle = top + (units.length * CELL) / 2;
    parts.push(
      label(middle, `${units.length} units`, `${window} ${i === 0 ? "frames" : "steps"} each`),
    );
    if (last) {
      const y = top + units.length * CELL + 18;
      parts.push(text(right + 24, y, "Σ y² over time", { anchor: "start", size: 13, colour: COLOUR.soft })); // prettier-ignore
    }
    top += units.length * CELL + GAP;
    parts.push(fan(left, top - GAP, top, window));
  }
  const most = Math.max(...input.flat());
  input.toReversed().forEach((band, row) =>
    band.forEach((v, t) => {
      const share = Math.max(0, v / most);
      if (share < 0.02) return;
      parts.push(
        `<rect x="${LEFT + t * CELL}" y="${top + row * 15}" width="${CELL}" height="15" fill="${COLOUR.ink}" fill-opacity="${share.toFixed(2)}"/>`,
      );
    }),
  );
  const height = input.length * 15;
  parts.push(
    `<rect x="${LEFT}" y="${top}" width="${frames * CELL}" height="${height}" fill="none" stroke="${COLOUR.soft}"/>`,
    label(top + height / 2, `${input.length} mel bands`, `${frames} frames of 10 ms`),
  );
  return drawing(right + 250, top + height + 12, description, parts);
}

/** A square as large as the activation, as Hinton draws them. */
const square = (x: number, y: number, v: number): string => {
  const side = CELL * 0.9 * Math.sqrt(Math.max(0, v));
  if (side < 1) return "";
  return `<rect x="${place(x - side / 2)}" y="${place(y - side / 2)}" width="${place(side)}" height="${place(side)}" fill="${COLOUR.ink}"/>`;
};

const frame = (x: number, y: number, columns: number, rows: number): string =>
  `<rect x="${place(x)}" y="${place(y)}" width="${place(columns * CELL)}" height="${place(rows * CELL)}" fill="none" stroke="${COLOUR.soft}"/>`;

const label = (y: number, first: string, second: string): string =>
  text(LEFT - 60, y - 10, first, { anchor: "end", size: 14 }) +
  text(LEFT - 60, y + 10, second, { anchor: "end", size: 13, colour: COLOUR.soft });

/** What the first step of a layer sees of the one below: its window, from its own place down. */
const fan = (left: number, bottom: number, top: number, window: number): string => {
  const reach = ((window - 1) / 2) * CELL;
  return `<path d="M${place(left)} ${bottom}L${place(left - reach)} ${top}H${place(left + CELL + reach)}L${place(left + CELL)} ${bottom}Z" fill="${COLOUR.warm}" fill-opacity="0.13" stroke="none"/>`;
};

const place = (v: number): string => String(Math.round(v * 100) / 100);
