/** @file What a run is made of: it goes into the checkpoint and does not change afterwards. */

import { CHAR_LM_NETS, type CharLMNet } from "unrolled";

export interface Settings {
  model: CharLMNet;
  /** D, H and how many layers. */
  embedding: number;
  hidden: number;
  layers: number;
  dropout: number;
  /** T and B: how many characters of how many streams make a step. */
  seq: number;
  batch: number;
  /** The learning rate that Adam starts with. */
  lr: number;
  /** The largest norm of the gradient; 0: no limit. */
  clip: number;
  seed: number;
}

export const DEFAULTS: Readonly<Settings> = {
  model: "lstm",
  embedding: 64,
  hidden: 256,
  layers: 1,
  dropout: 0,
  seq: 64,
  batch: 32,
  lr: 0.005,
  clip: 1,
  seed: 1,
};

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
export const RANGES: Readonly<Record<Exclude<keyof Settings, "model">, Range>> = {
  embedding: SIZE,
  hidden: SIZE,
  layers: { ...SIZE, most: 64 },
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
  if (!CHAR_LM_NETS.includes(given.model)) {
    throw new Error(`expected model ${CHAR_LM_NETS.join(" or ")}, got ${String(given.model)}`);
  }
  for (const [name, range] of Object.entries(RANGES)) {
    const own: unknown = given[name as keyof Settings];
    if (!isWithin(own, range))
      throw new Error(`expected ${name} to be ${inWords(range)}, got ${String(own)}`);
  }
  return given;
}

/** In how many steps the learning rate halves for the first time. */
const HALVES_IN = 2000;

/** lr / (1 + n / 2000). It knows only how many steps were done, so that a run can be cut anywhere. */
export const learningRate = ({ lr }: Settings, step: number): number => lr / (1 + step / HALVES_IN);

/** Whether to measure the held-out text after a step: often at first, then every few hundred. */
export function isDue(step: number): boolean {
  const every = step < 200 ? 25 : step < 2000 ? 100 : 500;
  return step % every === 0;
}
