/** @file The public API. */

// Tensors and their lifetimes
export { Tensor, keep, VERSION, type NestedArray } from "./core/tensor.ts";
export { memory, scope, type MemoryReport } from "./core/lifetime.ts";
export type { Scope } from "./core/scope.ts";
export type { DType, FloatDType, TypedArray } from "./core/dtype.ts";
export type { Shape } from "./core/shape.ts";
export { arange, eye, full, ones, tensor, zeros, type TensorOptions } from "./ops/create.ts";

// Randomness
export { Generator, manualSeed, type GeneratorState } from "./core/random.ts";

// Autograd
export { backward, grad, isGradEnabled, noGrad } from "./core/autograd.ts";
export type { BackwardOptions, GradOptions } from "./core/autograd.ts";

// Ops
export { add } from "./ops/arithmetic.ts";
