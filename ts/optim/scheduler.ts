/** @file Learning rates as functions of the step: what all schedulers but ReduceLROnPlateau have in common. */

import { expectInteger, fail } from "../core/shape.ts";
import { boot } from "../runtime/kernels.ts";

/** A group of parameters, as a scheduler sees it. */
export interface ScheduledGroup {
  lr: number;
  /** The rate that schedules start from; set by the first of them. */
  initialLr?: number;
  momentum?: number;
  betas?: readonly [number, number];
}

/** An optimiser, as a scheduler sees it. */
export interface Scheduled {
  readonly groups: readonly ScheduledGroup[];
}

/** From the steps made, the group's initial rate and its number to its rate. */
export type Rate = (step: number, base: number, group: number) => number;

/** Where a scheduler stands. */
export interface SchedulerState {
  step: number;
  /** The initial rates of the groups. */
  bases: number[];
}

/**
 * Sets the groups' rates when it is made, and at each `step()`, which comes after the optimiser's. A rate depends on the
 * number of steps alone, so that nothing adds up and resuming is exact.
 */
export class Scheduler {
  readonly optimizer: Scheduled;
  readonly #op: string;
  readonly #rate: Rate;
  readonly #momentum: ((step: number) => number) | undefined;
  #bases: number[];
  #step = 0;

  /** @internal */
  constructor(op: string, optimizer: Scheduled, rate: Rate, momentum?: (step: number) => number) {
    boot(); // rates may be computed before there is a tensor
    this.#op = op;
    this.optimizer = optimizer;
    this.#rate = rate;
    this.#momentum = momentum;
    for (const group of optimizer.groups) group.initialLr ??= group.lr;
    this.#bases = optimizer.groups.map((group) => group.initialLr!);
    this.apply(0);
  }

  /** The next rate, for every group. */
  step(): void {
    this.apply(this.#step + 1);
    this.#step++;
  }

  /** The rates of the groups as they were last set. */
  get lastLr(): number[] {
    return this.optimizer.groups.map((group) => group.lr);
  }

  /** @internal Sets what holds after `step` steps. */
  apply(step: number): void {
    const rates = this.optimizer.groups.map((group, i) =>
      this.#rate(step, this.#bases[i] ?? group.lr, i),
    );
    const momentum = this.#momentum?.(step);
    this.optimizer.groups.forEach((group, i) => {
      group.lr = rates[i]!;
      if (momentum === undefined) return;
      if (group.betas) group.betas = [momentum, group.betas[1]];
      else group.momentum = momentum;
    });
  }

  /** Plain numbers, for JSON. */
  stateDict(): SchedulerState {
    return { step: this.#step, bases: [...this.#bases] };
  }

  /** Goes on from there, and sets the rates. @throws RangeError for another number of groups */
  loadStateDict({ step, bases }: SchedulerState): void {
    expectInteger(`${this.#op}.loadStateDict`, "step", step);
    const { length } = this.optimizer.groups;
    if (bases.length !== length) {
      fail(`${this.#op}.loadStateDict`, "bases", `of ${length} groups`, String(bases.length));
    }
    this.#bases = [...bases];
    this.apply(step);
    this.#step = step;
  }
}
