import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { expectInteger, fail, show } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { linear } from "../ops/linear.ts";
import { uniform } from "./init.ts";
import { Module, parameter } from "./module.ts";

/** Options of `Linear`. */
export interface LinearOptions {
  /** Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws the initial values. Default: the global one. */
  generator?: Generator;
}

/**
 * y = x Wᵀ + b, over the last axis.
 *
 * `weight` is [outFeatures, inFeatures], `bias` [outFeatures]; both start from U(−1/√inFeatures, 1/√inFeatures).
 *
 * @example
 * new nn.Linear(4, 2).forward(zeros([7, 3, 4])).shape; // [7, 3, 2]
 */
export class Linear extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(
    readonly inFeatures: number,
    readonly outFeatures: number,
    { bias = true, dtype = "float32", generator }: LinearOptions = {},
  ) {
    super();
    expectInteger("Linear", "inFeatures", inFeatures);
    expectInteger("Linear", "outFeatures", outFeatures);
    expectFloatDType("Linear", dtype);
    const bound = inFeatures > 0 ? 1 / Math.sqrt(inFeatures) : 0;
    const draw = (shape: number[]): Tensor =>
      uniform(empty(shape, dtype), -bound, bound, generator);
    const W = draw([outFeatures, inFeatures]);
    const b = bias ? draw([outFeatures]) : undefined; // may find no room
    this.weight = parameter(W);
    this.bias = b && parameter(b);
  }

  /** @param x [..., inFeatures] @returns [..., outFeatures] */
  forward(x: Tensor): Tensor {
    expectTensor("Linear", "the input", x);
    if (x.shape.at(-1) !== this.inFeatures) {
      fail("Linear", "the input", `to be [..., ${this.inFeatures}]`, show(x.shape));
    }
    return linear(x, this.weight, this.bias);
  }
}
