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
export { detectAnomaly } from "./core/anomaly.ts";
export { gradcheck, gradgradcheck, type GradcheckOptions } from "./core/gradcheck.ts";

// Ops: element by element
export { abs, add, clip, cos, div, erf, exp, log, maximum, minimum } from "./ops/arithmetic.ts";
export { mul, neg, pow, sign, sin, sqrt, square, sub } from "./ops/arithmetic.ts";
export { gelu, relu, sigmoid, silu, softplus, tanh } from "./ops/activation.ts";
export type { GeluOptions, SoftplusOptions } from "./ops/activation.ts";
export { glu } from "./ops/glu.ts";
export { eq, ge, gt, isNaN, le, logicalAnd, logicalNot, logicalOr } from "./ops/compare.ts";
export { lt, ne, where } from "./ops/compare.ts";
export { to } from "./ops/cast.ts";

// Ops: reductions and matrix products
export { sum, type Axes, type ReduceOptions } from "./ops/broadcast.ts";
export { argmax, argmin, cumsum, logsumexp, max, mean, min, std, variance } from "./ops/reduce.ts";
export type { VarianceOptions } from "./ops/reduce.ts";
export { matmul, type MatmulOptions } from "./ops/matmul.ts";

// Ops: shapes and indices
export { broadcastTo } from "./ops/broadcast.ts";
export { flatten, permute, reshape, squeeze, transpose, unsqueeze } from "./ops/shape.ts";
export { flip, select, slice, split, unbind } from "./ops/slice.ts";
export { concat, pad, type PaddingOptions, stack } from "./ops/join.ts";
export type { EdgeMode } from "./ops/pad-modes.ts";
export { tril, triu } from "./ops/triangle.ts";
export { gather, indexSelect, scatterAdd } from "./ops/indexing.ts";

// Ops: randomness, losses, layers as functions
export { bernoulli, rand, randint, randn, randperm, type RandomOptions } from "./ops/random.ts";
export { conv1d, type Conv1dWindows, type ConvPadding } from "./ops/conv.ts";
export { scaledDotProductAttention } from "./ops/attention.ts";
export type { AttentionOptions } from "./ops/attention.ts";
export { attentionWeights } from "./ops/attention-weights.ts";
export { dropout, type DropoutOptions } from "./ops/dropout.ts";
export { embedding, type EmbeddingLookUp } from "./ops/embedding.ts";
export { layerNorm, rmsNorm } from "./ops/norm.ts";
export { linear } from "./ops/linear.ts";
export { logSoftmax, softmax } from "./ops/softmax.ts";
export { bceWithLogits, crossEntropy, huberLoss, klDiv, l1Loss, mseLoss } from "./ops/loss.ts";
export { nllLoss, smoothL1Loss } from "./ops/loss.ts";
export type {
  BceWithLogitsOptions,
  CrossEntropyOptions,
  HuberLossOptions,
  KlDivOptions,
  LossOptions,
  NllLossOptions,
  SmoothL1LossOptions,
  WeightedLossOptions,
} from "./ops/loss.ts";
export { gruCell, lstmCell, rnnCell, type Weights } from "./ops/cells.ts";

// Modules, models, training, files
/** Layers, containers and initialisers. */
export * as nn from "./nn/index.ts";
export { CHAR_LM_NETS, CharLM } from "./models/char-lm.ts";
export type { CharLMNet, CharLMOptions, CharLMState } from "./models/char-lm.ts";
export { CharLMSession } from "./models/char-lm-session.ts";
export { GPT2, type GPT2Inputs, type GPT2Outputs } from "./models/gpt2.ts";
export type { GPT2Config } from "./models/gpt2-config.ts";
export { BERT, type BERTInputs, type BERTOutputs } from "./models/bert.ts";
export type { BERTConfig, BERTOptions } from "./models/bert-config.ts";
export { T5, type T5Inputs, type T5Outputs } from "./models/t5.ts";
export type { T5Config } from "./models/t5-config.ts";
export type { ModelOptions } from "./models/model-options.ts";
export { DecoderSession, type PushOptions } from "./models/decoder-session.ts";
export type { CheckpointFiles } from "./models/pretrained.ts";
export { generate, generateSync } from "./models/decoding/generate.ts";
export type { AbortOptions, GenerationOptions } from "./models/decoding/generate.ts";
export { beamSearch, type Beam, type BeamSearchOptions } from "./models/decoding/beam-search.ts";
export { choose, type ChoiceOptions } from "./models/decoding/choose.ts";
export type { TokenSession } from "./models/decoding/token-session.ts";
/** Optimisers and schedules of their rates. */
export * as optim from "./optim/index.ts";
export { clipGradNorm, clipGradValue, type ClipGradNormOptions } from "./optim/clip.ts";
export {
  loadSafetensors,
  saveSafetensors,
  SafetensorsError,
  type Safetensors,
} from "./io/safetensors.ts";

// Data
export { DataLoader, type DataLoaderOptions, type DataLoaderState } from "./data/data-loader.ts";
export type { Dataset } from "./data/data-loader.ts";
export { type Collated, defaultCollate, padCollate, type PadOptions } from "./data/collate.ts";
