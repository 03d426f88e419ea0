import type { Generator } from "../core/random.ts";
import { expectNumber, fail, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { mul } from "../ops/arithmetic.ts";
import { ones } from "../ops/create.ts";
import { dropout, type DropoutOptions } from "../ops/dropout.ts";
import { indexSelect } from "../ops/indexing.ts";
import { unsqueeze } from "../ops/shape.ts";
import { Module } from "./module.ts";
import { expectPacked, isPacked, type PackedSequence } from "./packed-sequence.ts";
import { indices } from "./pad-sequence.ts";

/** Options of `VariationalDropout`. */
export interface VariationalDropoutOptions {
  /** Tensors are [B, T, ...] instead of [T, B, ...]. Default false. */
  batchFirst?: boolean;
  /** Default: the global one. */
  generator?: Generator;
}

/**
 * Sets features to 0 with probability p and scales the others by 1 / (1 − p), in training only: for each sequence of a
 * batch the same features at every step (Gal & Ghahramani 2016).
 *
 * @param p default 0.5
 *
 * @example
 * const dropout = new nn.VariationalDropout(0.5);
 * const [a, b] = dropout.forward(ones([2, 1, 8])).unbind();
 * String(a!.toArray()) === String(b!.toArray()); // true
 */
export class VariationalDropout extends Module {
  readonly batchFirst: boolean;
  readonly #generator: Generator | undefined;

  constructor(
    readonly p = 0.5,
    { batchFirst = false, generator }: VariationalDropoutOptions = {},
  ) {
    super();
    expectNumber("VariationalDropout", "p", p, 0, 1);
    this.batchFirst = batchFirst;
    this.#generator = generator;
  }

  /** Drops with one mask for all steps while training; in evaluation it gives x itself. @param x [T, B, D], [B, T, D] with batchFirst, or packed */
  forward<X extends Tensor | PackedSequence>(x: X): X {
    const where = "VariationalDropout";
    const { p, training, batchFirst } = this;
    if (!training || p === 0) return x;
    const options = { p, ...(this.#generator && { generator: this.#generator }) };
    if (isPacked(x)) {
      expectPacked(where, x);
      return { ...x, data: variationalDropout(x.data, x.batchSizes, options) };
    }
    expectTensor(where, "x", x);
    if (x.ndim !== 3) fail(where, "x", "to have 3 dimensions", show(x.shape));
    return variationalDropout(x, undefined, options, batchFirst ? 1 : 0) as Tensor as X; // one of the two
  }
}

/**
 * @internal One mask for all steps.
 *
 * @param x    with time on the axis, or packed [Σ b_t, D] with batchSizes
 */
export function variationalDropout(
  x: Tensor,
  batchSizes: readonly number[] | undefined,
  options: DropoutOptions,
  axis = 0,
): Tensor {
  const mask = (shape: number[]): Tensor => dropout(ones(shape, { dtype: x.dtype }), options);
  if (!batchSizes) return mul(x, unsqueeze(mask(x.shape.toSpliced(axis, 1)), axis));
  const rows = batchSizes.flatMap((b) => Array.from({ length: b }, (_, k) => k));
  return mul(x, indexSelect(mask([batchSizes[0]!, ...x.shape.slice(1)]), 0, indices(rows)));
}
