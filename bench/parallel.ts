/** @file How much faster are two threads than the plain step on one? */

import { availableParallelism } from "node:os";
import { Worker } from "node:worker_threads";
import { train } from "unrolled/worker";
import { median } from "./measure.ts";
import { seconds } from "./table.ts";
import type { Work } from "./work.ts";

/** Each measures both, one after the other. */
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
      const rounds = [];
      for (let i = 0; i < ROUNDS; i++) {
        const plain = await step({ net, sizes, parts: 0 }, 1);
        rounds.push({ plain, two: await step({ net, sizes, parts: SHARDS }, THREADS) });
      }
      const speedup = median(rounds.map(({ plain, two }) => plain / two));
      const [plain, two] = [rounds.map((r) => r.plain), rounds.map((r) => r.two)].map(median);
      return { time: two!, speedup, note: `the plain step takes ${seconds(plain!)}` };
    },
  }));

/** Seconds a step takes. */
async function step(options: object, threads: number): Promise<number> {
  const make = (): Worker => new Worker(new URL("../../bench/step.mjs", import.meta.url));
  const training = train<Step>(make, { ...options, steps: STEPS }, { threads, shards: SHARDS });
  const times: number[] = [];
  for await (const milliseconds of training) times.push(milliseconds / 1000);
  return median(times.slice(WARM));
}
