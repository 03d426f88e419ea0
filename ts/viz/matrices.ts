/** @file Matrices as coloured squares, in a row, with what stands between them. */

import { COLOUR, drawing, formula, shown, text } from "./drawing.ts";

/** One of them. */
export interface MatrixPicture {
  /** For `formula`. */
  name: string;
  rows: readonly ArrayLike<number>[];
  /** What stands before it, such as "+" or "=". Default nothing. */
  before?: string;
  /** Where its colours are full. Default: the largest |value| of all matrices. */
  scale?: number;
}

/** Options of `matrices`. */
export interface MatricesOptions {
  matrices: readonly MatrixPicture[];
  /** How wide all of it is, in units of the picture. Default 960. */
  width?: number;
  /** Whether each is marked with the value of its full colour. Default false. */
  scales?: boolean;
  description: string;
}

const GAP = 36;

/**
 * Matrices as heat maps: warm is above 0, cool below.
 *
 * @returns an SVG
 *
 * @example
 * const { h } = new nn.RNN(2, 4).trace(randn([6, 2]))[0]!; // [T, H]
 * matrices({ matrices: [{ name: "h_t", rows: h.toArray() as number[][] }], description: "States over time." });
 */
export function matrices({
  matrices,
  width = 960,
  scales = false,
  description,
}: MatricesOptions): string {
  const columns = matrices.reduce((n, { rows }) => n + (rows[0]?.length ?? 0), 0);
  const cell = Math.min(26, (width - GAP * matrices.length) / columns);
  const most = Math.max(...matrices.flatMap(({ rows }) => rows.map(largest)));
  let x = 0;
  const parts = matrices.map(({ name, rows, before, scale = most }) => {
    x += GAP / 2;
    const sign = before === undefined ? "" : formula(x - 4, 34 + (rows.length * cell) / 2, before, { size: 20 }); // prettier-ignore
    x += GAP / 2;
    const left = x;
    const across = (rows[0]?.length ?? 0) * cell;
    const squares = rows.flatMap((row, i) =>
      Array.from(row, (v, j) => {
        const share = Math.min(1, Math.abs(v) / (scale || 1));
        const fill = v < 0 ? COLOUR.cool : COLOUR.warm;
        return share < 0.004
          ? ""
          : `<rect x="${place(left + j * cell)}" y="${place(34 + i * cell)}" width="${place(cell)}" height="${place(cell)}" fill="${fill}" fill-opacity="${share.toFixed(2)}"/>`;
      }),
    );
    const frame = `<rect x="${place(left)}" y="34" width="${place(across)}" height="${place(rows.length * cell)}" fill="none" stroke="${COLOUR.rule}"/>`;
    x += across;
    return [
      sign,
      ...squares,
      frame,
      formula(left + across / 2, 16, name, { size: 17 }),
      scales ? text(left + across / 2, 52 + rows.length * cell, `${rows.some((row) => Array.from(row).some((v) => v < 0)) ? "±" : "0 to "}${shown(scale, 2)}`, { size: 13, colour: COLOUR.soft }) : "", // prettier-ignore
    ].join("");
  });
  const tallest = Math.max(...matrices.map(({ rows }) => rows.length));
  const height = Math.ceil(34 + tallest * cell + (scales ? 32 : 8));
  return drawing(width, height, description, parts);
}

const largest = (row: ArrayLike<number>): number =>
  Array.from(row).reduce((m, v) => Math.max(m, Math.abs(v)), 0);

const place = (v: number): string => String(Math.round(v * 100) / 100);
