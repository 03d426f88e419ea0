import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { expectFlags, expectInteger, fail, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { scope } from "../core/lifetime.ts";
import { add, cos, div, mul, pow, sin } from "../ops/arithmetic.ts";
import { to } from "../ops/cast.ts";
import { arange } from "../ops/create.ts";
import { stack } from "../ops/join.ts";
import { reshape, unsqueeze } from "../ops/shape.ts";
import { slice } from "../ops/slice.ts";
import { Dropout } from "./dropout.ts";
import { buffer, Module } from "./module.ts";

/**
 * PE(pos, 2i) = sin(pos / 10000^(2i / d)), PE(pos, 2i + 1) = cos(the same) (Vaswani et al. 2017).
 *
 * @returns [length, d]
 */
export function sinusoidalPositions(
  length: number,
  d: number,
  { dtype = "float32" }: { dtype?: FloatDType } = {},
): Tensor {
  expectInteger("sinusoidalPositions", "length", length);
  expectInteger("sinusoidalPositions", "d", d, 1);
  expectFloatDType("sinusoidalPositions", dtype);
  return scope(() => {
    const angles = anglesOf(0, length, d, 10000);
    const pairs = stack([sin(angles), cos(angles)], -1); // [length, ⌈d/2⌉, 2]
    const all = reshape(pairs, [length, 2 * Math.ceil(d / 2)]);
    return to(slice(all, 1, 0, d), dtype);
  });
}

/** @internal pos / base^(2i / d) for positions from `offset` on: float64 [length, ⌈d/2⌉]. */
export function anglesOf(offset: number, length: number, d: number, base: number): Tensor {
  const exponents = mul(arange(0, Math.ceil(d / 2), 1, { dtype: "float64" }), 2 / d);
  const positions = arange(offset, offset + length, 1, { dtype: "float64" });
  return div(unsqueeze(positions, 1), pow(base, exponents));
}

/** Options of `PositionalEncoding`. */
export interface PositionOptions {
  /** Of what comes out, in training. Default 0.1. */
  dropout?: number;
  /** The longest sequence. Default 5000. */
  maxLength?: number;
  /** Sequences are [N, L, E] instead of [L, N, E]. Default false. */
  batchFirst?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
  /** Of the dropout. Default: the global one. */
  generator?: Generator;
}

/**
 * Adds sinusoids of the positions (Vaswani et al. 2017), then dropout.
 *
 *     const positions = new nn.PositionalEncoding(64, { batchFirst: true });
 *     const x = positions.forward(embedding.forward(ids).mul(8));              // √64, as the paper does
 */
export class PositionalEncoding extends Module {
  readonly batchFirst: boolean;
  /** [maxLength, dModel]; not in the state dict. */
  readonly pe: Tensor;
  readonly dropout: Dropout;

  constructor(
    readonly dModel: number,
    options: PositionOptions = {},
  ) {
    super();
    const { dropout = 0.1, maxLength = 5000, batchFirst = false, dtype = "float32" } = options;
    const { generator } = options;
    expectInteger("PositionalEncoding", "dModel", dModel, 1);
    expectInteger("PositionalEncoding", "maxLength", maxLength, 1);
    expectFlags("PositionalEncoding", { batchFirst });
    expectFloatDType("PositionalEncoding", dtype);
    this.batchFirst = batchFirst;
    this.dropout = new Dropout(dropout, generator ? { generator } : {});
    this.pe = buffer(sinusoidalPositions(maxLength, dModel, { dtype }), { persistent: false });
  }

  /**
   * @param x [L, N, E], [N, L, E] with batchFirst, or [L, E]
   * @param options offset: the position of the first step; default 0
   * @throws RangeError when a sequence is too long, or a shape does not fit
   */
  forward(x: Tensor, { offset = 0 }: { offset?: number } = {}): Tensor {
    const rows = positionsFor("PositionalEncoding", x, this.pe, this.batchFirst, offset);
    return this.dropout.forward(add(x, rows));
  }
}

/** @internal The rows of a table [maxLength, E] that belong to the steps of x, to be added to it. */
export function positionsFor(
  where: string,
  x: Tensor,
  table: Tensor,
  batchFirst: boolean,
  offset: number,
): Tensor {
  const [maxLength, E] = table.shape as [number, number];
  expectTensor(where, "x", x);
  expectInteger(where, "offset", offset);
  if ((x.ndim !== 2 && x.ndim !== 3) || x.shape.at(-1) !== E) {
    const layout = batchFirst ? `[N, L, ${E}]` : `[L, N, ${E}]`;
    fail(where, "x", `to be ${layout} or [L, ${E}]`, show(x.shape));
  }
  const L = x.shape[x.ndim === 3 && batchFirst ? 1 : 0]!;
  if (offset + L > maxLength) {
    fail(where, "positions", `below maxLength = ${maxLength}`, `${offset} to ${offset + L - 1}`);
  }
  const rows = slice(table, 0, offset, offset + L); // [L, E]
  return x.ndim === 3 && !batchFirst ? unsqueeze(rows, 1) : rows;
}
