/** @file From a trained model to the values of its report. */

import { type CharLM, GPT2, noGrad, scope } from "unrolled";
import type { AttentionInput } from "../viz/attention/input.ts";
import type { Cell, CellsOptions, Quantity } from "../viz/cells.ts";
import { charLMReport } from "../viz/char-lm-report.ts";
import { correlation, type Feature, featuresOf } from "./features.ts";
import { type Trace, trace } from "./gates.ts";
import { isDue, nameOf } from "./settings.ts";
import { attended } from "./trained.ts";
import type { Trainer } from "./trainer.ts";

/** Cells are chosen by what they do over this much held-out text; this much of it is shown. */
const STUDIED = 8000;
const SHOWN = 1500;
/** So many characters are short enough to be seen in a small picture. */
const READ = 24;
const CELLS_PER_FEATURE = 4;
/** A cell below this does not follow the feature. */
const LEAST_CORRELATION = 0.2;

const QUANTITIES: Readonly<Record<string, Quantity[]>> = {
  lstm: [
    { key: "tanh c", name: "memory", signed: true },
    { key: "i", name: "input gate", signed: false },
    { key: "f", name: "forget gate", signed: false },
    { key: "o", name: "output gate", signed: false },
    { key: "g", name: "candidate", signed: true },
  ],
  gru: [
    { key: "h", name: "memory", signed: true },
    { key: "r", name: "reset gate", signed: false },
    { key: "z", name: "update gate", signed: false },
    { key: "n", name: "candidate", signed: true },
  ],
  rnn: [{ key: "h", name: "memory", signed: true }],
};

/** `report.html` of a run, as a string. `bits`: on the held-out text, after the last step. */
export function reportOf(trainer: Trainer, bits: number): string {
  const { settings, vocabulary, text, history, step, passes, model } = trainer;
  const seen = isDue(step)
    ? history.heldOut
    : [...history.heldOut, { step, bits, sample: trainer.write() }];
  return scope(() =>
    charLMReport({
      net: nameOf(settings),
      parameters: model.parameters().reduce((n, p) => n + p.size, 0),
      vocabulary: vocabulary.characters.length,
      characters: text.training.length,
      passes,
      training: history.training,
      heldOut: seen.map((s) => [s.step, s.bits]),
      ...trainer.baselines,
      samples: seen.map((s) => ({ step: s.step, bits: s.bits, text: s.sample })),
      ...(model instanceof GPT2
        ? { attention: attentionOf(model, trainer) }
        : { cells: cellsOf(model, trainer) }),
      options: new Map(Object.entries(settings)),
    }),
  );
}

/** What the heads attend to at the beginning of the held-out text. */
function attentionOf(model: GPT2, { vocabulary, text }: Trainer): AttentionInput {
  const ids = text.heldOut.slice(0, Math.min(READ, model.config.n_positions));
  return noGrad(() => attended(model, vocabulary, ids)).views;
}

/** The cells that go best with each feature, and a passage where the features change. */
function cellsOf(model: CharLM, { vocabulary, text, settings }: Trainer): CellsOptions {
  const whole = Array.from(text.heldOut, (id) => vocabulary.decode(id));
  const start = liveliest(featuresOf(whole), whole, STUDIED);
  const characters = whole.slice(start, start + STUDIED);
  const features = featuresOf(characters);
  const traces = trace(model, text.heldOut.subarray(start, start + STUDIED));
  const from = liveliest(features, characters, SHOWN);
  const shown = (values: ArrayLike<number>): number[] =>
    Array.from(values).slice(from, from + SHOWN);

  const quantities = QUANTITIES[settings.model]!;
  const memory = quantities[0]!.key;
  const found = features
    .map((feature) => ({ feature, units: best(feature, traces) }))
    .filter(({ units }) => units.length > 0)
    .sort((a, b) => Math.abs(b.units[0]!.r) - Math.abs(a.units[0]!.r));
  const cells = found.flatMap(({ feature, units }) =>
    units.map(({ layer, unit, r }): Cell => {
      const quantity = [[memory, layer.memory] as const, ...layer.gates];
      const values = quantity.map(
        ([key, all]) => [key, shown(column(all, layer.H, unit))] as const,
      );
      return {
        layer: layer.layer,
        unit,
        feature: feature.name,
        correlation: r,
        values: new Map(values),
      };
    }),
  );
  return {
    characters: characters.slice(from, from + SHOWN),
    quantities,
    cells,
    features: new Map(features.map(({ name, values }) => [name, scaled(shown(values))])),
    manyLayers: traces.length > 1,
  };
}

/** Column `unit` of [T, H]. */
const column = (values: Float32Array, H: number, unit: number): Float32Array =>
  Float32Array.from({ length: values.length / H }, (_, t) => values[t * H + unit]!);

function best(
  { values }: Feature,
  traces: readonly Trace[],
): { layer: Trace; unit: number; r: number }[] {
  const all = traces.flatMap((layer) =>
    Array.from({ length: layer.H }, (_, unit) => {
      const r = correlation(column(layer.memory, layer.H, unit), values);
      return { layer, unit, r };
    }),
  );
  return all
    .filter(({ r }) => Math.abs(r) >= LEAST_CORRELATION)
    .sort((a, b) => Math.abs(b.r) - Math.abs(a.r))
    .slice(0, CELLS_PER_FEATURE);
}

/** Where a stretch of `length` characters begins, at a line, such that the feature that varies least varies most. */
function liveliest(
  features: readonly Feature[],
  characters: readonly string[],
  length: number,
): number {
  const starts = characters.flatMap((c, i) =>
    c === "\n" && i + length < characters.length ? [i + 1] : [],
  );
  const spreads = features
    .map(({ values }) => new Spread(values))
    .filter((s) => s.of(0, characters.length) > 0);
  const score = (start: number): number =>
    Math.min(...spreads.map((s) => s.of(start, start + length) / s.of(0, characters.length)));
  let best = 0;
  let most = -Infinity;
  for (const start of starts) {
    const own = score(start);
    if (own > most) [best, most] = [start, own];
  }
  return best;
}

/** The variance of any stretch of an array, from running sums. */
class Spread {
  readonly #sums: Float64Array;
  readonly #squares: Float64Array;

  constructor(values: Float32Array) {
    this.#sums = new Float64Array(values.length + 1);
    this.#squares = new Float64Array(values.length + 1);
    for (const [i, x] of values.entries()) {
      this.#sums[i + 1] = this.#sums[i]! + x;
      this.#squares[i + 1] = this.#squares[i]! + x * x;
    }
  }

  of(from: number, to: number): number {
    const mean = (this.#sums[to]! - this.#sums[from]!) / (to - from);
    return (this.#squares[to]! - this.#squares[from]!) / (to - from) - mean * mean;
  }
}

function scaled(values: readonly number[]): number[] {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? [...values] : values.map((x) => x / most);
}
