/**
 * @file The slide of the LSTM block, in motion: a sentence under the block, the gates of one cell, the cell state as a
 * vector of features, and what comes out. It plays by itself (SMIL), with no script; where nothing moves, it shows the
 * last step.
 */

import { arrow, box, circle, COLOUR, curve, drawing, formula, text } from "./drawing.ts";

/** What happens at a word. */
export interface SlideStep {
  word: string;
  /** Gates of the first cell. */
  f: number;
  i: number;
  g: number;
  o: number;
  /** What the named cells hold, from −1 to 1. */
  cells: readonly number[];
}

/** Options of `lstmSlide`. */
export interface LSTMSlideOptions {
  steps: readonly SlideStep[];
  /** What each cell means at −1 and at 1. */
  cells: readonly { name: string; low: string; high: string }[];
  /** What is said after the last word, and how sure. */
  answer: string;
  probability: number;
  /** Seconds a word. Default 1.6. */
  pace?: number;
  description: string;
}

const [WIDTH, HEIGHT] = [960, 500];
const LINE = 128;
const GATES = [
  { key: "f", x: 190, name: "keep?" },
  { key: "i", x: 300, name: "write?" },
  { key: "g", x: 390, name: "what" },
  { key: "o", x: 510, name: "show?" },
] as const;
/** The gauges' feet, and how high they are. */
const [FOOT, TALL] = [300, 84];
const [VECTOR, ROW] = [690, 74];
const CHARACTER = 11.2;
/** The share of a word's time in which things move. */
const MOVING = 0.28;
/** Words' times to rest at the end. */
const REST = 2;

/**
 * The LSTM block reading a sentence.
 *
 * @returns an SVG that moves
 */
export function lstmSlide({
  steps,
  cells,
  answer,
  probability,
  pace = 1.6,
  description,
}: LSTMSlideOptions): string {
  const film = new Film(steps.length, pace);
  const gauge = ({ key, x, name }: (typeof GATES)[number]): string => {
    const signed = key === "g";
    const values = steps.map((step) => step[key]);
    const zero = signed ? FOOT - TALL / 2 : FOOT;
    const scale = signed ? TALL / 2 : TALL;
    const heights = values.map((v) => Math.abs(v) * scale);
    const tops = values.map((v) => (v > 0 ? zero - v * scale : zero));
    return (
      `<rect x="${x - 15}" y="${FOOT - TALL}" width="30" height="${TALL}" rx="3" fill="${COLOUR.wash}" stroke="${COLOUR.rule}"/>` +
      `<rect x="${x - 15}" width="30" rx="3" fill="${COLOUR.warm}" fill-opacity="0.85" y="${at(tops.at(-1)!)}" height="${at(heights.at(-1)!)}">` +
      film.move("y", tops, zero) +
      film.move("height", heights, 0) +
      "</rect>" +
      (signed ? `<path d="M${x - 15} ${zero}h30" stroke="${COLOUR.soft}" stroke-width="1"/>` : "") +
      film.texts(
        values.map((v) => number(v)),
        x,
        FOOT - TALL - 12,
        13,
      ) +
      text(x, FOOT + 16, name, { size: 13, colour: COLOUR.soft }) +
      formula(x, FOOT + 36, key, { size: 17 })
    );
  };
  const parts = [
    box(350, 232, 440, 292, { colour: COLOUR.soft, fill: "none" }),
    // the cell state's line, through × and +
    arrow([[84, LINE], [644, LINE]], { width: 2.4 }),
    formula(70, LINE, "c_{t−1}", { anchor: "end", size: 18 }),
    operation(190, LINE, "×"),
    operation(345, LINE, "+"),
    curve([[190, FOOT - TALL - 24], [190, LINE + 15]], { colour: COLOUR.soft }),
    curve([[300, FOOT - TALL - 24], [300, LINE + 44], [330, LINE + 44]], { colour: COLOUR.soft }),
    curve([[390, FOOT - TALL - 24], [390, LINE + 44], [360, LINE + 44]], { colour: COLOUR.soft }),
    operation(345, LINE + 44, "×"),
    curve([[345, LINE + 29], [345, LINE + 15]], { colour: COLOUR.soft }),
    // out: tanh of the cell state, through the output gate
    curve([[510, FOOT - TALL - 24], [510, LINE + 59]], { colour: COLOUR.soft }),
    curve([[450, LINE], [450, LINE + 44], [495, LINE + 44]], { colour: COLOUR.soft }),
    operation(510, LINE + 44, "×"),
    arrow([[525, LINE + 44], [600, LINE + 44], [600, 52]], { width: 2 }),
    formula(614, 78, "h_t", { anchor: "start", size: 18 }),
    // in: the word, and what was said before
    arrow([[84, 356], [138, 356]], { width: 2 }),
    formula(70, 356, "h_{t−1}", { anchor: "end", size: 18 }),
    arrow([[350, 424], [350, 380]], { width: 2 }),
    formula(364, 402, "x_t", { anchor: "start", size: 18 }),
    ...GATES.map(gauge),
    text(VECTOR + 10, 66, "cell state: what is remembered", { anchor: "start", size: 14, colour: COLOUR.soft }), // prettier-ignore
    ...cells.map((cell, k) => film.dial(cell, steps.map((step) => step.cells[k]!), 122 + k * ROW)),
    text(VECTOR + 115, 122 + cells.length * ROW, "…", { size: 20, colour: COLOUR.soft }),
    film.answer(answer, probability),
    film.sentence(steps.map(({ word }) => word)),
  ]; // prettier-ignore
  return drawing(WIDTH, HEIGHT, description, parts);
}

/** Everything that moves keeps one clock: a word after another, then a rest, over and over. */
class Film {
  readonly #seconds: number;

  constructor(
    readonly words: number,
    pace: number,
  ) {
    this.#seconds = pace * (words + REST);
  }

  /** A share of the whole, for a time in words. */
  #time(words: number): string {
    return String(Math.round((words / (this.words + REST)) * 1e5) / 1e5);
  }

  #animate(
    attribute: string,
    values: readonly string[],
    times: readonly string[],
    discrete = false,
  ): string {
    return (
      `<animate attributeName="${attribute}" dur="${this.#seconds}s" repeatCount="indefinite"` +
      `${discrete ? ' calcMode="discrete"' : ""} values="${values.join(";")}" keyTimes="${times.join(";")}"/>`
    );
  }

  /** A value a word, each reached soon after the word is read. */
  move(attribute: string, values: readonly number[], start: number): string {
    const stops = values.flatMap((v, t) => [
      [at(values[t - 1] ?? start), this.#time(t)],
      [at(v), this.#time(t + MOVING)],
    ]);
    stops.push([at(values.at(-1)!), "1"]);
    return this.#animate(attribute, stops.map(([v]) => v!), stops.map(([, time]) => time!)); // prettier-ignore
  }

  /** Seen during some words; from `first` to the end of `last`. */
  #seen(first: number, last: number): string {
    const whole = last >= this.words - 1;
    const [values, times] = [["0", "1"], ["0", this.#time(first)]]; // prettier-ignore
    if (first === 0) (values.shift(), times.splice(1, 1));
    if (!whole) (values.push("0"), times.push(this.#time(last + 1)));
    return values.length === 1 ? "" : this.#animate("opacity", values, times, true);
  }

  /** A text for each word, in one place. */
  texts(words: readonly string[], x: number, y: number, size: number): string {
    return words
      .map((word, t) => {
        const shown = t === words.length - 1 ? 1 : 0;
        return `<g opacity="${shown}">${text(x, y, word, { size })}${this.#seen(t, t)}</g>`;
      })
      .join("");
  }

  /** One feature: a dial from `low` to `high`, whose hand is where the cell's value is. */
  dial(
    { name, low, high }: { name: string; low: string; high: string },
    values: readonly number[],
    y: number,
  ): string {
    const [left, right] = [VECTOR + 10, VECTOR + 220];
    const x = (v: number): number => left + ((v + 1) / 2) * (right - left);
    const xs = values.map((v) => x(Math.max(-1, Math.min(1, v))));
    const side = (v: number): number => (Math.abs(v) < 0.5 ? 0 : Math.sign(v));
    const ends = ([[-1, low, left, "start"], [1, high, right, "end"]] as const).map(([sign, word, place, anchor]) => {
      const opacities = values.map((v) => (side(v) === sign ? 1 : 0.35));
      return `<g opacity="${opacities.at(-1)!}">${text(place, y + 24, word, { anchor, size: 15, weight: 600 })}${this.move("opacity", opacities, 0.35)}</g>`;
    }); // prettier-ignore
    return (
      text(left, y - 18, name, { anchor: "start", size: 13, colour: COLOUR.soft }) +
      `<rect x="${left}" y="${y - 4}" width="${right - left}" height="8" rx="4" fill="${COLOUR.rule}"/>` +
      `<circle cy="${y}" r="9" fill="${COLOUR.warm}" cx="${at(xs.at(-1)!)}">${this.move("cx", xs, x(0))}</circle>` +
      ends.join("")
    );
  }

  /** What is said, once everything was read. */
  answer(word: string, probability: number): string {
    const last = this.words - 1;
    return (
      `<g opacity="1">${text(600, 28, word, { size: 27, weight: 600, colour: COLOUR.warm })}` +
      text(668, 30, `${(100 * probability).toFixed(1)} %`, { anchor: "start", size: 14, colour: COLOUR.soft }) +
      `${this.#seen(last + MOVING, last)}</g>`
    ); // prettier-ignore
  }

  /** The words under the block, the one at hand marked. */
  sentence(words: readonly string[]): string {
    const widths = words.map((word) => Math.max(2, word.length) * CHARACTER);
    const gap = 14;
    const whole = widths.reduce((sum, width) => sum + width + gap, -gap);
    let x = Math.max(24, 350 - whole / 2);
    const lefts = widths.map((width) => {
      const left = x;
      x += width + gap;
      return left;
    });
    const marks = lefts.map((left) => left - 6);
    const sizes = widths.map((width) => width + 12);
    return (
      `<rect y="436" height="38" rx="6" fill="${COLOUR.warm}" fill-opacity="0.18" x="${at(marks.at(-1)!)}" width="${at(sizes.at(-1)!)}">` +
      `${this.move("x", marks, marks[0]!)}${this.move("width", sizes, sizes[0]!)}</rect>` +
      words.map((word, t) => text(lefts[t]! + widths[t]! / 2, 455, word, { size: 20 })).join("")
    );
  }
}

const operation = (x: number, y: number, sign: string): string =>
  circle(x, y, 14) + text(x, y, sign, { size: 19 });

const number = (v: number): string => v.toFixed(2).replace("-", "−");

const at = (v: number): string => String(Math.round(v * 100) / 100);
