/** @file Training off the main thread, on one core or several: the subpath `unrolled/worker`. */

export { train, type TrainOptions, type Training } from "./train.ts";
export type { WorkerLike } from "./crew.ts";
export { serve } from "./serve.ts";
export type { AnyProgram, Context, OptionsOf, Program, ProgressOf, ResultOf } from "./program.ts";
export type { GradientOptions, Group, ShardLoss } from "./group.ts";
export { threads, type Threads } from "./threads.ts";
