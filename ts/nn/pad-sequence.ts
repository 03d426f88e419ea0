/** @file Sequences of different lengths, and one padded tensor of them. */

import { expectInteger, fail, sameShape, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { full, tensor } from "../ops/create.ts";
import { indexSelect } from "../ops/indexing.ts";
import { concat } from "../ops/join.ts";
import { reshape } from "../ops/shape.ts";
import { select, slice } from "../ops/slice.ts";

/** How long the sequences of a batch are: numbers, or an int32 tensor [B]. */
export type Lengths = readonly number[] | Tensor;

/** Options of `padSequence`. */
export interface PadSequenceOptions {
  /** [B, T, ...] instead of [T, B, ...]. Default false. */
  batchFirst?: boolean;
  /** What fills the rest. Default 0. */
  paddingValue?: number;
  /** Where the rest is. Default "right". */
  paddingSide?: "right" | "left";
}

/**
 * Sequences as one tensor, padded to the longest. Differentiable.
 *
 * @param sequences [T_b, ...] each, of one dtype, different in nothing but T_b
 * @returns         [T, B, ...], or [B, T, ...] with batchFirst
 * @throws RangeError for no sequences, and for those that differ in more than their length
 *
 * @example
 * nn.padSequence([tensor([1, 2, 3]), tensor([4])], { batchFirst: true }).toArray(); // [[1, 2, 3], [4, 0, 0]]
 */
export function padSequence(
  sequences: readonly Tensor[],
  { batchFirst = false, paddingValue = 0, paddingSide = "right" }: PadSequenceOptions = {},
): Tensor {
  const lengths = expectSequences("padSequence", sequences);
  if (paddingSide !== "right" && paddingSide !== "left") {
    fail("padSequence", "paddingSide", 'to be "right" or "left"', String(paddingSide));
  }
  const T = Math.max(...lengths);
  const starts = offsets(lengths);
  const row = (t: number, b: number): number => {
    const own = paddingSide === "left" ? t - (T - lengths[b]!) : t;
    return own >= 0 && own < lengths[b]! ? starts[b]! + own : -1;
  };
  return padded(concat([...sequences]), row, T, lengths.length, { batchFirst, paddingValue });
}

/**
 * The sequences of a padded tensor: the way back of `padSequence`. Differentiable.
 *
 * @param padded  [T, B, ...], or [B, T, ...] with batchFirst
 * @param lengths B of them, from 0 to T
 * @returns       [T_b, ...] each
 * @throws RangeError when the lengths do not fit
 */
export function unpadSequence(
  padded: Tensor,
  lengths: Lengths,
  { batchFirst = false }: { batchFirst?: boolean } = {},
): Tensor[] {
  const { T, B } = expectPadded("unpadSequence", padded, batchFirst);
  return expectLengths("unpadSequence", lengths, B, T, 0).map((length, b) =>
    slice(select(padded, batchFirst ? 0 : 1, b), 0, 0, length),
  );
}

/** @internal Rows [N, ...] as a padded tensor: `row(t, b)` tells which one stands there, −1 for none. */
export function padded(
  rows: Tensor,
  row: (t: number, b: number) => number,
  T: number,
  B: number,
  { batchFirst, paddingValue }: { batchFirst: boolean; paddingValue: number },
): Tensor {
  const [N, ...rest] = rows.shape as [number, ...number[]];
  const shape = batchFirst ? [B, T] : [T, B];
  const ids = Array.from({ length: T * B }, (_, k) => {
    const [i, j] = [Math.floor(k / shape[1]!), k % shape[1]!];
    const found = batchFirst ? row(j, i) : row(i, j);
    return found < 0 ? N : found;
  });
  const filler = full([1, ...rest], paddingValue, { dtype: rows.dtype });
  return reshape(indexSelect(concat([rows, filler]), 0, indices(ids)), [...shape, ...rest]);
}

/** @internal */
export const indices = (ids: readonly number[]): Tensor =>
  tensor(Int32Array.from(ids), [ids.length]);

/** @internal Where each part begins, when they stand one after the other. */
export function offsets(sizes: readonly number[]): number[] {
  let at = 0;
  return sizes.map((n) => (at += n) - n);
}

/** @internal The lengths of sequences that differ in nothing else. */
export function expectSequences(op: string, sequences: readonly Tensor[]): number[] {
  if (!Array.isArray(sequences)) {
    throw new TypeError(`${op}: expected an array of tensors, got ${String(sequences)}`);
  }
  if (sequences.length === 0) fail(op, "the sequences", "to be one at least", "none");
  return (sequences as Tensor[]).map((s, b) => {
    expectTensor(op, `sequence ${b}`, s);
    const { shape, dtype } = sequences[0] as Tensor;
    if (s.ndim === 0) fail(op, `sequence ${b}`, "to have a time axis", show(s.shape));
    if (s.dtype !== dtype || !sameShape(s.shape.slice(1), shape.slice(1))) {
      const like = `to be ${dtype} [T${shape
        .slice(1)
        .map((d) => `, ${d}`)
        .join("")}]`;
      fail(op, `sequence ${b}`, `${like}, as the first`, `${s.dtype} ${show(s.shape)}`);
    }
    return s.shape[0]!;
  });
}

/** @internal The sizes of a padded tensor. */
export function expectPadded(
  op: string,
  x: Tensor,
  batchFirst: boolean,
): { T: number; B: number; rest: number[] } {
  expectTensor(op, "the padded tensor", x);
  const layout = batchFirst ? "[B, T, ...]" : "[T, B, ...]";
  if (x.ndim < 2) fail(op, "the padded tensor", `to be ${layout}`, show(x.shape));
  const [first, second, ...rest] = x.shape as [number, number, ...number[]];
  return batchFirst ? { T: second, B: first, rest } : { T: first, B: second, rest };
}

/** @internal The lengths as numbers: B of them, from `least` to T. */
export function expectLengths(
  op: string,
  lengths: Lengths,
  B: number,
  T: number,
  least: number,
): number[] {
  const list: unknown[] = Array.isArray(lengths) ? lengths : fromTensor(op, lengths as Tensor);
  if (list.length !== B) {
    fail(op, "lengths", `to be ${B}, one for each row of the batch`, String(list.length));
  }
  return list.map((length, b) => {
    const whole = expectInteger(op, `length ${b}`, length, least);
    if (whole > T) fail(op, `length ${b}`, `to be at most the ${T} steps`, String(whole));
    return whole;
  });
}

function fromTensor(op: string, lengths: Tensor): number[] {
  expectTensor(op, "lengths", lengths);
  if (lengths.dtype !== "int32" || lengths.ndim !== 1) {
    throw new TypeError(`${op}: expected lengths to be numbers or an int32 [B], got ${lengths}`);
  }
  return [...lengths.view()];
}
