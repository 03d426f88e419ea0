/**
 * @file A recurrent layer in one direction, by the fastest way there is: one kernel call for a sequence (ops/recurrent.ts),
 * one for each stretch of a packed sequence, and the composite for a mask on h.
 */

import type { Tensor } from "../core/tensor.ts";
import type { Weights } from "./cells.ts";
import {
  compositeGru,
  compositeLstm,
  type CompositeOptions,
  compositeRnn,
  zeroStates,
} from "./composite.ts";
import { gru, lstm, rnn } from "./recurrent.ts";
import { walk } from "./unroll.ts";

type Initial = readonly (Tensor | undefined)[];

/** hs [T, B, H or P], or [Σ b_t, H or P]; the final states, shaped as the initial ones. */
export interface LayerResult {
  hs: Tensor;
  final: readonly Tensor[];
}

/**
 * `rnn`, `lstm` or `gru` over any sequence.
 *
 * @param x       [T, B, D], or packed [Σ b_t, D] with batchSizes
 * @param initial h0, or h0 and c0, [B, ·] each; default zeros
 */
export function rnnLayer(
  x: Tensor,
  [h0]: Initial,
  weights: Weights,
  options: CompositeOptions & { nonlinearity: "tanh" | "relu" },
): LayerResult {
  const { reverse = false, mask, nonlinearity } = options;
  if (mask) return result(compositeRnn(x, h0, weights, options));
  const fused = (xs: Tensor, [h]: Initial): LayerResult =>
    result(rnn(xs, h, weights, { reverse, nonlinearity }));
  return byStretches(x, [h0], weights, options, fused);
}

/** As `rnnLayer`. */
export function lstmLayer(
  x: Tensor,
  [h0, c0]: Initial,
  weights: Weights,
  options: CompositeOptions,
): LayerResult {
  const { reverse = false, mask } = options;
  if (mask) return result(compositeLstm(x, h0, c0, weights, options));
  const fused = (xs: Tensor, [h, c]: Initial): LayerResult =>
    result(lstm(xs, h, c, weights, { reverse }));
  return byStretches(x, [h0, c0], weights, options, fused);
}

/** As `rnnLayer`. */
export function gruLayer(
  x: Tensor,
  [h0]: Initial,
  weights: Weights,
  options: CompositeOptions,
): LayerResult {
  const { reverse = false, mask } = options;
  if (mask) return result(compositeGru(x, h0, weights, options));
  const fused = (xs: Tensor, [h]: Initial): LayerResult => result(gru(xs, h, weights, { reverse }));
  return byStretches(x, [h0], weights, options, fused);
}

function byStretches(
  x: Tensor,
  initial: Initial,
  weights: Weights,
  options: CompositeOptions,
  fused: (xs: Tensor, states: Initial) => LayerResult,
): LayerResult {
  if (!options.batchSizes) return fused(x, initial);
  return walk(x, zeroStates(x, initial, weights, options), fused, options);
}

const result = ({ hs, ...states }: { hs: Tensor; hn: Tensor; cn?: Tensor }): LayerResult => ({
  hs,
  final: Object.values(states),
});
