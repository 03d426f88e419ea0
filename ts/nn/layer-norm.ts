import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import { expectInteger, expectNumber } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { ones, zeros } from "../ops/create.ts";
import { layerNorm } from "../ops/norm.ts";
import { Module, parameter } from "./module.ts";

/** Options of `LayerNorm`. */
export interface LayerNormOptions {
  /** Added to the variance. Default 1e-5. */
  eps?: number;
  /** Whether there is a weight (and a bias). Default true. */
  elementwiseAffine?: boolean;
  /** Whether there is a bias beside the weight. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
}

/**
 * y = (x − mean) / √(variance + eps) ⊙ weight + bias, over the last axes (Ba, Kiros & Hinton 2016).
 *
 * `weight` starts at 1 and `bias` at 0, both shaped `normalizedShape`.
 *
 * @example
 * new nn.LayerNorm(2).forward(tensor([[1, 3]])).toArray(); // [[-1, 1]]
 */
export class LayerNorm extends Module {
  readonly normalizedShape: readonly number[];
  readonly eps: number;
  readonly weight: Tensor | undefined;
  readonly bias: Tensor | undefined;

  constructor(
    normalizedShape: number | readonly number[],
    { eps = 1e-5, elementwiseAffine = true, bias = true, dtype = "float32" }: LayerNormOptions = {},
  ) {
    super();
    const shape = typeof normalizedShape === "number" ? [normalizedShape] : [...normalizedShape];
    for (const size of shape) expectInteger("LayerNorm", "each size of normalizedShape", size, 1);
    expectFloatDType("LayerNorm", dtype);
    this.normalizedShape = shape;
    this.eps = expectNumber("LayerNorm", "eps", eps, 0);
    this.weight = elementwiseAffine ? parameter(ones(shape, { dtype })) : undefined;
    this.bias = elementwiseAffine && bias ? parameter(zeros(shape, { dtype })) : undefined;
  }

  /** Normalises over the last axes. @param x [..., ...normalizedShape] */
  forward(x: Tensor): Tensor {
    return layerNorm(x, this.normalizedShape, this.weight, this.bias, this.eps);
  }
}
