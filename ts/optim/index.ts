/** @file Optimisers: the namespace `optim`. */

export { Adam, AdamW, type AdamOptions } from "./adam.ts";
export { clipGradNorm, clipGradValue, type ClipGradNormOptions } from "./clip.ts";
export type {
  Group,
  Optimizer,
  OptimizerState,
  Parameter,
  Parameters,
  ParamGroup,
} from "./optimizer.ts";
export { RMSprop, type RMSpropOptions } from "./rmsprop.ts";
export { SGD, type SGDOptions } from "./sgd.ts";
