/** @file The options that the transformer layers share, and what is wrong with them. */

import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import { defaultGenerator, type Generator } from "../core/random.ts";
import { expectFlags, expectInteger, expectNumber, fail } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { gelu, relu } from "../ops/activation.ts";

/** What stands between the two layers of the feed-forward part. */
export type Activation = "relu" | "gelu" | ((x: Tensor) => Tensor);

/** Options of the encoder's and decoder's layers. */
export interface TransformerLayerOptions {
  /** Width of the feed-forward part. Default 2048. */
  dimFeedforward?: number;
  /** Probability of dropping attention weights, inner activations and what is added to x, in training. Default 0.1. */
  dropout?: number;
  /** Of the feed-forward part, by name or a function of its own. Default "relu". */
  activation?: Activation;
  /** Of the layer norms. Default 1e-5. */
  layerNormEps?: number;
  /** Tensors are [N, L, E] instead of [L, N, E]. Default false. */
  batchFirst?: boolean;
  /** Norms stand before each part (Xiong et al. 2020) instead of after it (Vaswani et al. 2017). Default false. */
  normFirst?: boolean;
  /** Whether projections, linear layers and norms have biases. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws initial values and dropout. Default: the global one. */
  generator?: Generator;
}

/** The options with their defaults. @throws RangeError or TypeError for impossible ones */
export function layerOptions(
  where: string,
  dModel: number,
  nhead: number,
  options: TransformerLayerOptions,
) {
  const { dimFeedforward = 2048, dropout = 0.1, layerNormEps = 1e-5, dtype = "float32" } = options;
  const { activation = "relu", batchFirst = false, normFirst = false, bias = true } = options;
  const { generator = defaultGenerator } = options;
  expectInteger(where, "dModel", dModel, 1);
  expectInteger(where, "nhead", nhead, 1);
  if (dModel % nhead !== 0) {
    fail(where, "dModel", `to be a multiple of ${nhead} heads`, String(dModel));
  }
  expectInteger(where, "dimFeedforward", dimFeedforward, 1);
  expectNumber(where, "dropout", dropout, 0, 1);
  expectNumber(where, "layerNormEps", layerNormEps, 0);
  expectFlags(where, { batchFirst, normFirst, bias });
  expectFloatDType(where, dtype);
  return {
    dimFeedforward,
    dropout,
    activation: activationOf(where, activation),
    layerNormEps,
    batchFirst,
    normFirst,
    bias,
    dtype,
    generator,
  };
}

function activationOf(where: string, activation: Activation): (x: Tensor) => Tensor {
  if (typeof activation === "function") return activation;
  if (activation === "relu") return relu;
  if (activation === "gelu") return (x) => gelu(x);
  return fail(where, "activation", 'to be "relu", "gelu" or a function', String(activation));
}
