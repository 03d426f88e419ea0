/** @file Optimisers and schedules: the namespace `optim`. */

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
export {
  Scheduler,
  type Scheduled,
  type ScheduledGroup,
  type SchedulerState,
} from "./scheduler.ts";
export {
  ConstantLR,
  CosineAnnealingLR,
  ExponentialLR,
  LambdaLR,
  LinearLR,
  MultiStepLR,
  Noam,
  OneCycleLR,
  ReduceLROnPlateau,
  SequentialLR,
  StepLR,
} from "./schedulers.ts";
export type {
  LinearLROptions,
  NoamOptions,
  OneCycleLROptions,
  PlateauState,
  ReduceLROnPlateauOptions,
} from "./schedulers.ts";
