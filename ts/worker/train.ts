/** @file The side of the page, or of Node's main thread. */

import { Crew, type WorkerLike } from "./crew.ts";
import { Feed } from "./feed.ts";
import type { AnyProgram, OptionsOf, ProgressOf, ResultOf } from "./program.ts";
import { threads as threadsHere } from "./threads.ts";

export interface TrainOptions {
  /** Ends the training within a step. */
  signal?: AbortSignal;
  /** How many workers run the program, together: see `Group`. Where threads are off, one does, and a line says why. Default 1. */
  threads?: number;
  /** Into how many parts `group.gradients` cuts a batch, whatever the number of threads. Default 4. */
  shards?: number;
  /** What of the options is transferred, not copied. Default none. */
  transfer?: readonly (ArrayBuffer | MessagePort)[];
}

/** A training that runs. Looping over it gives its progress, from the first look on. */
export interface Training<Progress, Result> extends AsyncIterable<Progress> {
  /** What the program returned. Rejects with its error, with the signal's reason, or when the worker died. */
  readonly result: Promise<Result>;
}

/**
 * Runs the program that a worker's module serves, and ends the worker with it.
 *
 *     import { loadSafetensors } from "unrolled";
 *     import { train } from "unrolled/worker";
 *     import type { training } from "./training.ts";
 *
 *     const running = train<typeof training>(
 *       () => new Worker(new URL("./training.ts", import.meta.url), { type: "module" }),
 *       { steps: 1000 },
 *       { signal },
 *     );
 *     for await (const { step, loss } of running) show(step, loss);
 *     const { tensors } = loadSafetensors(await running.result);
 *
 * The result of an aborted training is what the program returns when it sees that it is to stop, if it does; else `result`
 * rejects with the signal's reason.
 *
 * @param worker makes a worker: the browser's, or one of node:worker_threads
 * @param options for the program, by structured clone
 * @throws RangeError for impossible threads or shards, or a transfer to several threads
 */
export function train<P extends AnyProgram>(
  worker: () => WorkerLike,
  options: OptionsOf<P>,
  { signal, threads = 1, shards = 4, transfer = [] }: TrainOptions = {},
): Training<ProgressOf<P>, ResultOf<P>> {
  expectCount("shards", shards);
  expectCount("threads", threads);
  if (threads > shards) {
    throw new RangeError(
      `train: expected at most ${shards} threads, one for each shard, got ${threads}`,
    );
  }
  if (threads > 1 && transfer.length > 0) {
    throw new RangeError(
      "train: a transfer can go to one thread only; leave it out to copy to all",
    );
  }
  const feed = new Feed<ProgressOf<P>>();
  const result = new Promise<ResultOf<P>>((resolve, reject) => {
    if (signal?.aborted) throw signal.reason;
    const crew = new Crew(worker, allowed(threads), { options, shards, transfer }, (report) => {
      if (report.kind === "progress") return feed.push(report.value as ProgressOf<P>);
      signal?.removeEventListener("abort", stop);
      crew.end();
      if (report.kind === "result") resolve(report.value as ResultOf<P>);
      else reject(report.kind === "error" ? report.error : signal!.reason);
    });
    const stop = (): void => crew.stop();
    signal?.addEventListener("abort", stop);
  });
  result.then(
    () => feed.end(),
    (error: unknown) => feed.fail(error),
  );
  return { result, [Symbol.asyncIterator]: () => feed[Symbol.asyncIterator]() };
}

/** The threads that there can be of those asked for. */
function allowed(asked: number): number {
  if (asked === 1) return 1;
  const { reason } = threadsHere();
  if (reason) console.warn(`unrolled/worker: one thread instead of ${asked}: ${reason}`);
  return reason ? 1 : asked;
}

function expectCount(name: string, n: number): void {
  if (!Number.isSafeInteger(n) || n < 1) {
    throw new RangeError(`train: expected ${name} to be a whole number from 1, got ${n}`);
  }
}
