/** @file The rule of every trained number: seeds 0 to 4, of which four must meet the bar; one seed when time is short. */

import type { ExhibitOptions, Verdict } from "./exhibit.ts";

/** What comes of each seed. */
export function forSeeds<R>(
  { full, progress }: ExhibitOptions,
  run: (seed: number, progress: (done: number) => void) => R,
): R[] {
  const seeds = full ? [0, 1, 2, 3, 4] : [0];
  return seeds.map((seed) => run(seed, (done) => progress((seed + done) / seeds.length)));
}

/** Passes when four fifths of the values meet the bar. */
export function bar(
  what: string,
  expected: string,
  values: readonly number[],
  meets: (value: number) => boolean,
  show: (value: number) => string,
): Verdict {
  const pass = values.filter(meets).length >= 0.8 * values.length;
  return { what, expected, measured: values.map(show).join(", "), pass };
}

/** `bar` for one figure of each trial. */
export const barOf =
  <Trial>(trials: readonly Trial[]) =>
  (
    what: string,
    expected: string,
    value: (trial: Trial) => number,
    meets: (value: number) => boolean,
    show = percent,
  ): Verdict =>
    bar(what, expected, trials.map(value), meets, show);

export const percent = (x: number): string => `${(100 * x).toFixed(1)} %`;
