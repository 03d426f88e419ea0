/**
 * @file RNN, LSTM and GRU over a sequence by their cells: what the fused ones of ops/recurrent.ts must agree with, and the
 * way for what they do not do.
 */

import type { Tensor } from "../core/tensor.ts";
import { type CellOptions, gruCell, lstmCell, rnnCell, type Weights } from "./cells.ts";
import { zeros } from "./create.ts";
import { slice } from "./slice.ts";
import { type SequenceOptions, unroll } from "./unroll.ts";

export type CompositeOptions = SequenceOptions & CellOptions;

/** See `rnn`. */
export function compositeRnn(
  x: Tensor,
  h0: Tensor | undefined,
  weights: Weights,
  options: CompositeOptions & { nonlinearity?: "tanh" | "relu" } = {},
): { hs: Tensor; hn: Tensor } {
  const [h] = zeroStates(x, [h0], weights, options);
  const { hs, final } = unroll(
    x,
    [h!],
    (xt, [h], b) => [rnnCell(xt, h!, weights, { ...options, mask: rowsOf(options.mask, b) })],
    options,
  );
  return { hs, hn: final[0]! };
}

/** See `lstm`. */
export function compositeLstm(
  x: Tensor,
  h0: Tensor | undefined,
  c0: Tensor | undefined,
  weights: Weights,
  options: CompositeOptions = {},
): { hs: Tensor; hn: Tensor; cn: Tensor } {
  const { hs, final } = unroll(
    x,
    zeroStates(x, [h0, c0], weights, options),
    (xt, [h, c], b) => lstmCell(xt, [h!, c!], weights, { mask: rowsOf(options.mask, b) }),
    options,
  );
  return { hs, hn: final[0]!, cn: final[1]! };
}

/** See `gru`. */
export function compositeGru(
  x: Tensor,
  h0: Tensor | undefined,
  weights: Weights,
  options: CompositeOptions = {},
): { hs: Tensor; hn: Tensor } {
  const { hs, final } = unroll(
    x,
    zeroStates(x, [h0], weights, options),
    (xt, [h], b) => [gruCell(xt, h!, weights, { mask: rowsOf(options.mask, b) })],
    options,
  );
  return { hs, hn: final[0]! };
}

/** @internal The given states, and zeros for the others: h as wide as W_hh reads it, c as wide as W_hr does. */
export function zeroStates(
  x: Tensor,
  states: readonly (Tensor | undefined)[],
  { w_hh, w_hr = w_hh }: Weights,
  { batchSizes }: SequenceOptions = {},
): Tensor[] {
  const B = batchSizes ? batchSizes[0]! : x.shape[1]!;
  const widths = [w_hh.shape[1]!, w_hr.shape[1]!];
  return states.map((s, i) => s ?? zeros([B, widths[i]!], { dtype: x.dtype }));
}

/** @internal The part of a mask for the rows that take part. */
export const rowsOf = (mask: Tensor | undefined, b: number): Tensor | undefined =>
  mask && slice(mask, 0, 0, b);
