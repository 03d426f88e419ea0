/** @file The options that recurrent nets share, and what is wrong with them. */

import { type FloatDType, isFloat } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { expectFlags, expectInteger, expectNumber, fail } from "../core/shape.ts";

/** Options that the recurrent layers share. */
export interface RecurrentOptions {
  /** Stacked layers, each over the outputs of the one below. Default 1. */
  numLayers?: number;
  /** numLayers, by the lecture's name. */
  nLayers?: number;
  /** Whether there are b_ih and b_hh. Default true. */
  bias?: boolean;
  /** Input and output are [B, T, ...] instead of [T, B, ...]; states are not affected. Default false. */
  batchFirst?: boolean;
  /** Probability of dropping an output of each layer but the last, in training. Default 0. */
  dropout?: number;
  /** A second net reads each layer's sequence backward; outputs are concatenated. Default false. */
  bidirectional?: boolean;
  /** Whether `dropout` drops the same outputs at every step (Gal & Ghahramani 2016). Default false. */
  variational?: boolean;
  /**
   * Probability of dropping an element of h_{t−1} from W_hh h_{t−1}, the same ones at every step, in training (Gal &
   * Ghahramani 2016). Not fused: slower. Default 0.
   */
  recurrentDropout?: number;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws initial values and dropout masks. Default: the global one. */
  generator?: Generator;
}

const SHARED: readonly (keyof RecurrentOptions)[] = [
  "numLayers",
  "nLayers",
  "bias",
  "batchFirst",
  "dropout",
  "bidirectional",
  "variational",
  "recurrentDropout",
  "dtype",
  "generator",
];

/** What sets one recurrent net apart from another. */
export interface RecurrentPlan {
  /** G: how many blocks of H rows the weights have. */
  gates: number;
  /** The names of the options that it alone has. */
  own?: readonly string[];
  /** The letters of its states. */
  states: readonly ["h"] | readonly ["h", "c"];
  /** P: what h is projected to. Default: it is not. */
  projSize?: number;
}

/** The options with their defaults. @throws RangeError or TypeError for impossible ones */
export function checkOptions(
  where: string,
  inputSize: number,
  hiddenSize: number,
  plan: RecurrentPlan,
  options: number | RecurrentOptions,
) {
  const given: RecurrentOptions = typeof options === "number" ? { numLayers: options } : options;
  const { projSize, own = [] } = plan;
  if (projSize === undefined && "projSize" in given) {
    throw new RangeError(`${where}: projSize is only there for LSTM`);
  }
  expectKnown(where, given, [...SHARED, ...own]);
  const { nLayers = 1, numLayers = nLayers, dropout = 0, recurrentDropout = 0 } = given;
  const { dtype = "float32", generator } = given;
  const { bias = true, batchFirst = false, bidirectional = false, variational = false } = given;
  const flags = { bias, batchFirst, bidirectional, variational };
  expectFlags(where, flags);
  expectInteger(where, "inputSize", inputSize, 1);
  expectInteger(where, "hiddenSize", hiddenSize, 1);
  expectInteger(where, "numLayers", numLayers, 1);
  if (given.nLayers !== undefined && given.nLayers !== numLayers) {
    fail(where, "nLayers", `to be numLayers = ${numLayers}, if both are given`, `${given.nLayers}`);
  }
  expectNumber(where, "dropout", dropout, 0, 1);
  expectNumber(where, "recurrentDropout", recurrentDropout, 0, 1);
  if (!isFloat(dtype)) fail(where, "dtype", 'to be "float32" or "float64"', String(dtype));
  expectInteger(where, "projSize", projSize ?? 0);
  if (projSize !== undefined && projSize >= hiddenSize) {
    fail(where, "projSize", `to be below hiddenSize = ${hiddenSize}`, String(projSize));
  }
  if (dropout > 0 && numLayers === 1) {
    console.warn(`${where}: dropout acts between layers, so with numLayers = 1 it does nothing`);
  }
  const random: { generator?: Generator } = generator ? { generator } : {};
  return { numLayers, ...flags, dropout, recurrentDropout, dtype, random };
}

/** Throws a TypeError for an option that is not there, such as a name spelt as in Python. */
export function expectKnown(where: string, options: object, known: readonly string[]): void {
  for (const name of Object.keys(options)) {
    if (known.includes(name)) continue;
    throw new TypeError(`${where}: expected options among ${known.join(", ")}, got ${name}`);
  }
}
