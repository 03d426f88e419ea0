/** @file Losses. */

import { expectShape, fail, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { neg, square, sub } from "./arithmetic.ts";
import { sum } from "./broadcast.ts";
import { gather } from "./indexing.ts";
import { expectFloat, expectSameDType } from "./operand.ts";
import { mean } from "./reduce.ts";
import { reshape } from "./shape.ts";
import { logSoftmax } from "./softmax.ts";

export interface LossOptions {
  /** Default "mean". */
  reduction?: "mean" | "sum" | "none";
}

function reduceLoss(op: string, loss: Tensor, reduction: string): Tensor {
  if (reduction === "mean") return mean(loss);
  if (reduction === "sum") return sum(loss);
  if (reduction === "none") return loss;
  return fail(op, "reduction", 'to be "mean", "sum" or "none"', reduction);
}

/**
 * −ln softmax(input) at the target.
 *
 * @param input  [N, C], not normalised
 * @param target int32 [N], from 0 to C − 1
 * @throws RangeError when the shapes do not fit or a target is not a class
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  { reduction = "mean" }: LossOptions = {},
): Tensor {
  expectFloat("crossEntropy", "input", input);
  expectTensor("crossEntropy", "target", target);
  if (input.ndim !== 2) fail("crossEntropy", "input", "to be [N, C]", show(input.shape));
  const N = input.shape[0]!;
  expectShape("crossEntropy", { target }, [N]);
  const picked = gather(logSoftmax(input, 1), 1, reshape(target, [N, 1]));
  return reduceLoss("crossEntropy", neg(reshape(picked, [N])), reduction);
}

/** (input − target)², of equal shapes. */
export function mseLoss(
  input: Tensor,
  target: Tensor,
  { reduction = "mean" }: LossOptions = {},
): Tensor {
  expectFloat("mseLoss", "input", input);
  expectFloat("mseLoss", "target", target);
  expectSameDType("mseLoss", input, target);
  expectShape("mseLoss", { target }, input.shape);
  return reduceLoss("mseLoss", square(sub(input, target)), reduction);
}
