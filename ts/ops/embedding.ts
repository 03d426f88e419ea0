import { record, touch } from "../core/autograd.ts";
import { dims, expectInteger, expectNumber, fail } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { mul } from "./arithmetic.ts";
import { added, expectIndices } from "./indexing.ts";
import { expectFloat } from "./operand.ts";
import { reshape } from "./shape.ts";

/** Options of `embedding`. */
export interface EmbeddingLookUp {
  /** The row that gets no gradient; a negative one counts from the end. Default none. */
  paddingIdx?: number;
  /** Rows that are looked up and longer than this are scaled to it, in place, first. Default: none is. */
  maxNorm?: number;
  /** p of the norm of `maxNorm`. Default 2. */
  normType?: number;
  /** Whether the gradient of a row is divided by the times that it was looked up. Default false. */
  scaleGradByFreq?: boolean;
}

/**
 * The rows of `weight` at `ids`.
 *
 * @param ids    int32, any shape
 * @param weight [V, D]
 * @returns      [...ids.shape, D]
 * @throws RangeError for an index outside the table
 *
 * @example
 * embedding(tensor([2, 0], { dtype: "int32" }), tensor([[1, 2], [3, 4], [5, 6]])).toArray(); // [[5, 6], [1, 2]]
 */
export function embedding(
  ids: Tensor,
  weight: Tensor,
  { paddingIdx, maxNorm, normType = 2, scaleGradByFreq = false }: EmbeddingLookUp = {},
): Tensor {
  expectFloat("embedding", "weight", weight);
  const [V, D] = dims("embedding", { weight }, 2);
  expectIndices("embedding", ids, V);
  const padding = paddingIdx === undefined ? -1 : expectPaddingIdx("embedding", paddingIdx, V);
  if (maxNorm !== undefined) {
    expectNumber("embedding", "maxNorm", maxNorm, 0);
    if (!(normType > 0)) fail("embedding", "normType", "to be above 0", String(normType));
    shorten(weight, new Set(ids.view() as Int32Array), maxNorm, normType);
  }
  const at = weight.ptr; // throws if it was freed
  const y = empty([...ids.shape, D], weight.dtype);
  kernels.of[weight.dtype].index_select(at, ids.ptr, y.ptr, 1, V, D, ids.size);
  if (!weight.requiresGrad) return y;
  const share = padding >= 0 || scaleGradByFreq ? shares(ids, weight, padding, scaleGradByFreq) : 1;
  return record(
    "embedding",
    y,
    [weight],
    [
      (dy) => {
        const rows = reshape(dy, [ids.size, D]);
        return added(share === 1 ? rows : mul(rows, share), 0, ids, [V, D]);
      },
    ],
  );
}

/** The row itself, counted from the start. @throws RangeError for one outside the table */
export function expectPaddingIdx(op: string, paddingIdx: number, V: number): number {
  expectInteger(op, "paddingIdx", paddingIdx, -V);
  if (paddingIdx >= V) fail(op, "paddingIdx", `to be below the ${V} rows`, String(paddingIdx));
  return paddingIdx < 0 ? paddingIdx + V : paddingIdx;
}

/** How much of its gradient each row of the result hands on: [ids.size, 1]. */
function shares(ids: Tensor, weight: Tensor, padding: number, byFrequency: boolean): Tensor {
  const times = new Map<number, number>();
  for (const id of ids.view()) times.set(id, (times.get(id) ?? 0) + 1);
  // before the memory for them is taken: it may move, and with it every view
  const parts = Array.from(ids.view(), (id) =>
    id === padding ? 0 : byFrequency ? 1 / times.get(id)! : 1,
  );
  const share = empty([ids.size, 1], weight.dtype);
  share.view().set(parts);
  return share;
}

/** Scales the rows whose p-norm is above `most`. */
function shorten(weight: Tensor, rows: Iterable<number>, most: number, p: number): void {
  const D = weight.shape[1]!;
  for (const id of rows) {
    const row = weight.view().subarray(id * D, (id + 1) * D);
    const norm = normOf(row, p);
    if (norm <= most) continue;
    const factor = most / (norm + 1e-7);
    for (let j = 0; j < D; j++) row[j]! *= factor;
    touch(weight);
  }
}

function normOf(row: Iterable<number>, p: number): number {
  let total = 0;
  for (const x of row) {
    if (p === Infinity) total = Math.max(total, Math.abs(x));
    else total += p === 2 ? x * x : kernels.scalar_pow(Math.abs(x), p);
  }
  if (p === Infinity) return total;
  return p === 2 ? Math.sqrt(total) : kernels.scalar_pow(total, 1 / p);
}
