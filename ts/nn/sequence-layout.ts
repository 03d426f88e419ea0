/** @file What a recurrent net may be given, as its layers want it, and the way back for what they return. */

import type { FloatDType } from "../core/dtype.ts";
import { fail, sameShape, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { indexSelect } from "../ops/indexing.ts";
import { reshape, transpose } from "../ops/shape.ts";
import { expectPacked, isPacked, type PackedSequence } from "./packed-sequence.ts";
import { indices } from "./pad-sequence.ts";
import type { Recurrent } from "./recurrent.ts";

export interface SequenceLayout {
  /** [T, B, D], or [Σ b_t, D] where there are batchSizes. */
  x: Tensor;
  batchSizes: readonly number[] | undefined;
  B: number;
  /** Whether states have no batch axis. */
  unbatched: boolean;
  /** A given state as [layers, B, ...], in the order of x. */
  enter(state: Tensor): Tensor;
  /** Outputs [T, B, ...] or [Σ b_t, ...] as the input was. */
  output(hs: Tensor): Tensor | PackedSequence;
  /** Final states [layers, B, ...] as the given ones were. */
  leave(state: Tensor): Tensor;
}

/** @throws RangeError or TypeError for an input that is none of those that a net of these options reads */
export function layoutOf(
  where: string,
  input: Tensor | PackedSequence,
  net: { inputSize: number; batchFirst: boolean; dtype: FloatDType },
): SequenceLayout {
  if (isPacked(input)) return packed(where, input, net);
  expectTensor(where, "the input", input);
  const { shape } = input;
  const D = net.inputSize;
  const [layout, other] = net.batchFirst
    ? [`[B, T, ${D}]`, "Without batchFirst the axes are [T, B, D]"]
    : [`[T, B, ${D}]`, "With batchFirst: true the axes are [B, T, D]"];
  if ((shape.length !== 3 && shape.length !== 2) || shape.at(-1) !== D) {
    fail(where, "input", `${layout} or [T, ${D}] (inputSize = ${D})`, `${show(shape)}. ${other}`);
  }
  expectOwnDType(where, input, net.dtype);
  if (shape[shape.length === 3 && net.batchFirst ? 1 : 0] === 0) {
    fail(where, "the sequence", "to have at least one step", show(shape));
  }
  return shape.length === 2 ? unbatched(input) : batched(input, net.batchFirst);
}

const same = (t: Tensor): Tensor => t;

function batched(input: Tensor, batchFirst: boolean): SequenceLayout {
  const swap = (t: Tensor): Tensor => (batchFirst ? transpose(t, 0, 1) : t);
  const B = input.shape[batchFirst ? 0 : 1]!;
  const [enter, leave] = [same, same];
  return { x: swap(input), batchSizes: undefined, B, unbatched: false, enter, output: swap, leave };
}

function unbatched(input: Tensor): SequenceLayout {
  const batch = (t: Tensor): Tensor => reshape(t, t.shape.toSpliced(1, 0, 1));
  const unbatch = (t: Tensor): Tensor => reshape(t, t.shape.toSpliced(1, 1));
  return {
    x: batch(input),
    batchSizes: undefined,
    B: 1,
    unbatched: true,
    enter: batch,
    output: unbatch,
    leave: unbatch,
  };
}

function packed(
  where: string,
  sequence: PackedSequence,
  { inputSize, dtype }: { inputSize: number; dtype: FloatDType },
): SequenceLayout {
  expectPacked(where, sequence);
  const { data, batchSizes, sortedIndices, unsortedIndices } = sequence;
  if (data.ndim !== 2 || data.shape[1] !== inputSize) {
    const want = `[Σ b_t, ${inputSize}] (inputSize = ${inputSize})`;
    fail(where, "the packed data", want, show(data.shape));
  }
  expectOwnDType(where, data, dtype);
  const permuted = (order: readonly number[] | undefined) => (t: Tensor) =>
    order ? indexSelect(t, 1, indices(order)) : t;
  return {
    x: data,
    batchSizes,
    B: batchSizes[0]!,
    unbatched: false,
    enter: permuted(sortedIndices),
    output: (hs) => ({ data: hs, batchSizes, sortedIndices, unsortedIndices }),
    leave: permuted(unsortedIndices),
  };
}

function expectOwnDType(where: string, input: Tensor, dtype: FloatDType): void {
  if (input.dtype === dtype) return;
  throw new TypeError(
    `${where}: expected a ${dtype} input, as the parameters are, got ${input}; convert it with .to("${dtype}")`,
  );
}

/** Throws unless each given state is [layers · directions, B, H or P], without B for an unbatched input. */
export function expectStates(
  where: string,
  states: readonly (Tensor | undefined)[],
  net: Recurrent,
  { B, unbatched }: SequenceLayout,
): void {
  const rows = net.suffixes.length;
  for (const [i, state] of states.entries()) {
    if (state === undefined) continue;
    const name = `${net.plan.states[i]}0`;
    const projected = i === 0 && net.projSize > 0;
    const width = projected ? net.projSize : net.hiddenSize;
    expectTensor(where, name, state);
    const shape = unbatched ? [rows, width] : [rows, B, width];
    if (!sameShape(state.shape, shape)) {
      const axes = `numLayers · directions, ${unbatched ? "" : "B, "}${projected ? "projSize" : "hiddenSize"}`;
      fail(where, name, `to be ${show(shape)} = [${axes}]`, show(state.shape));
    }
    if (state.dtype !== net.dtype) {
      throw new TypeError(`${where}: expected ${name} to be ${net.dtype}, got ${state}`);
    }
  }
}
