/** @file A cell walked over a sequence, in plain ops: the composite tier of every recurrent net. */

import type { Tensor } from "../core/tensor.ts";
import { concat } from "./join.ts";
import { reshape } from "./shape.ts";
import { slice, split } from "./slice.ts";

export interface SequenceOptions {
  /** Whether the net reads from the last step to the first; outputs stay at their own steps. Default false. */
  reverse?: boolean | undefined;
  /**
   * b_t, for a packed sequence: step t is there for the first b_t rows of the batch, b_1 = B ≥ b_2 ≥ ... ≥ b_T ≥ 1, and
   * x and hs are [Σ b_t, ·], step after step. Default: every step for all rows.
   */
  batchSizes?: readonly number[] | undefined;
}

/**
 * One step: from x_t [b, ...] and the states [b, ...] to the next states. The first of them is the output.
 *
 * @param b how many rows of the batch take part
 */
export type Step = (xt: Tensor, states: readonly Tensor[], b: number) => readonly Tensor[];

/**
 * states_t = step(x_t, states_{t−1}); hs = the first of the states, at every step.
 *
 * @param x       [T, B, ...], or [Σ b_t, ...] with batchSizes
 * @param initial states [B, ...]
 * @returns       hs shaped as x but for the features; the states after the last step that each row has, [B, ...]
 */
export function unroll(
  x: Tensor,
  initial: readonly Tensor[],
  step: Step,
  { reverse = false, batchSizes }: SequenceOptions = {},
): { hs: Tensor; final: Tensor[] } {
  const [T, B] = x.shape as [number, number];
  const sizes = batchSizes ?? new Array<number>(T).fill(B);
  const xs = split(batchSizes ? x : reshape(x, [T * B, ...x.shape.slice(2)]), sizes);
  const steps = reverse ? [...xs.keys()].toReversed() : xs.keys();

  const hs = new Array<Tensor>(xs.length);
  const ended: Tensor[][] = []; // the final states of rows that are over, last rows first
  let b = reverse ? 0 : sizes[0]!;
  let states = reverse ? initial.map((s) => slice(s, 0, 0, 0)) : initial;
  for (const t of steps) {
    const rows = sizes[t]!;
    if (rows < b) {
      ended.push(states.map((s) => slice(s, 0, rows)));
      states = states.map((s) => slice(s, 0, 0, rows));
    } else if (rows > b) {
      const begun = initial.map((s) => slice(s, 0, b, rows));
      states = states.map((s, i) => (b === 0 ? begun[i]! : concat([s, begun[i]!])));
    }
    b = rows;
    states = step(xs[t]!, states, b);
    hs[t] = states[0]!;
  }
  const all = concat(hs); // [Σ b_t, ...]
  return {
    hs: batchSizes ? all : reshape(all, [T, B, ...all.shape.slice(1)]),
    final: states.map((s, i) => concat([s, ...ended.map((e) => e[i]!).toReversed()])),
  };
}
