/** @file What runs in a worker: a generator that yields after each step. */

import type { Group } from "./group.ts";

/** What a program is given beside its options. */
export interface Context {
  /** Aborted when the page's signal is: a program that looks at it may return what it has. */
  readonly signal: AbortSignal;
  /** The threads that run this program: see `train`'s option `threads`. */
  readonly group: Group;
}

/** Trains a step between one `yield` and the next. What it yields is progress, what it returns is the result. */
export type Program<Options, Progress, Result> = (
  options: Options,
  context: Context,
) => Generator<Progress, Result, void> | AsyncGenerator<Progress, Result, void>;

/** Any program. */
export type AnyProgram = Program<never, unknown, unknown>;

/** What a program is given by `train`. */
export type OptionsOf<P extends AnyProgram> = Parameters<P>[0];
/** What a program reports on its way. */
export type ProgressOf<P extends AnyProgram> =
  ReturnType<P> extends Generator<infer T> | AsyncGenerator<infer T> ? T : never;
/** What a program ends with. */
export type ResultOf<P extends AnyProgram> =
  ReturnType<P> extends Generator<unknown, infer R> | AsyncGenerator<unknown, infer R> ? R : never;
