import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { expectFlags, expectInteger } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import { normal } from "./init.ts";
import { Module, parameter } from "./module.ts";
import { positionsFor } from "./positional-encoding.ts";

/** Options of `LearnedPositions`. */
export interface LearnedPositionsOptions {
  /** σ of the initial values. Default 0.02, as in BERT and GPT-2. */
  std?: number;
  /** Sequences are [N, L, E] instead of [L, N, E]. Default false. */
  batchFirst?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws the initial values. Default: the global one. */
  generator?: Generator;
}

/**
 * Adds a vector of its own for each position (Gehring et al. 2017).
 *
 * `weight` is [maxLength, dModel] and starts from N(0, std²).
 */
export class LearnedPositions extends Module {
  readonly batchFirst: boolean;
  readonly weight: Tensor;

  constructor(
    readonly maxLength: number,
    readonly dModel: number,
    { std = 0.02, batchFirst = false, dtype = "float32", generator }: LearnedPositionsOptions = {},
  ) {
    super();
    expectInteger("LearnedPositions", "maxLength", maxLength, 1);
    expectInteger("LearnedPositions", "dModel", dModel, 1);
    expectFlags("LearnedPositions", { batchFirst });
    expectFloatDType("LearnedPositions", dtype);
    this.batchFirst = batchFirst;
    this.weight = parameter(normal(empty([maxLength, dModel], dtype), 0, std, generator));
  }

  /**
   * @param x [L, N, E], [N, L, E] with batchFirst, or [L, E]
   * @param options offset: the position of the first step; default 0
   * @throws RangeError when a sequence is too long, or a shape does not fit
   */
  forward(x: Tensor, { offset = 0 }: { offset?: number } = {}): Tensor {
    return add(x, positionsFor("LearnedPositions", x, this.weight, this.batchFirst, offset));
  }
}
