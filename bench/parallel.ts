/** @file How much faster are two threads than the plain step on one? */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { train } from "unrolled/worker";
import { seconds } from "./table.ts";
import type { Work } from "./work.ts";

/** Each runs both, one after the other. The fastest steps count: whoever else uses the machine only makes steps slower. */
const ROUNDS = 5;
/** The first ones warm up. */
const STEPS = 12;
const WARM = 3;
const THREADS = 2;
const SHARDS = 4;

const NETS = {
  lstm: { name: "LSTM", sizes: { D: 128, H: 256, T: 64, B: 32, classes: 64 } },
  encoder: { name: "encoder layer", sizes: { D: 256, heads: 4, F: 1024, T: 128, B: 8 } },
} as const;

type Step = (options: object) => Generator<number, void, void>;

export const works = (): Work[] =>
  Object.entries(NETS).map(([net, { name, sizes }]) => ({
    name: `${name} training step, two threads over the plain step`,
    bar: { of: "speedup", atLeast: 1.8 },
    async figures() {
      if (availableParallelism() < THREADS)
        return { note: "not measured: this machine has one core" };
      const [plain, two]: [number[], number[]] = [[], []];
      for (let i = 0; i < ROUNDS; i++) {
        plain.push(...(await steps({ net, sizes, parts: 0 }, 1)));
        two.push(...(await steps({ net, sizes, parts: SHARDS }, THREADS)));
      }
      const [one, time] = [Math.min(...plain), Math.min(...two)];
      return { time, speedup: one / time, note: `the plain step takes ${seconds(one)}` };
    },
  }));

/** The seconds of each step. */
async function steps(options: object, threads: number): Promise<number[]> {
  const make = (): Worker => new Worker(new URL("../../bench/step.mjs", import.meta.url));
  const training = train<Step>(make, { ...options, steps: STEPS }, { threads, shards: SHARDS });
  const times: number[] = [];
  for await (const milliseconds of training) times.push(milliseconds / 1000);
  return times.slice(WARM);
}
