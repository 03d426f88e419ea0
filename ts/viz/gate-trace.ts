/** @file What one cell does along a sentence: its gates and its value, word by word. */

import { COLOUR, drawing, formula, text } from "./drawing.ts";

/** Options of `gateTrace`. */
export interface GateTraceOptions {
  words: readonly string[];
  /** Each a lane: from 0 to 1, or from −1 to 1 where signed. */
  lanes: readonly { letter: string; name: string; signed: boolean; values: readonly number[] }[];
  /** Words to be marked, such as the one that is remembered. */
  marked: readonly number[];
  description: string;
}

const [LEFT, LANE, GAP, TOP] = [150, 56, 24, 44];

/**
 * A lane for each gate and value, a column for each word.
 *
 * @returns an SVG
 *
 * @example
 * const { f, c } = new nn.LSTM(3, 1).trace(randn([2, 3]))[0]!;
 * const lanes = [
 *   { letter: "f", name: "forget gate", signed: false, values: [...f.data()] },
 *   { letter: "c", name: "cell", signed: true, values: [...c.data()] },
 * ];
 * gateTrace({ words: ["my", "parents"], lanes, marked: [1], description: "One cell." });
 */
export function gateTrace({ words, lanes, marked, description }: GateTraceOptions): string {
  const step = Math.min(110, (960 - LEFT - 20) / words.length);
  const right = LEFT + step * words.length;
  const bottom = TOP + lanes.length * (LANE + GAP);
  const centre = (t: number): number => LEFT + (t + 0.5) * step;
  const parts = [
    ...marked.map(
      (t) =>
        `<rect x="${at(LEFT + t * step)}" y="6" width="${at(step)}" height="${bottom - 6}" rx="6" fill="${COLOUR.warm}" fill-opacity="0.1"/>`,
    ),
    ...words.map((word, t) =>
      text(centre(t), 20, word, { size: 16, weight: marked.includes(t) ? 700 : 400 }),
    ),
    ...lanes.flatMap(({ letter, name, signed, values }, lane) => {
      const top = TOP + lane * (LANE + GAP) + 8;
      const zero = signed ? top + LANE / 2 : top + LANE;
      const scale = signed ? LANE / 2 : LANE;
      const most = signed ? Math.max(1, ...values.map(Math.abs)) : 1;
      return [
        `<path d="M${LEFT} ${zero}H${at(right)}" stroke="${COLOUR.rule}" stroke-width="1.5"/>`,
        formula(LEFT - 14, top + LANE / 2 - 9, letter, { anchor: "end", size: 19 }),
        text(LEFT - 14, top + LANE / 2 + 13, name, { anchor: "end", size: 13, colour: COLOUR.soft }), // prettier-ignore
        ...values.flatMap((v, t) => {
          const height = (Math.abs(v) / most) * scale;
          const y = v > 0 ? zero - height : zero;
          const label = v > 0 || !signed ? y - 8 : y + height + 8;
          return [
            `<rect x="${at(centre(t) - step * 0.28)}" y="${at(y)}" width="${at(step * 0.56)}" height="${at(height)}" rx="2" fill="${v < 0 ? COLOUR.cool : COLOUR.warm}" fill-opacity="0.85"/>`,
            text(centre(t), label, v.toFixed(2).replace("-", "−"), { size: 11.5, colour: COLOUR.soft }), // prettier-ignore
          ];
        }),
      ];
    }),
  ];
  return drawing(960, bottom + 10, description, parts);
}

const at = (v: number): string => String(Math.round(v * 100) / 100);
