import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import { expectInteger, expectNumber } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { ones } from "../ops/create.ts";
import { rmsNorm } from "../ops/norm.ts";
import { Module, parameter } from "./module.ts";

/** Options of `RMSNorm`. */
export interface RMSNormOptions {
  /** Added to the mean square. Default: the dtype's machine epsilon. */
  eps?: number | undefined;
  /** Whether there is a weight. Default true. */
  elementwiseAffine?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
}

const EPSILON = { float32: 2 ** -23, float64: 2 ** -52 } as const;

/**
 * y = x / √(mean(x²) + eps) ⊙ weight, over the last axes (Zhang & Sennrich 2019).
 *
 * `weight`, shaped `normalizedShape`, starts at 1.
 */
export class RMSNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly weight: Tensor | undefined;

  constructor(
    normalizedShape: number | readonly number[],
    { eps, elementwiseAffine = true, dtype = "float32" }: RMSNormOptions = {},
  ) {
    super();
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    for (const size of shape) expectInteger("RMSNorm", "each size of normalizedShape", size, 1);
    expectFloatDType("RMSNorm", dtype);
    this.normalizedShape = shape;
    this.eps = expectNumber("RMSNorm", "eps", eps ?? EPSILON[dtype], 0);
    this.weight = elementwiseAffine ? parameter(ones(shape, { dtype })) : undefined;
  }

  /** Normalises over the last axes. @param x [..., ...normalizedShape] */
  forward(x: Tensor): Tensor {
    return rmsNorm(x, this.normalizedShape, this.weight, this.eps);
  }
}
