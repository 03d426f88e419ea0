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
 * Some steps of equal b_t: from xs [n, b, ...] and the states [b, ...] before them to the outputs [n, b, ...] and the states
 * after them.
 */
export type Stretch = (
  xs: Tensor,
  states: readonly Tensor[],
  b: number,
) => { hs: Tensor; final: readonly Tensor[] };

/**
 * Goes through a sequence by stretches of equal b_t. Rows that are over leave with their states; in reverse they come in
 * with their initial ones.
 *
 * @param x       [T, B, ...], or [Σ b_t, ...] with batchSizes
 * @param initial states [B, ...]
 * @param most    steps that a stretch may have; default any number
 * @returns       hs shaped as x but for the features; the states after the last step that each row has, [B, ...]
 */
export function walk(
  x: Tensor,
  initial: readonly Tensor[],
  stretch: Stretch,
  { reverse = false, batchSizes }: SequenceOptions = {},
  most = Infinity,
): { hs: Tensor; final: Tensor[] } {
  const [T, B] = x.shape as [number, number];
  const runs = runsOf(batchSizes ?? new Array<number>(T).fill(B), most);
  const features = x.shape.slice(batchSizes ? 1 : 2);
  const rows = batchSizes ? x : reshape(x, [T * B, ...features]);
  const parts = halved(
    rows,
    runs.map(([n, b]) => n * b),
  );

  const outputs = new Array<Tensor>(runs.length);
  const over: (readonly Tensor[])[] = []; // the final states of rows that have left, last rows first
  let there = reverse ? 0 : runs[0]![1];
  let states = reverse ? initial.map((s) => slice(s, 0, 0, 0)) : initial;
  for (const k of reverse ? [...runs.keys()].toReversed() : runs.keys()) {
    const [n, b] = runs[k]!;
    if (b < there) {
      over.push(states.map((s) => slice(s, 0, b)));
      states = states.map((s) => slice(s, 0, 0, b));
    } else if (b > there) {
      states = states.map((s, i) => concat([s, slice(initial[i]!, 0, there, b)]));
    }
    there = b;
    const after = stretch(reshape(parts[k]!, [n, b, ...features]), states, b);
    states = after.final;
    outputs[k] = reshape(after.hs, [n * b, ...after.hs.shape.slice(2)]);
  }
  const hs = outputs.length === 1 ? outputs[0]! : concat(outputs); // [Σ b_t, ...]
  const final =
    over.length === 0
      ? [...states]
      : states.map((s, i) => {
          return concat([s, ...over.map((e) => e[i]!).toReversed()]);
        });
  return { hs: batchSizes ? hs : reshape(hs, [T, B, ...hs.shape.slice(1)]), final };
}

/** `split`, but by halves: going back it sets each part among zeros, so in all T log T rows and not T². */
function halved(x: Tensor, sizes: readonly number[]): Tensor[] {
  if (sizes.length <= 4) return split(x, sizes);
  const middle = sizes.length >> 1;
  const halves = [sizes.slice(0, middle), sizes.slice(middle)];
  const parts = split(
    x,
    halves.map((half) => half.reduce((n, m) => n + m)),
  );
  return parts.flatMap((part, i) => halved(part, halves[i]!));
}

/** [n, b]: n steps with b rows each. */
function runsOf(sizes: readonly number[], most: number): [n: number, b: number][] {
  const runs: [number, number][] = [];
  for (const b of sizes) {
    const last = runs.at(-1);
    if (last && last[1] === b && last[0] < most) last[0]++;
    else runs.push([1, b]);
  }
  return runs;
}

/**
 * One step: from x_t [b, ...] and the states [b, ...] to the next states. The first of them is the output.
 *
 * @param b how many rows of the batch take part
 */
export type Step = (xt: Tensor, states: readonly Tensor[], b: number) => readonly Tensor[];

/** states_t = step(x_t, states_{t−1}), step by step; hs = the first of the states. Else as `walk`. */
export function unroll(
  x: Tensor,
  initial: readonly Tensor[],
  step: Step,
  options: SequenceOptions = {},
): { hs: Tensor; final: Tensor[] } {
  const one: Stretch = (xs, before, b) => {
    const states = step(reshape(xs, xs.shape.slice(1)), before, b);
    return { hs: reshape(states[0]!, [1, ...states[0]!.shape]), final: states };
  };
  return walk(x, initial, one, options, 1);
}
