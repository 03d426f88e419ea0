import type { FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { Module, parameter } from "../nn/module.ts";
import { normal } from "../nn/init.ts";
import { add } from "../ops/arithmetic.ts";
import { zeros } from "../ops/create.ts";
import { matmul } from "../ops/matmul.ts";

/**
 * y = x W + b: a linear layer whose `weight` is [in, out], as GPT-2 stores it under this name. `bias` is [out].
 *
 * @param std of the normal distribution that W starts from; b starts at 0
 */
export class Conv1D extends Module {
  readonly weight: Tensor;
  readonly bias: Tensor;

  constructor(
    inFeatures: number,
    outFeatures: number,
    { std, dtype, generator }: { std: number; dtype: FloatDType; generator?: Generator },
  ) {
    super();
    this.weight = parameter(normal(empty([inFeatures, outFeatures], dtype), 0, std, generator));
    this.bias = parameter(zeros([outFeatures], { dtype }));
  }

  /** @param x [..., in] @returns [..., out] */
  forward(x: Tensor): Tensor {
    return add(matmul(x, this.weight), this.bias);
  }
}
