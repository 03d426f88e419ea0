/** @file One other library and ours, round by round. */

import { fileURLToPath, pathToFileURL } from "node:url";
import { Bench } from "tinybench";
import { median } from "../measure.ts";
import type { Contestant, Peer, Work } from "./works.ts";

/** Files of bench/peers, which import the libraries that were installed there. */
export const FILES = {
  "tfjs-wasm": "tfjs.mjs",
  "jax-js": "jax.mjs",
  "onnxruntime-web": "ort.mjs",
  "brain.js": "brain.mjs",
  deepbox: "deepbox.mjs",
};
export type Name = keyof typeof FILES;

/** Seconds of ours and of theirs, and how many times ours theirs is: medians over rounds; or why there are none. */
export type Entry = { ours: number; theirs: number; ratio: number } | { reason: string };

/** A round takes this many milliseconds of each, or one run; a work ends after so many rounds or seconds. */
const SPAN = 20;
const ROUNDS = 9;
const SECONDS = 15;
const WARM = 200;
/** What differs from ours by more is another thing. */
const TOLERANCE = 1e-3;

export async function meet(name: Name, works: readonly Work[]): Promise<Record<string, Entry>> {
  const entries: Record<string, Entry> = {};
  const peer = await attempt(() => open(name));
  for (const work of works) {
    const entry = peer instanceof Failure ? peer : await attempt(async () => race(work, peer));
    entries[work.name] = entry instanceof Failure ? { reason: entry.reason } : entry;
  }
  return entries;
}

async function open(name: Name): Promise<Peer> {
  const file = fileURLToPath(new URL(`../../bench/peers/${FILES[name]}`, import.meta.url)); // from build/bench
  const { open } = (await import(pathToFileURL(file).href)) as { open: () => Promise<Peer> };
  return open();
}

class Failure {
  constructor(readonly reason: string) {}
}

async function attempt<R>(f: () => Promise<R>): Promise<R | Failure> {
  try {
    return await f();
  } catch (error) {
    return new Failure(
      String((error as Error).message)
        .split("\n")[0]!
        .slice(0, 120),
    );
  }
}

async function race({ kind, data, ours: make }: Work, peer: Peer): Promise<Entry> {
  const enter = peer[kind] ?? "cannot do it";
  if (typeof enter === "string") return { reason: enter };
  const given = data();
  const [ours, theirs] = [make(given), await enter(given)];
  if (theirs.result) compare(await theirs.result(), await ours.result!());
  for (const { run } of [ours, theirs]) await warm(run);
  const rounds: { ours: number; theirs: number }[] = [];
  const end = performance.now() + 1000 * SECONDS;
  while (rounds.length < 3 || (rounds.length < ROUNDS && performance.now() < end)) {
    rounds.push(await oneRound(ours, theirs));
  }
  return {
    ours: median(rounds.map((round) => round.ours)),
    theirs: median(rounds.map((round) => round.theirs)),
    ratio: median(rounds.map((round) => round.theirs / round.ours)),
  };
}

/** Runs for a while: engines make code fast when it has run. */
async function warm(run: Contestant["run"]): Promise<void> {
  for (const end = performance.now() + WARM; performance.now() < end;) await run();
}

function compare(theirs: ArrayLike<number>, ours: ArrayLike<number>): void {
  for (let i = 0; i < ours.length; i++) {
    if (!(Math.abs(theirs[i]! - ours[i]!) <= TOLERANCE * Math.max(1, Math.abs(ours[i]!)))) {
      throw new Error(`gives ${theirs[i]} where ours is ${ours[i]}`);
    }
  }
}

async function oneRound(ours: Contestant, theirs: Contestant) {
  const bench = new Bench({ warmup: false, time: SPAN, iterations: 1, throws: true });
  bench.add("ours", ours.run);
  bench.add("theirs", theirs.run);
  await bench.run();
  const [first, second] = bench.tasks.map(({ result }) =>
    "latency" in result ? result.latency.p50 / 1000 : NaN,
  );
  return { ours: first!, theirs: second! };
}
