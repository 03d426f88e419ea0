/** @file Sequences of different lengths without padding: step after step, each only for those that are not over. */

import { expectInteger, fail, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { tensor } from "../ops/create.ts";
import { indexSelect } from "../ops/indexing.ts";
import { concat } from "../ops/join.ts";
import { reshape } from "../ops/shape.ts";
import { split } from "../ops/slice.ts";
import {
  expectLengths,
  expectPadded,
  expectSequences,
  indices,
  type Lengths,
  offsets,
  padded,
} from "./pad-sequence.ts";

/**
 * "abc" and "x" are data `axbc` and batchSizes [2, 1, 1]: longest first, so that the sequences that have a step t are the
 * first b_t. A plain object: a scope that returns it keeps its data.
 */
export interface PackedSequence {
  /** [Σ b_t, ...] */
  readonly data: Tensor;
  /** b_1 = B ≥ b_2 ≥ ... ≥ b_T ≥ 1 */
  readonly batchSizes: readonly number[];
  /** Which sequence of the batch stands at each place; undefined when they came sorted. */
  readonly sortedIndices: readonly number[] | undefined;
  /** At which place each sequence of the batch stands. */
  readonly unsortedIndices: readonly number[] | undefined;
}

/** Options of `packPaddedSequence` and `packSequence`. */
export interface PackOptions {
  /** Whether to insist on lengths that do not increase, and to sort nothing. Default true. */
  enforceSorted?: boolean;
}

/**
 * Packs a padded tensor. Differentiable; what pads is not read.
 *
 * @param input   [T, B, ...], or [B, T, ...] with batchFirst
 * @param lengths B of them, from 1 to T
 * @throws RangeError when the lengths do not fit, or increase under enforceSorted
 *
 * @example
 * const lstm = new nn.LSTM(3, 5);
 * const packed = nn.packPaddedSequence(zeros([7, 2, 3]), [4, 7], { enforceSorted: false });
 * const [hs, [hn]] = lstm.forward(packed); // hn at each sequence's own end
 * const [padded, lengths] = nn.padPackedSequence(hs);
 * [padded.shape, hn.shape]; // [[7, 2, 5], [1, 2, 5]]
 * lengths; // [4, 7]
 */
export function packPaddedSequence(
  input: Tensor,
  lengths: Lengths,
  { batchFirst = false, enforceSorted = true }: PackOptions & { batchFirst?: boolean } = {},
): PackedSequence {
  const op = "packPaddedSequence";
  const { T, B, rest } = expectPadded(op, input, batchFirst);
  if (B === 0) fail(op, "the padded tensor", "to have one sequence at least", show(input.shape));
  const wanted = expectLengths(op, lengths, B, T, 1);
  const row = (t: number, b: number): number => (batchFirst ? b * T + t : t * B + b);
  return pack(op, wanted, enforceSorted, row, reshape(input, [T * B, ...rest]));
}

/**
 * Packs sequences.
 *
 * @param sequences [T_b, ...] each, T_b ≥ 1, of one dtype, different in nothing but T_b
 * @throws RangeError when they differ in more, or get longer under enforceSorted
 *
 * @example
 * const packed = nn.packSequence([ones([3, 2]), ones([1, 2])]);
 * nn.unpackSequence(packed).map((x) => x.shape); // [[3, 2], [1, 2]]
 */
export function packSequence(
  sequences: readonly Tensor[],
  { enforceSorted = true }: PackOptions = {},
): PackedSequence {
  const op = "packSequence";
  const lengths = expectSequences(op, sequences);
  lengths.forEach((length, b) => expectInteger(op, `length ${b}`, length, 1));
  const starts = offsets(lengths);
  return pack(op, lengths, enforceSorted, (t, b) => starts[b]! + t, concat([...sequences]));
}

/** From rows [N, ...], of which `row(t, b)` tells the place. */
function pack(
  op: string,
  lengths: readonly number[],
  enforceSorted: boolean,
  row: (t: number, b: number) => number,
  rows: Tensor,
): PackedSequence {
  const order = [...lengths.keys()];
  if (!enforceSorted) order.sort((a, b) => lengths[b]! - lengths[a]!);
  else if (lengths.some((length, b) => b > 0 && length > lengths[b - 1]!)) {
    const what = "not to increase; enforceSorted: false sorts them";
    fail(op, "lengths", what, show(lengths));
  }
  const batchSizes: number[] = [];
  const ids: number[] = [];
  for (let t = 0; t < lengths[order[0]!]!; t++) {
    const there = order.filter((b) => lengths[b]! > t);
    batchSizes.push(there.length);
    ids.push(...there.map((b) => row(t, b)));
  }
  return {
    data: indexSelect(rows, 0, indices(ids)),
    batchSizes,
    sortedIndices: enforceSorted ? undefined : order,
    unsortedIndices: enforceSorted ? undefined : inverse(order),
  };
}

/** Options of `padPackedSequence`. */
export interface PadPackedOptions {
  /** [B, T, ...] instead of [T, B, ...]. Default false. */
  batchFirst?: boolean;
  /** What fills the rest. Default 0. */
  paddingValue?: number;
  /** T. Default: the longest length. */
  totalLength?: number;
}

/**
 * The way back of `packPaddedSequence`. Differentiable.
 *
 * @returns [T, B, ...], or [B, T, ...], and the lengths, int32 [B], both in the order of the batch that was packed
 * @throws RangeError when totalLength is below the longest length
 */
export function padPackedSequence(
  sequence: PackedSequence,
  { batchFirst = false, paddingValue = 0, totalLength }: PadPackedOptions = {},
): [padded: Tensor, lengths: Tensor] {
  expectPacked("padPackedSequence", sequence);
  const { data, batchSizes } = sequence;
  const [T, B] = [totalLength ?? batchSizes.length, batchSizes[0]!];
  expectInteger("padPackedSequence", "totalLength", T, batchSizes.length);
  const { lengths, row } = places(sequence);
  return [
    padded(data, row, T, B, { batchFirst, paddingValue }),
    tensor(lengths, { dtype: "int32" }),
  ];
}

/** The way back of `packSequence`. Differentiable. */
export function unpackSequence(sequence: PackedSequence): Tensor[] {
  expectPacked("unpackSequence", sequence);
  const { lengths, row } = places(sequence);
  const ids = lengths.flatMap((length, b) => Array.from({ length }, (_, t) => row(t, b)));
  return split(indexSelect(sequence.data, 0, indices(ids)), lengths);
}

/** The lengths in the order of the batch, and the row of step t of sequence b, −1 for none. */
function places({ batchSizes, unsortedIndices }: PackedSequence) {
  const starts = offsets(batchSizes);
  const place = (b: number): number => unsortedIndices?.[b] ?? b;
  const lengths = Array.from({ length: batchSizes[0]! }, (_, b) => {
    return batchSizes.filter((rows) => place(b) < rows).length;
  });
  const row = (t: number, b: number): number => (t < lengths[b]! ? starts[t]! + place(b) : -1);
  return { lengths, row };
}

/** Whether `x` claims to be one. */
export const isPacked = (x: unknown): x is PackedSequence =>
  typeof x === "object" && x !== null && "data" in x && "batchSizes" in x;

/** @internal Throws unless `x` is packed as it should be. */
export function expectPacked(op: string, x: unknown): asserts x is PackedSequence {
  if (!isPacked(x)) throw new TypeError(`${op}: expected a packed sequence, got ${String(x)}`);
  const { data, batchSizes, sortedIndices, unsortedIndices } = x;
  expectTensor(op, "data", data);
  if (data.ndim === 0) fail(op, "data", "to be [Σ b_t, ...]", show(data.shape));
  if (!Array.isArray(batchSizes) || batchSizes.length === 0) {
    fail(op, "batchSizes", "to be an array with one size at least", String(batchSizes));
  }
  let total = 0;
  batchSizes.forEach((rows: unknown, t) => {
    total += expectInteger(op, `batchSizes[${t}]`, rows, 1);
    if (t > 0 && batchSizes[t]! > batchSizes[t - 1]!) {
      fail(op, "batchSizes", "not to increase", show(batchSizes));
    }
  });
  if (total !== data.shape[0]) {
    fail(op, "data", `to have Σ b_t = ${total} rows`, show(data.shape));
  }
  if (!sortedIndices && !unsortedIndices) return;
  const [sorted, unsorted] = [sortedIndices ?? [], unsortedIndices ?? []];
  const inRange = sorted.length === batchSizes[0] && unsorted.length === batchSizes[0];
  if (!inRange || !sorted.every((b, place) => unsorted[b] === place)) {
    const what = `to be permutations of ${batchSizes[0]}, each the other's inverse`;
    fail(op, "sortedIndices and unsortedIndices", what, `${show(sorted)} and ${show(unsorted)}`);
  }
}

function inverse(order: readonly number[]): number[] {
  const places = new Array<number>(order.length);
  order.forEach((b, place) => (places[b] = place));
  return places;
}
