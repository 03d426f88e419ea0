/** @file What a run is made of: it goes into the checkpoint and does not change afterwards. */

import { CHAR_LM_NETS, type CharLMNet } from "unrolled";

export const NETS = [...CHAR_LM_NETS, "transformer"] as const;
export type Net = (typeof NETS)[number];

interface Common {
  /** H, the size of a layer's state (in a transformer of what flows through the layers), and how many layers. */
  hidden: number;
  layers: number;
  dropout: number;
  /** T and B: how many characters of how many streams make a step. A transformer never sees more than T. */
  seq: number;
  batch: number;
  /** The learning rate that Adam starts with. */
  lr: number;
  /** The largest norm of the gradient; 0: no limit. */
  clip: number;
  seed: number;
}

export interface RecurrentSettings extends Common {
  model: CharLMNet;
  /** D. */
  embedding: number;
}

export interface TransformerSettings extends Common {
  model: "transformer";
  /** A divisor of `hidden`. */
  heads: number;
}

export type Settings = RecurrentSettings | TransformerSettings;

/** The settings that are numbers, of any net. */
export type NumberSetting = Exclude<keyof RecurrentSettings | keyof TransformerSettings, "model">;

/** Settings as they are given: some, of any net. */
export type GivenSettings = { model?: Net } & Partial<Record<NumberSetting, number>>;

/** Exactly the settings that a net has, as they are by default. */
export function defaultsOf(model: Net): Settings {
  if (model === "transformer") {
    return { model, hidden: 96, layers: 2, heads: 4, dropout: 0, seq: 64, batch: 16, lr: 0.004, clip: 1, seed: 1 }; // prettier-ignore
  }
  return { model, embedding: 64, hidden: 256, layers: 1, dropout: 0, seq: 64, batch: 32, lr: 0.005, clip: 1, seed: 1 }; // prettier-ignore
}

/** As a sentence calls the net. */
export const nameOf = ({ model }: Settings): string =>
  model === "transformer" ? model : model.toUpperCase();

/** What a number may be. */
export interface Range {
  least: number;
  most: number;
  integer?: boolean;
  /** Whether the least itself is excluded. */
  above?: boolean;
}

const SIZE: Range = { least: 1, most: 65_536, integer: true };
const SEED: Range = { least: 0, most: Number.MAX_SAFE_INTEGER, integer: true };

/** What each setting may be, on the command line and in a checkpoint. */
export const RANGES: Readonly<Record<NumberSetting, Range>> = {
  embedding: SIZE,
  hidden: SIZE,
  layers: { ...SIZE, most: 64 },
  heads: SIZE,
  dropout: { least: 0, most: 0.99 },
  seq: SIZE,
  batch: SIZE,
  lr: { least: 0, most: 10, above: true },
  clip: { least: 0, most: 1e6 },
  seed: SEED,
};

export const isWithin = (x: unknown, { least, most, integer, above }: Range): x is number =>
  typeof x === "number" &&
  (above ? x > least : x >= least) &&
  x <= most &&
  (!integer || Number.isInteger(x));

/** "an integer from 1 to 64". */
export const inWords = ({ least, most, integer, above }: Range): string =>
  `${integer ? "an integer" : "a number"} ${above ? `above ${least} and up` : `from ${least}`} to ${most}`;

/** The settings in a value that came from a file. @throws Error */
export function settingsIn(value: unknown): Settings {
  const given = (value ?? {}) as Settings; // each field is checked
  if (!NETS.includes(given.model)) {
    throw new Error(`expected model ${NETS.join(" or ")}, got ${String(given.model)}`);
  }
  for (const name of numbersOf(given.model)) {
    const own: unknown = given[name as keyof Settings];
    if (!isWithin(own, RANGES[name]))
      throw new Error(
        `expected ${name} to be ${inWords(RANGES[name])}, got ${own === undefined ? "none" : String(own)}`,
      );
  }
  const wrong = misfit(given);
  if (wrong) throw new Error(`expected ${wrong}`);
  return given;
}

export const NUMBER_SETTINGS = Object.keys(RANGES) as readonly NumberSetting[]; // its type says so

/** The numbers that a net has. */
export const numbersOf = (model: Net): NumberSetting[] =>
  NUMBER_SETTINGS.filter((name) => name in defaultsOf(model));

/** What does not fit together, if anything: what it should be, and what it is. */
export function misfit(settings: Settings): string | undefined {
  if (settings.model !== "transformer" || settings.hidden % settings.heads === 0) return undefined;
  return `hidden to be a multiple of heads, got ${settings.hidden} and ${settings.heads}`;
}

/** In how many steps the learning rate halves for the first time. */
const HALVES_IN = 2000;

/** In how many steps a transformer's learning rate grows to the full: its first gradients are wild. */
const WARM_UP = 100;

/** lr / (1 + n / 2000). It knows only how many steps were done, so that a run can be cut anywhere. */
export function learningRate({ model, lr }: Settings, step: number): number {
  const warm = model === "transformer" ? Math.min(1, (step + 1) / WARM_UP) : 1;
  return (warm * lr) / (1 + step / HALVES_IN);
}

/** Whether to measure the held-out text after a step: often at first, then every few hundred. */
export function isDue(step: number): boolean {
  const every = step < 200 ? 25 : step < 2000 ? 100 : 500;
  return step % every === 0;
}
