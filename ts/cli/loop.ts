/** @file Step after step, until the run is over. */

import { performance } from "node:perf_hooks";
import { setImmediate } from "node:timers/promises";
import type { Interruption } from "./interruption.ts";
import type { Progress, Status } from "./progress.ts";
import type { Trainer } from "./trainer.ts";

/** How long a run without --steps takes. */
const MINUTES = 2;
/** The loss that is shown is the mean of this many steps. */
const RECENT = 25;
/** The speed that is shown is that of this many milliseconds. */
const WINDOW = 5000;

export interface Length {
  steps?: number;
  minutes?: number;
}

/** Trains until there were `steps` steps (from the beginning) or `minutes` passed (from now), or it is interrupted. */
export async function loop(
  trainer: Trainer,
  { steps, minutes = MINUTES }: Length,
  progress: Progress,
  stop: Interruption,
  save: () => void,
): Promise<void> {
  const [first, start] = [trainer.step, performance.now()];
  const seconds = (): number => (performance.now() - start) / 1000;
  const pace = new Pace();
  let heldOut = trainer.history.heldOut.at(-1)?.bits;
  for (;;) {
    if (stop.asked || (steps === undefined ? seconds() >= 60 * minutes : trainer.step >= steps))
      return;
    const before = performance.now();
    const { norm } = trainer.train();
    const perSecond = pace.after(performance.now() - before);
    const seen = trainer.observe();
    heldOut = seen?.bits ?? heldOut;
    const recent = trainer.history.training.slice(-RECENT);
    const done =
      steps === undefined
        ? Math.min(1, seconds() / (60 * minutes))
        : (trainer.step - first) / (steps - first);
    const status: Status = {
      step: trainer.step,
      train: recent.reduce((a, b) => a + b, 0) / recent.length,
      heldOut,
      ...trainer.baselines,
      norm,
      charactersPerSecond: Math.round(perSecond * trainer.charactersPerStep),
      secondsLeft: (seconds() * (1 - done)) / done,
      done,
    };
    progress.step(status);
    if (seen) {
      progress.measured(status);
      save();
    }
    await setImmediate(); // lets Ctrl-C through
  }
}

/** Steps per second, over the last seconds of training: what is measured and written in between does not count. */
class Pace {
  #durations: number[] = [];
  #sum = 0;

  /** @param milliseconds what one more step took */
  after(milliseconds: number): number {
    this.#durations.push(milliseconds);
    this.#sum += milliseconds;
    while (this.#durations.length > 1 && this.#sum > WINDOW) this.#sum -= this.#durations.shift()!;
    return (1000 * this.#durations.length) / Math.max(1e-3, this.#sum);
  }
}
