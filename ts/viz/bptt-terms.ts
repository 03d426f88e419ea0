/** @file The terms of the backward pass: the equation, and under each path of the unrolled net how large its term is. */

import { arrow, box, circle, COLOUR, curve, drawing, formula, shown, text } from "./drawing.ts";

/** Options of `bpttTermsPicture`. */
export interface BpttTermsOptions {
  /** T, the length of the sequence, whose last output has a loss. */
  T: number;
  /** For each term its step k and its Frobenius norm, the last step's first. */
  terms: readonly { k: number; norm: number }[];
  /** The norm of their sum. */
  sum: number;
}

const WIDTH = 960;
const [TOP, ROW] = [74, 92];
const [LEFT, STRIDE, RIGHT] = [34, 78, 470];

/** ∂L/∂y_T · ∂y_T/∂h_T · ∂h_T/∂h_{T−1} ⋯ ∂⁺h_k/∂W, for `formula`. */
export function termFormula(T: number, k: number): string {
  const factors = [`∂L/∂y_{${T}}`, `∂y_{${T}}/∂h_{${T}}`];
  for (let j = T; j > k; j--) factors.push(`∂h_{${j}}/∂h_{${j - 1}}`);
  factors.push(`∂^+h_{${k}}/∂W`);
  return factors.join(" · ");
}

/**
 * Under the path of each term, the term and its norm.
 *
 * @returns an SVG
 *
 * @example
 * bpttTermsPicture({ T: 2, terms: [{ k: 2, norm: 0.5 }, { k: 1, norm: 0.2 }], sum: 0.6 });
 */
export function bpttTermsPicture({ T, terms, sum }: BpttTermsOptions): string {
  const height = TOP + ROW * terms.length + 70;
  const most = Math.max(...terms.map(({ norm }) => norm));
  const stride = Math.min(STRIDE, (RIGHT - LEFT - 150) / T);
  const x = (t: number): number => LEFT + 16 + (t - 1) * stride;
  const bar = (y: number, norm: number, colour: string): string =>
    `<rect x="${RIGHT}" y="${y}" width="${Math.max(1, Math.round((300 * norm) / most))}" height="14" rx="3" fill="${colour}"/>` +
    text(RIGHT + Math.max(1, (300 * norm) / most) + 10, y + 7, shown(norm, 4), { anchor: "start", size: 14, colour }); // prettier-ignore
  const rows = terms.flatMap(({ k, norm }, i) => {
    const y = TOP + i * ROW + 20;
    const on = { colour: COLOUR.warm, width: 2.6 };
    const off = { colour: COLOUR.rule, width: 2 };
    const [output, loss] = [x(T) + 52, x(T) + 112];
    const steps = Array.from({ length: T }, (_, j) => j + 1);
    return [
      ...steps.slice(1).map(
        (t) =>
        t > k
          ? arrow([[x(t) - 15, y], [x(t - 1) + 16, y]], on) // prettier-ignore
          : curve([[x(t) - 15, y], [x(t - 1) + 15, y]], off), // prettier-ignore
      ),
      arrow([[output - 12, y], [x(T) + 16, y]], on), // prettier-ignore
      arrow([[loss - 15, y], [output + 14, y]], on), // prettier-ignore
      arrow([[x(k), y + 15], [x(k), y + 37]], on), // prettier-ignore
      formula(x(k) + 10, y + 30, "W", { size: 14, colour: COLOUR.warm, anchor: "start" }),
      ...steps.map(
        (t) =>
          circle(x(t), y, 15, { fill: COLOUR.wash, colour: t >= k ? COLOUR.warm : COLOUR.rule }) +
          formula(x(t), y, `f_{${t}}`, { size: 14, colour: t >= k ? COLOUR.ink : COLOUR.soft }),
      ),
      formula(output + 1, y, `y_{${T}}`, { size: 16 }),
      box(loss + 8, y, 42, 30, { fill: COLOUR.wash, colour: COLOUR.warm }),
      formula(loss + 8, y, "L", { size: 16 }),
      formula(RIGHT, y - 8, `${i === 0 ? "" : "+ "}${termFormula(T, k)}`, { anchor: "start", size: 17 }), // prettier-ignore
      bar(y + 13, norm, COLOUR.warm),
    ];
  });
  const last = TOP + terms.length * ROW + 22;
  return drawing(
    WIDTH,
    height,
    `The ${terms.length} terms of the gradient over ${T} steps. Norms: ${terms.map(({ k, norm }) => `${shown(norm, 4)} through step ${k}`).join(", ")}; of their sum ${shown(sum, 4)}.`,
    [
      formula(RIGHT, 26, `∂L/∂W  =`, { anchor: "start", size: 19 }),
      ...rows,
      text(RIGHT, last - 16, "their sum", { anchor: "start", size: 14, colour: COLOUR.soft }),
      `<rect x="${RIGHT}" y="${last}" width="${Math.round((300 * sum) / most)}" height="14" rx="3" fill="${COLOUR.ink}"/>`,
      text(RIGHT + (300 * sum) / most + 10, last + 7, shown(sum, 4), { anchor: "start", size: 14 }),
    ],
  );
}
