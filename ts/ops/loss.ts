/** @file Losses. A mean or a sum is a scalar; reduction "none" gives one number an element, or one a sample. */

import { expectNumber, expectShape, fail, type Shape, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { softplus } from "./activation.ts";
import { abs, add, div, exp, log, mul, neg, square, sub } from "./arithmetic.ts";
import { sum } from "./broadcast.ts";
import { to } from "./cast.ts";
import { lt, ne, where } from "./compare.ts";
import { gather, indexSelect } from "./indexing.ts";
import { expectFloat, expectSameDType } from "./operand.ts";
import { mean } from "./reduce.ts";
import { reshape, squeeze, unsqueeze } from "./shape.ts";
import { logSoftmax } from "./softmax.ts";

/** Options that all losses share. */
export interface LossOptions {
  /** Default "mean". */
  reduction?: "mean" | "sum" | "none";
}

/** Options of `mseLoss` and `l1Loss`. */
export interface WeightedLossOptions extends LossOptions {
  /** What each element counts, of the input's shape; a mean is divided by their sum (not huberLoss's). Default: 1. */
  weight?: Tensor;
}

/** Options of `nllLoss`. */
export interface NllLossOptions extends LossOptions {
  /** What each class counts, [C]; a mean is divided by the sum over the targets. Default: all the same. */
  weight?: Tensor;
  /** The target that counts nothing. Default −100. */
  ignoreIndex?: number;
}

/** Options of `crossEntropy`. */
export interface CrossEntropyOptions extends NllLossOptions {
  /** The share ε of the target that is spread over all classes (Szegedy et al. 2016), from 0 to 1. Default 0. */
  labelSmoothing?: number;
}

/**
 * −ln softmax(input) at the target.
 *
 * @param input  [C], [N, C] or [N, C, d1, ...], not normalised
 * @param target classes: int32, of input's shape without C, from 0 to C − 1, or `ignoreIndex`; or probabilities: of
 *               input's shape and dtype, to which `ignoreIndex` does not apply and whose mean is over the samples
 * @throws RangeError when shapes do not fit, or a target is not a class; TypeError for other dtypes
 *
 * @example
 * const logits = tensor([[2, 0, 0], [0, 2, 0]]);
 * crossEntropy(logits, tensor([0, 2], { dtype: "int32" })).item(); // 1.2395
 */
export function crossEntropy(
  input: Tensor,
  target: Tensor,
  options: CrossEntropyOptions = {},
): Tensor {
  const op = "crossEntropy";
  expectFloat(op, "input", input);
  expectTensor(op, "target", target);
  const { weight, reduction = "mean", labelSmoothing: ε = 0 } = options;
  expectNumber(op, "labelSmoothing", ε, 0, 1);
  const probabilities = target.dtype !== "int32" && target.dtype !== "bool";
  if (probabilities) {
    expectSameDType(op, input, target);
    expectShape(op, { target }, input.shape);
  }
  const { axis, C, samples } = expectClasses(op, input, options);
  if (!probabilities) expectTargets(op, target, samples, C, options);

  const logp = logSoftmax(input, axis);
  const weighted = (x: Tensor): Tensor =>
    weight ? mul(x, reshape(weight, [C, ...samples.slice(axis).map(() => 1)])) : x;
  if (probabilities) {
    const p = ε === 0 ? target : add(mul(target, 1 - ε), ε / C);
    const loss = neg(sum(weighted(mul(logp, p)), axis));
    return reduceLoss(loss, reduction);
  }
  const { loss, counts } = atTargets(logp, axis, target, options);
  if (ε === 0) return reduceLoss(loss, reduction, counts);
  const kept = ne(target, options.ignoreIndex ?? -100);
  const spread = where(kept, neg(sum(weighted(logp), axis)), 0);
  return reduceLoss(add(mul(loss, 1 - ε), mul(spread, ε / C)), reduction, counts);
}

/**
 * −input at the target: crossEntropy without the logSoftmax.
 *
 * @param input  [C], [N, C] or [N, C, d1, ...]: logarithms of probabilities
 * @param target int32, of input's shape without C, from 0 to C − 1, or `ignoreIndex`
 * @throws RangeError when shapes do not fit, or a target is not a class; TypeError for other dtypes
 *
 * @example
 * nllLoss(logSoftmax(tensor([[2, 0, 0]]), 1), tensor([0], { dtype: "int32" })).item(); // 0.2395
 */
export function nllLoss(input: Tensor, target: Tensor, options: NllLossOptions = {}): Tensor {
  expectFloat("nllLoss", "input", input);
  expectTensor("nllLoss", "target", target);
  const { axis, C, samples } = expectClasses("nllLoss", input, options);
  expectTargets("nllLoss", target, samples, C, options);
  const { loss, counts } = atTargets(input, axis, target, options);
  return reduceLoss(loss, options.reduction ?? "mean", counts);
}

/** −logp at the targets, times their weights; and what each counts in a mean. */
function atTargets(
  logp: Tensor,
  axis: number,
  target: Tensor,
  { weight, ignoreIndex = -100 }: NllLossOptions,
): { loss: Tensor; counts: Tensor } {
  const kept = ne(target, ignoreIndex);
  const ids = where(kept, target, 0);
  const picked = neg(squeeze(gather(logp, axis, unsqueeze(ids, axis)), axis));
  if (!weight) return { loss: where(kept, picked, 0), counts: to(kept, logp.dtype) };
  const counts = reshape(indexSelect(weight, 0, reshape(ids, [ids.size])), ids.shape);
  return { loss: where(kept, mul(picked, counts), 0), counts: where(kept, counts, 0) };
}

/** The axis of the classes, their number, and the shape without them. */
function expectClasses(
  op: string,
  input: Tensor,
  { weight, ignoreIndex = -100, reduction = "mean" }: NllLossOptions,
): { axis: number; C: number; samples: Shape } {
  expectReduction(op, reduction);
  if (!Number.isInteger(ignoreIndex)) {
    fail(op, "ignoreIndex", "to be an integer", String(ignoreIndex));
  }
  if (input.ndim === 0) fail(op, "input", "to be [C], [N, C] or [N, C, d1, ...]", "[]");
  const axis = input.ndim === 1 ? 0 : 1;
  const C = input.shape[axis]!;
  if (weight) {
    expectFloat(op, "weight", weight);
    expectSameDType(op, input, weight);
    expectShape(op, { weight }, [C]);
  }
  return { axis, C, samples: input.shape.toSpliced(axis, 1) };
}

function expectTargets(
  op: string,
  target: Tensor,
  shape: Shape,
  C: number,
  { ignoreIndex = -100 }: NllLossOptions,
): void {
  if (target.dtype !== "int32") {
    throw new TypeError(
      `${op}: expected target to be int32, got ${target}; convert with .to("int32")`,
    );
  }
  expectShape(op, { target }, shape);
  const values = target.view();
  for (let k = 0; k < values.length; k++) {
    const id = values[k]!;
    if ((id < 0 || id >= C) && id !== ignoreIndex) {
      fail(op, "target", `from 0 to ${C - 1}, or ${ignoreIndex}`, `${id} at place ${k}`);
    }
  }
}

/**
 * (input − target)² @throws RangeError when shapes differ
 *
 * @example
 * mseLoss(tensor([1, 2]), tensor([1, 4])).item(); // 2
 */
export function mseLoss(input: Tensor, target: Tensor, options: WeightedLossOptions = {}): Tensor {
  return distance("mseLoss", input, target, options, square);
}

/**
 * |input − target| @throws RangeError when shapes differ
 *
 * @example
 * l1Loss(tensor([1, 2]), tensor([1, 4]), { reduction: "sum" }).item(); // 2
 */
export function l1Loss(input: Tensor, target: Tensor, options: WeightedLossOptions = {}): Tensor {
  return distance("l1Loss", input, target, options, abs);
}

/** Options of `smoothL1Loss`. */
export interface SmoothL1LossOptions extends LossOptions {
  /** Where the parabola ends; 0 gives l1Loss. Default 1. */
  beta?: number;
}

/**
 * ½ d² / beta where d = |input − target| is below beta, else d − ½ beta (Girshick 2015).
 *
 * @throws RangeError when shapes differ, or beta is negative
 *
 * @example
 * smoothL1Loss(tensor([0, 3]), tensor([0.5, 0])).item(); // 1.3125
 */
export function smoothL1Loss(
  input: Tensor,
  target: Tensor,
  { beta = 1, ...options }: SmoothL1LossOptions = {},
): Tensor {
  expectNumber("smoothL1Loss", "beta", beta, 0);
  return distance("smoothL1Loss", input, target, options, (d) => {
    if (beta === 0) return abs(d);
    const size = abs(d);
    return where(lt(size, beta), mul(square(d), 0.5 / beta), sub(size, 0.5 * beta));
  });
}

/** Options of `huberLoss`. */
export interface HuberLossOptions extends WeightedLossOptions {
  /** Where the parabola ends, above 0. Default 1. */
  delta?: number;
}

/**
 * ½ d² where d = |input − target| is below delta, else delta (d − ½ delta) (Huber 1964).
 *
 * @throws RangeError when shapes differ, or delta is not above 0
 *
 * @example
 * huberLoss(tensor([0, 3]), tensor([0.5, 0])).item(); // 1.3125
 */
export function huberLoss(
  input: Tensor,
  target: Tensor,
  { delta = 1, ...options }: HuberLossOptions = {},
): Tensor {
  expectNumber("huberLoss", "delta", delta, 2 ** -1074);
  return distance("huberLoss", input, target, options, (d) => {
    const size = abs(d);
    return where(lt(size, delta), mul(square(d), 0.5), mul(sub(size, 0.5 * delta), delta));
  });
}

/** A loss of the difference alone. */
function distance(
  op: string,
  input: Tensor,
  target: Tensor,
  { weight, reduction = "mean" }: WeightedLossOptions,
  f: (difference: Tensor) => Tensor,
): Tensor {
  expectPair(op, input, target, reduction);
  if (!weight) return reduceLoss(f(sub(input, target)), reduction);
  expectFloat(op, "weight", weight);
  expectSameDType(op, input, weight);
  expectShape(op, { weight }, input.shape);
  const loss = mul(f(sub(input, target)), weight);
  return reduceLoss(loss, reduction, op === "huberLoss" ? undefined : weight);
}

/** Options of `bceWithLogits`. */
export interface BceWithLogitsOptions extends LossOptions {
  /** What each element counts; broadcasts to input's shape. Default 1. */
  weight?: Tensor;
  /** What a positive answer counts; broadcasts to input's shape, such as [C]. Default 1. */
  posWeight?: Tensor;
}

/**
 * −(target ln σ(input) + (1 − target) ln(1 − σ(input))), without overflow.
 *
 * @param input  any shape, not normalised
 * @param target of input's shape, probabilities from 0 to 1
 * @throws RangeError when shapes do not fit
 *
 * @example
 * bceWithLogits(tensor([0, 2]), tensor([1, 1])).item(); // 0.41
 */
export function bceWithLogits(
  input: Tensor,
  target: Tensor,
  { weight, posWeight, reduction = "mean" }: BceWithLogitsOptions = {},
): Tensor {
  const op = "bceWithLogits";
  expectPair(op, input, target, reduction);
  for (const [name, t] of Object.entries({ weight, posWeight })) {
    if (!t) continue;
    expectFloat(op, name, t);
    expectSameDType(op, input, t);
    const missing = input.ndim - t.ndim;
    if (missing < 0 || t.shape.some((d, i) => d !== 1 && d !== input.shape[missing + i])) {
      fail(op, name, `to broadcast to ${show(input.shape)}`, show(t.shape));
    }
  }
  const positive = mul(target, softplus(neg(input), { threshold: Infinity })); // −ln σ(input)
  const negative = mul(sub(1, target), softplus(input, { threshold: Infinity }));
  const loss = add(posWeight ? mul(positive, posWeight) : positive, negative);
  return reduceLoss(weight ? mul(loss, weight) : loss, reduction);
}

/** Options of `klDiv`. */
export interface KlDivOptions {
  /** "batchmean" divides the sum by the first size, as the definition has it. Default "mean": over all elements. */
  reduction?: LossOptions["reduction"] | "batchmean";
  /** Whether the target is given as logarithms. Default false. */
  logTarget?: boolean;
}

/**
 * target (ln target − input), 0 where the target is 0 (Kullback & Leibler 1951).
 *
 * @param input  logarithms of probabilities
 * @param target of input's shape: probabilities, or their logarithms
 * @throws RangeError when shapes differ
 *
 * @example
 * klDiv(log(tensor([0.5, 0.5])), tensor([0.9, 0.1]), { reduction: "sum" }).item(); // 0.3681
 */
export function klDiv(
  input: Tensor,
  target: Tensor,
  { reduction = "mean", logTarget = false }: KlDivOptions = {},
): Tensor {
  const batch = reduction === "batchmean";
  expectPair("klDiv", input, target, batch ? "sum" : reduction);
  if (batch && input.ndim === 0) fail("klDiv", "input", "to have a batch for batchmean", "[]");
  const loss = logTarget
    ? mul(exp(target), sub(target, input))
    : sub(xLogX(target), mul(target, input));
  return batch ? div(sum(loss), input.shape[0]!) : reduceLoss(loss, reduction);
}

/** x ln x, and 0 at 0. */
function xLogX(x: Tensor): Tensor {
  const some = ne(x, 0);
  return where(some, mul(x, log(where(some, x, 1))), 0);
}

function expectPair(op: string, input: Tensor, target: Tensor, reduction: string): void {
  expectFloat(op, "input", input);
  expectFloat(op, "target", target);
  expectSameDType(op, input, target);
  expectShape(op, { target }, input.shape);
  expectReduction(op, reduction);
}

function expectReduction(op: string, reduction: unknown): void {
  if (reduction !== "mean" && reduction !== "sum" && reduction !== "none") {
    fail(op, "reduction", 'to be "mean", "sum" or "none"', String(reduction));
  }
}

/** A mean is over the elements, or, with `counts`, divided by their sum. */
function reduceLoss(loss: Tensor, reduction: string, counts?: Tensor): Tensor {
  if (reduction === "none") return loss;
  if (reduction === "sum") return sum(loss);
  return counts ? div(sum(loss), sum(counts)) : mean(loss);
}
