/** @file One head, small: only its lines. */

import { short } from "./lines.ts";

/** How wide and high it is, in units of the picture. */
export const CELL = 64;
const EDGE = 4;
/** Below this a line cannot be seen. */
const FAINT = 0.004;

/** The width of its lines: of many, finer. */
export const strokeOf = (L: number, S: number): number => (Math.max(L, S) > 16 ? 0.5 : 1);

/** Hears every line that can be seen of weights [L, S]: where it begins and ends, and its opacity. */
function eachLine(
  weights: ArrayLike<number>,
  L: number,
  S: number,
  hear: (y1: number, y2: number, opacity: number) => void,
): void {
  const at = (i: number, n: number): number => ((i + 0.5) / n) * CELL;
  for (let i = 0; i < L; i++) {
    for (let j = 0; j < S; j++) {
      const w = weights[i * S + j]!;
      if (w >= FAINT) hear(at(i, L), at(j, S), w);
    }
  }
}

export function thumbnail(weights: ArrayLike<number>, L: number, S: number): string {
  let paths = "";
  eachLine(weights, L, S, (y1, y2, opacity) => {
    paths += `<path d="M${EDGE} ${short(y1)}L${CELL - EDGE} ${short(y2)}" stroke-opacity="${short(opacity)}"/>`;
  });
  return paths;
}

/**
 * The same as points, `density` to a unit: their opacities, row by row. A page has too many lines for an element each, and a
 * canvas takes seconds for those of a whole model; column by column they take milliseconds.
 */
export function raster(
  weights: ArrayLike<number>,
  L: number,
  S: number,
  density: number,
): Float32Array {
  const size = CELL * density;
  const clear = new Float32Array(size * size).fill(1); // what shows through
  const half = (strokeOf(L, S) * density) / 2;
  const [from, to] = [EDGE * density, size - EDGE * density];
  eachLine(weights, L, S, (y1, y2, opacity) => {
    const slope = (y2 - y1) / (CELL - 2 * EDGE);
    for (let x = from; x < to; x++) {
      const y = y1 * density + slope * (x + 0.5 - from);
      const [above, below] = [Math.max(0, y - half), Math.min(size, y + half)];
      for (let row = Math.floor(above); row < below; row++) {
        const covered = Math.min(row + 1, below) - Math.max(row, above);
        clear[row * size + x]! *= 1 - opacity * covered;
      }
    }
  });
  return clear.map((share) => 1 - share);
}
