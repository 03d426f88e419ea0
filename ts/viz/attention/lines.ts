/** @file Tokens on the left, tokens on the right, and a line for each weight between them. */

import { COLOUR, text } from "../drawing.ts";
import type { Block } from "./blocks.ts";
import { countActive } from "./heads.ts";
import { visible } from "./words.ts";

export type Side = "left" | "right";

/** A token that is pointed at. */
export interface Pointed {
  side: Side;
  index: number;
}

/** Where things are, in units of the picture: widths of the two columns and of what lies between. */
export interface Layout {
  left: number;
  middle: number;
  right: number;
  /** Where the first row begins, and how high each is. */
  top: number;
  row: number;
}

const SIZE = 15;

export function layoutOf({ left, right }: Pick<Block, "left" | "right">, top = 4): Layout {
  const rows = Math.max(left.length, right.length);
  const middle = Math.min(360, Math.max(200, 14 * rows));
  return { left: columnWidth(left), middle, right: columnWidth(right), top, row: 24 };
}

export const widthOf = ({ left, middle, right }: Layout): number => left + middle + right;

export const heightOf = ({ top, row }: Layout, { left, right }: Pick<Block, "left" | "right">) =>
  top + row * Math.max(left.length, right.length) + 4;

/** Room for the longest token, by the usual widths of letters. */
export function columnWidth(tokens: readonly string[]): number {
  const widths = tokens.map((token) =>
    [...visible(token)].reduce((sum, c) => sum + (c > "\u2e7f" ? SIZE : 0.58 * SIZE), 0),
  );
  return Math.ceil(Math.max(56, ...widths) + 20);
}

/** The middle of a row. */
export const rowAt = ({ top, row }: Layout, i: number): number => top + (i + 0.5) * row;

/** A number between tags: five digits after the point. */
export const short = (x: number): string => String(Math.round(x * 1e5) / 1e5);

/** A line for each active head and pair of tokens, as opaque as its weight over the number of active heads. */
export function lines(
  { heads, left, right, weights }: Block,
  layout: Layout,
  active: readonly boolean[],
  colour: (head: number) => string,
  pointed?: Pointed,
): string {
  const [L, S] = [left.length, right.length];
  const n = countActive(active);
  const [x1, x2] = [layout.left, layout.left + layout.middle];
  const groups = heads.map((head, h) => {
    if (!active[h]) return "";
    let own = "";
    for (let i = 0; i < L; i++) {
      if (pointed?.side === "left" && pointed.index !== i) continue;
      for (let j = 0; j < S; j++) {
        if (pointed?.side === "right" && pointed.index !== j) continue;
        const opacity = short(weights[(h * L + i) * S + j]! / n);
        own += `<path d="M${x1} ${rowAt(layout, i)}L${x2} ${rowAt(layout, j)}" stroke-opacity="${opacity}"/>`;
      }
    }
    return `<g class="head" stroke="${colour(head)}">${own}</g>`;
  });
  return `<g stroke-width="2" fill="none">${groups.join("")}</g>`;
}

/** For a token pointed at: each token of the other side behind a bar for each head, as opaque as the weight. */
export function boxes(
  { heads, left, right, weights }: Block,
  layout: Layout,
  active: readonly boolean[],
  colour: (head: number) => string,
  { side, index }: Pointed,
): string {
  const [L, S] = [left.length, right.length];
  const own = heads.map((head, h) => ({ head, h })).filter(({ h }) => active[h]);
  const [x, width, others] =
    side === "left" ? [layout.left + layout.middle, layout.right, S] : [0, layout.left, L];
  const bar = width / own.length;
  const rects = own.flatMap(({ head, h }, place) =>
    Array.from({ length: others }, (_, k) => {
      const [i, j] = side === "left" ? [index, k] : [k, index];
      const opacity = short(weights[(h * L + i) * S + j]!);
      return `<rect x="${short(x + place * bar)}" y="${layout.top + k * layout.row}" width="${short(bar)}" height="${layout.row}" fill="${colour(head)}" fill-opacity="${opacity}"/>`;
    }),
  );
  return rects.join("");
}

/** The tokens of one side, each on a ground that shows when it is pointed at. In a page they can be pointed at. */
export function column(
  side: Side,
  tokens: readonly string[],
  layout: Layout,
  { pointed, live = false }: { pointed?: Pointed | undefined; live?: boolean } = {},
): string {
  const x = side === "left" ? 0 : layout.left + layout.middle;
  const groups = tokens.map((token, i) => {
    const here = pointed?.side === side && pointed.index === i;
    const ground =
      `<rect class="ground" x="${x}" y="${layout.top + i * layout.row}" width="${layout[side]}" height="${layout.row}" rx="4" ` +
      `fill="${here ? COLOUR.rule : "transparent"}"/>`;
    const at = side === "left" ? layout.left - 9 : x + 9;
    const anchor = side === "left" ? "end" : "start";
    const words = text(at, rowAt(layout, i), visible(token), { anchor, size: SIZE });
    const role = live ? ` role="option" tabindex="-1" data-index="${i}"` : "";
    return `<g class="token"${role}>${ground}${words}</g>`;
  });
  return groups.join("");
}
