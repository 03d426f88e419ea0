/** @file From a trained model to the values of its report. */

import type { Cell, CellsOptions, Quantity } from "../viz/cells.ts";
import { charLMReport } from "../viz/char-lm-report.ts";
import { correlation, type Feature, featuresOf } from "./features.ts";
import { type Trace, trace } from "./gates.ts";
import { isDue } from "./settings.ts";
import type { Trainer } from "./trainer.ts";

/** Cells are chosen by what they do over this much held-out text; this much of it is shown. */
const STUDIED = 6000;
const SHOWN = 1500;
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
  const seen = isDue(step) ? history.heldOut : [...history.heldOut, { step, bits, sample: trainer.write() }];
  return charLMReport({
    net: settings.model.toUpperCase(),
    parameters: model.parameters().reduce((n, p) => n + p.size, 0),
    vocabulary: vocabulary.characters.length,
    characters: text.training.length,
    passes,
    training: history.training,
    heldOut: seen.map((s) => [s.step, s.bits]),
    ...trainer.baselines,
    samples: seen.map((s) => ({ step: s.step, bits: s.bits, text: s.sample })),
    cells: cellsOf(trainer),
    options: new Map(Object.entries(settings)),
  });
}

/** The cells that go best with each feature, and a passage where the features change. */
function cellsOf({ model, vocabulary, text, settings }: Trainer): CellsOptions {
  const ids = text.heldOut.subarray(0, STUDIED);
  const characters = Array.from(ids, (id) => vocabulary.decode(id));
  const features = featuresOf(characters);
  const traces = trace(model, ids);
  const from = liveliest(features, characters);
  const shown = (values: ArrayLike<number>): number[] => Array.from(values).slice(from, from + SHOWN);

  const quantities = QUANTITIES[settings.model]!;
  const memory = quantities[0]!.key;
  const cells = features.flatMap((feature) =>
    best(feature, traces).map(
      ({ layer, unit, r }): Cell => ({
        layer: layer.layer,
        unit,
        feature: feature.name,
        correlation: r,
        values: new Map(
          [[memory, layer.memory] as const, ...layer.gates].map(([key, values]) => [
            key,
            shown(column(values, layer.H, unit)),
          ]),
        ),
      }),
    ),
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

function best({ values }: Feature, traces: readonly Trace[]): { layer: Trace; unit: number; r: number }[] {
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

/** Where the passage begins: at the start of a line, such that the least varied feature varies most. */
function liveliest(features: readonly Feature[], characters: readonly string[]): number {
  const starts = characters.flatMap((c, i) => (c === "\n" && i + SHOWN < characters.length ? [i + 1] : []));
  const whole = features.map(({ values }) => variance(values));
  const score = (start: number): number =>
    Math.min(
      ...features.map(({ values }, k) =>
        whole[k] === 0 ? 1 : variance(values.subarray(start, start + SHOWN)) / whole[k]!,
      ),
    );
  return starts.map((start) => [start, score(start)] as const).sort((a, b) => b[1] - a[1])[0]?.[0] ?? 0;
}

function variance(values: Float32Array): number {
  let [sum, squares] = [0, 0];
  for (const x of values) {
    sum += x;
    squares += x * x;
  }
  return squares / values.length - (sum / values.length) ** 2;
}

function scaled(values: readonly number[]): number[] {
  const most = values.reduce((a, b) => Math.max(a, b), 0);
  return most === 0 ? [...values] : values.map((x) => x / most);
}
