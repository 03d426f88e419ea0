/** @file What a run is made of: it goes into the checkpoint and does not change afterwards. */

import type { CharLMNet } from "unrolled";

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

/** In how many steps the learning rate halves for the first time. */
const HALVES_IN = 2000;

/** lr / (1 + n / 2000). It knows only how many steps were done, so that a run can be cut anywhere. */
export const learningRate = ({ lr }: Settings, step: number): number => lr / (1 + step / HALVES_IN);

/** Whether to measure the held-out text after a step: often at first, then every few hundred. */
export function isDue(step: number): boolean {
  const every = step < 200 ? 25 : step < 2000 ? 100 : 500;
  return step % every === 0;
}
