/** @file The slides of attention: one query against all keys, then all queries at once. */

import { COLOUR, drawing, formula, shown, text } from "./drawing.ts";

/** The slide's colours, readable on light and dark. */
const TINT = { q: "#d93a3a", k: "#2f74d0", a: "#ee8b1a", v: "#2f9e58", y: "#8e5bc0" } as const;
type Tint = keyof typeof TINT;

export interface AttentionSlides {
  /** [L, d] */
  q: readonly (readonly number[])[];
  /** [S, d] */
  k: readonly (readonly number[])[];
  /** [S, dv] */
  v: readonly (readonly number[])[];
  /** q·k ∕ √d and its softmax: [L, S]. */
  scores: readonly (readonly number[])[];
  a: readonly (readonly number[])[];
  /** [L, dv] */
  y: readonly (readonly number[])[];
}

interface Frame {
  caption: string;
  svg: string;
}

const [WIDTH, HEIGHT] = [960, 344];
const [CELL_WIDTH, CELL_HEIGHT] = [46, 30];
const TOP = 64;

/** The film: query i against each key, softmax, the weighted sum; then everything as two products of matrices. */
export function attentionFrames(slides: AttentionSlides, i: number): Frame[] {
  const { k, scores, a } = slides;
  const name = `q_${i + 1}`;
  const one = (caption: string, stage: Stage): Frame => ({ caption, svg: oneQuery(slides, i, stage, caption) }); // prettier-ignore
  const all = (caption: string, stage: number): Frame => ({ caption, svg: atOnce(slides, stage, caption) }); // prettier-ignore
  return [
    one(`One query, ${plain(name)} (red), and the keys k₁ … k${index(k.length)} (blue).`, { keys: 0 }), // prettier-ignore
    ...k.map((_, j) =>
      one(
        `How well does ${plain(name)} go with k${index(j + 1)}? Their dot product over √d: ${number(scores[i]![j]!)}.`,
        { keys: j + 1 },
      ),
    ),
    one(
      `Softmax makes weights of the scores: ${a[i]!.map((w) => w.toFixed(2)).join(" + ")} = 1 (orange).`,
      { keys: k.length, weights: true },
    ),
    one(
      `The output y${index(i + 1)} (purple) is the sum of the values (green), each times its weight.`,
      { keys: k.length, weights: true, values: true },
    ),
    all(`All queries at once: one product of matrices, Q Kᵀ ∕ √d, has every score.`, 0),
    all("Softmax of each row: the weights A.", 1),
    all("And one more product has every output: Y = A V. No for-loop.", 2),
  ];
}

interface Stage {
  /** How many keys have been asked. */
  keys: number;
  weights?: boolean;
  values?: boolean;
}

function oneQuery(
  { q, k, v, scores, a, y }: AttentionSlides,
  i: number,
  { keys, weights = false, values = false }: Stage,
  caption: string,
): string {
  const [d, dv] = [k[0]!.length, v[0]!.length];
  const kAt = (j: number): number => 150 + j * 60;
  const vAt = (j: number): number => kAt(k.length) + 70 + j * 60;
  const yAt = vAt(v.length) + 40;
  const scoreY = TOP + d * CELL_HEIGHT + 34;
  const weightY = scoreY + 92;
  const asking = weights ? -1 : keys - 1;
  return drawing(WIDTH, HEIGHT, caption, [
    title(40 + CELL_WIDTH / 2, `q_${i + 1}`),
    strip(40, TOP, q[i]!, "q"),
    ...k.flatMap((own, j) => {
      const x = kAt(j);
      const parts = [title(x + CELL_WIDTH / 2, `k_${j + 1}`), strip(x, TOP, own, "k")];
      if (j === asking) parts.push(frame(x, TOP, 1, d));
      if (j < keys) parts.push(text(x + CELL_WIDTH / 2, scoreY, number(scores[i]![j]!), { weight: j === asking ? 700 : 400 })); // prettier-ignore
      if (weights) parts.push(weightBar(x, weightY, a[i]![j]!));
      return parts;
    }),
    keys > 0 ? formula(40 + CELL_WIDTH / 2, scoreY, "q·k ∕ √d", { size: 15, colour: COLOUR.soft }) : "", // prettier-ignore
    weights ? formula(40 + CELL_WIDTH / 2, weightY - 8, `softmax`, { size: 15, colour: COLOUR.soft }) : "", // prettier-ignore
    ...(values
      ? v.flatMap((own, j) => [
          title(vAt(j) + CELL_WIDTH / 2, `v_${j + 1}`),
          strip(vAt(j), TOP, own, "v"),
          weightBar(vAt(j), weightY, a[i]![j]!),
        ])
      : []),
    ...(values
      ? [
          formula(yAt - 22, TOP + (dv * CELL_HEIGHT) / 2, "=", { size: 20 }),
          title(yAt + CELL_WIDTH / 2, `y_${i + 1}`),
          strip(yAt, TOP, y[i]!, "y"),
        ]
      : []),
  ]);
}

/** Q Kᵀ, its softmax A, and A V = Y: as much of it as has been said. */
function atOnce({ q, k, v, scores, a, y }: AttentionSlides, stage: number, caption: string) {
  const Kt = k[0]!.map((_, e) => k.map((row) => row[e]!));
  const [cell, height] = [38, 32];
  const parts: [name: string, rows: readonly (readonly number[])[], tint: Tint, before: string][] =
    [
      ["Q", q, "q", ""],
      ["K^T", Kt, "k", "·"],
      stage === 0 ? ["Q K^T ∕ √d", scores, "a", "→"] : ["A", a, "a", "→"],
      ...(stage < 2
      ? []
      : ([["V", v, "v", "·"], ["Y", y, "y", "="]] as [string, typeof v, Tint, string][])), // prettier-ignore
    ];
  const widths = parts.map(([, rows]) => rows[0]!.length * cell);
  const gap = 44;
  let x = (WIDTH - widths.reduce((sum, w) => sum + w, 0) - gap * (parts.length - 1)) / 2;
  const tallest = Math.max(...parts.map(([, rows]) => rows.length)) * height;
  const drawn = parts.map(([name, rows, tint, before], p) => {
    const y0 = TOP + 30 + (tallest - rows.length * height) / 2;
    const own =
      formula(x + widths[p]! / 2, y0 - 20, name, { size: 18 }) +
      grid(x, y0, rows, tint, cell, height) +
      (before ? formula(x - gap / 2, TOP + 30 + tallest / 2, before, { size: 22 }) : "");
    x += widths[p]! + gap;
    return own;
  });
  const said = ["S = Q K^T ∕ √d", "A = softmax(Q K^T ∕ √d)", "Y = softmax(Q K^T ∕ √d) V"][stage]!;
  return drawing(WIDTH, HEIGHT, caption, [
    ...drawn,
    formula(WIDTH / 2, TOP + 30 + tallest + 52, said, { size: 22 }),
  ]);
}

const title = (x: number, name: string): string => formula(x, TOP - 24, name, { size: 19 });

/** A vector, upright. */
const strip = (x: number, y: number, values: readonly number[], tint: Tint): string =>
  grid(x, y, values.map((v) => [v]), tint, CELL_WIDTH, CELL_HEIGHT); // prettier-ignore

/** Numbers in cells, the larger the stronger. */
function grid(
  x: number,
  y: number,
  rows: readonly (readonly number[])[],
  tint: Tint,
  width: number,
  height: number,
): string {
  const most = Math.max(...rows.flat().map((v) => Math.abs(v)), 1e-9);
  const cells = rows.flatMap((row, r) =>
    row.map((v, c) => {
      const [left, top] = [x + c * width, y + r * height];
      const strength = 0.12 + 0.5 * (Math.abs(v) / most);
      return (
        `<rect x="${left + 1}" y="${top + 1}" width="${width - 2}" height="${height - 2}" rx="3" fill="${TINT[tint]}" fill-opacity="${strength.toFixed(2)}"/>` +
        text(left + width / 2, top + height / 2, number(v), { size: 12.5 })
      );
    }),
  );
  return cells.join("");
}

const frame = (x: number, y: number, columns: number, rows: number): string =>
  `<rect x="${x - 3}" y="${y - 3}" width="${columns * CELL_WIDTH + 6}" height="${rows * CELL_HEIGHT + 6}" rx="6" fill="none" stroke="${COLOUR.ink}" stroke-width="1.8"/>`;

/** A weight as a bar that stands on y, with its number below. */
function weightBar(x: number, y: number, weight: number): string {
  const height = 62 * weight;
  return (
    `<rect x="${x + 6}" y="${(y - height).toFixed(1)}" width="${CELL_WIDTH - 12}" height="${height.toFixed(1)}" rx="2" fill="${TINT.a}"/>` +
    text(x + CELL_WIDTH / 2, y + 14, weight.toFixed(2), { size: 13, colour: COLOUR.soft })
  );
}

const number = (v: number): string => shown(Math.round(v * 100) / 100, 3);
const index = (n: number): string => [...String(n)].map((c) => "₀₁₂₃₄₅₆₇₈₉"[Number(c)]).join("");
const plain = (name: string): string => name.replace(/_(\d+)/, (_, n) => index(Number(n)));
