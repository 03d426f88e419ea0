/** @file How much faster are two threads than the plain step on one? */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { train } from "unrolled/worker";
import { seconds } from "./table.ts";
import type { Work } from "./work.ts";

/** Workers are started anew, and take rounds of steps. */
const STARTS = 3;
const ROUNDS = 10;
const THREADS = 2;
const SHARDS = 4;

const NETS = {
  lstm: { name: "LSTM", sizes: { D: 128, H: 256, T: 64, B: 32, classes: 64 } },
  encoder: { name: "encoder layer", sizes: { D: 256, heads: 4, F: 1024, T: 128, B: 8 } },
} as const;

/** Milliseconds of the plain step on one thread, of one on each thread, which is the limit, and of one that threads share. */
interface Times {
  plain: number[];
  each: number[];
  shared: number[];
}
type Steps = (options: object) => Generator<void, Times, void>;

export const works = (): Work[] =>
  Object.entries(NETS).map(([net, { name, sizes }]) => ({
    name: `${name} training step, two threads over the plain step`,
    bar: { of: "speedup", atLeast: 1.8 },
    async figures() {
      if (availableParallelism() < THREADS)
        return { note: "not measured: this machine has one core" };
      const all: Times[] = [];
      for (let i = 0; i < STARTS; i++) all.push(await steps({ net, sizes }));
      // whoever else uses the machine only makes steps slower
      const fastest = (way: keyof Times): number =>
        Math.min(...all.flatMap((times) => times[way])) / 1000;
      const plain = fastest("plain");
      const time = fastest("shared");
      const speedup = plain / time;
      const limit = (THREADS * plain) / fastest("each");
      const note = `the plain step takes ${seconds(plain)}; a plain step on each thread: ${limit.toFixed(2)} x`;
      return { time, speedup, share: speedup / limit, note };
    },
  }));

function steps(options: object): Promise<Times> {
  const make = (): Worker => new Worker(new URL("../../bench/step.mjs", import.meta.url));
  return train<Steps>(make, { ...options, rounds: ROUNDS }, { threads: THREADS, shards: SHARDS })
    .result;
}
