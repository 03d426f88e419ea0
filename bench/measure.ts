/**
 * @file Time, measured so that it means something on a machine that others use as well: in rounds, each of which measures
 * the guard, the limit, the work and the guard again. Rounds in which the guard is slow are thrown away.
 */

import { Bench } from "tinybench";
import { type Limit, multiplyInL1 } from "./limits/limits.ts";

/** Rounds that count, and how many are tried at most. */
const ROUNDS = 9;
const TRIES = 60;
/** A round counts if the guard reached this part of its best speed. */
const STEADY = 0.88;
/** Milliseconds for each measurement within a round, and for one sample at least. */
const SPAN = 12;
const SAMPLE = 0.1;

export interface Times {
  /** Seconds for one call: the median over the rounds that count. */
  work: number;
  /** The limit's amount a second, and what the work took of the time that the limit would need for `amount`. */
  limit?: number;
  share?: number;
}

/** Rounds measured in this process, and those thrown away because the guard fell. */
export const rounds = { kept: 0, thrown: 0 };

/** The machine was too busy for a measurement. */
export class Unsteady extends Error {}

let guard: Limit | undefined;
let best = 0;

interface Round {
  guard: number;
  work: number;
  limit: number;
}

/**
 * @param amount what one call of `work` does, in the limit's unit
 * @param reset  called before each round
 * @throws Unsteady when the machine was never steady for long enough
 */
export function measure(
  work: () => unknown,
  { limit, amount = 0, reset }: { limit?: Limit; amount?: number; reset?: () => void } = {},
): Times {
  guard ??= warm(multiplyInL1());
  if (limit) warm(limit);
  const calls = callsPerSample(work);
  const all: Round[] = [];
  const counting = (): Round[] => all.filter((round) => round.guard >= STEADY * best);
  while (counting().length < ROUNDS && all.length < TRIES) {
    reset?.();
    const round = oneRound(work, calls, limit);
    best = Math.max(best, round.guard);
    all.push(round);
  }
  const kept = counting();
  rounds.kept += kept.length;
  rounds.thrown += all.length - kept.length;
  if (kept.length < 3) {
    throw new Unsteady(`not measured: ${kept.length} of ${all.length} rounds were steady`);
  }
  const times: Times = { work: median(kept.map((round) => round.work)) };
  if (limit) {
    times.limit = median(kept.map((round) => round.limit));
    times.share = median(kept.map((round) => amount / round.limit / round.work));
  }
  return times;
}

/** Milliseconds, the medians of one round, become seconds. */
function oneRound(work: () => unknown, calls: number, limit?: Limit): Round {
  const bench = new Bench({ warmup: false, time: SPAN, iterations: 1, throws: true });
  bench.add("guard", guard!.run);
  if (limit) bench.add("limit", limit.run);
  bench.add("work", () => {
    for (let i = 0; i < calls; i++) work();
  });
  bench.add("guard again", guard!.run);
  bench.runSync();
  const seconds = (name: string): number => {
    const { result } = bench.getTask(name)!;
    if (!("latency" in result)) throw new Error(`internal: ${name} was not measured`);
    return result.latency.p50 / 1000;
  };
  return {
    guard: guard!.amount / Math.max(seconds("guard"), seconds("guard again")),
    work: seconds("work") / calls,
    limit: limit ? limit.amount / seconds("limit") : 0,
  };
}

/** Runs a limit until its code is as fast as it gets. */
function warm(limit: Limit): Limit {
  for (const end = performance.now() + 40; performance.now() < end;) limit.run();
  return limit;
}

/** Warms the work up, and says how many calls make a sample that the clock can tell. */
function callsPerSample(work: () => unknown): number {
  let calls = 0;
  const start = performance.now();
  do {
    work();
    calls++;
  } while (calls < 3 || performance.now() - start < 60);
  return Math.max(1, Math.ceil((SAMPLE * calls) / (performance.now() - start)));
}

export function median(values: readonly number[]): number {
  const sorted = values.toSorted((a, b) => a - b);
  const middle = sorted.length >> 1;
  return sorted.length % 2 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2;
}
