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
  const pace = new Pace(first, start);
  let heldOut = trainer.history.heldOut.at(-1)?.bits;
  for (;;) {
    const passed = (performance.now() - start) / 1000;
    if (stop.asked || (steps === undefined ? passed >= minutes * 60 : trainer.step >= steps))
      return;
    const { norm } = trainer.train();
    const seen = trainer.observe();
    heldOut = seen?.bits ?? heldOut;
    const recent = trainer.history.training.slice(-RECENT);
    const perSecond = pace.at(trainer.step, performance.now());
    const status: Status = {
      step: trainer.step,
      train: recent.reduce((a, b) => a + b, 0) / recent.length,
      heldOut,
      ...trainer.baselines,
      norm,
      charactersPerSecond: Math.round(perSecond * trainer.charactersPerStep),
      ...(steps === undefined
        ? { secondsLeft: minutes * 60 - passed, done: passed / (minutes * 60) }
        : {
            secondsLeft: (steps - trainer.step) / perSecond,
            done: (trainer.step - first) / (steps - first),
          }),
    };
    progress.step(status);
    if (seen) {
      progress.measured(status);
      save();
    }
    await setImmediate(); // lets Ctrl-C through
  }
}

/** Steps per second, over the last seconds. */
class Pace {
  #marks: { step: number; time: number }[];

  constructor(step: number, time: number) {
    this.#marks = [{ step, time }];
  }

  at(step: number, time: number): number {
    this.#marks.push({ step, time });
    while (this.#marks.length > 2 && time - this.#marks[0]!.time > WINDOW) this.#marks.shift();
    const [from] = this.#marks;
    return (1000 * (step - from!.step)) / Math.max(1, time - from!.time);
  }
}
