/** @file The schedules, with PyTorch's names and numbers. */

import { expectInteger, expectNumber, fail } from "../core/shape.ts";
import { kernels } from "../runtime/kernels.ts";
import { type Scheduled, Scheduler } from "./scheduler.ts";

/**
 * lr · gamma^⌊step / stepSize⌋
 *
 * @example
 * const sgd = new optim.SGD([ones([1], { requiresGrad: true })], { lr: 1 });
 * const schedule = new optim.StepLR(sgd, { stepSize: 2 });
 * schedule.step();
 * schedule.step();
 * sgd.groups[0]!.lr; // 0.1
 */
export class StepLR extends Scheduler {
  constructor(
    optimizer: Scheduled,
    { stepSize, gamma = 0.1 }: { stepSize: number; gamma?: number },
  ) {
    expectInteger("StepLR", "stepSize", stepSize, 1);
    expectNumber("StepLR", "gamma", gamma, 0);
    super("StepLR", optimizer, (step, base) => base * power(gamma, Math.floor(step / stepSize)));
  }
}

/** lr · gamma^(milestones reached) */
export class MultiStepLR extends Scheduler {
  constructor(
    optimizer: Scheduled,
    { milestones, gamma = 0.1 }: { milestones: readonly number[]; gamma?: number },
  ) {
    for (const m of milestones) expectInteger("MultiStepLR", "each milestone", m);
    expectNumber("MultiStepLR", "gamma", gamma, 0);
    const reached = (step: number): number => milestones.filter((m) => m <= step).length;
    super("MultiStepLR", optimizer, (step, base) => base * power(gamma, reached(step)));
  }
}

/** lr · gamma^step */
export class ExponentialLR extends Scheduler {
  constructor(optimizer: Scheduled, { gamma }: { gamma: number }) {
    expectNumber("ExponentialLR", "gamma", gamma, 0);
    super("ExponentialLR", optimizer, (step, base) => base * power(gamma, step));
  }
}

/** lr · factor, and lr from step `totalIters` on. */
export class ConstantLR extends Scheduler {
  constructor(
    optimizer: Scheduled,
    { factor = 1 / 3, totalIters = 5 }: { factor?: number; totalIters?: number } = {},
  ) {
    expectNumber("ConstantLR", "factor", factor, 0, 1);
    expectInteger("ConstantLR", "totalIters", totalIters);
    super("ConstantLR", optimizer, (step, base) => base * (step < totalIters ? factor : 1));
  }
}

/** Options of `LinearLR`. */
export interface LinearLROptions {
  /** Default 1/3. */
  startFactor?: number;
  /** Default 1. */
  endFactor?: number;
  /** Default 5. */
  totalIters?: number;
}

/** lr times a factor that goes from one to another in a straight line, and stays there: warm-up, or decay. */
export class LinearLR extends Scheduler {
  constructor(
    optimizer: Scheduled,
    { startFactor = 1 / 3, endFactor = 1, totalIters = 5 }: LinearLROptions = {},
  ) {
    expectNumber("LinearLR", "startFactor", startFactor, Number.MIN_VALUE, 1);
    expectNumber("LinearLR", "endFactor", endFactor, 0, 1);
    expectInteger("LinearLR", "totalIters", totalIters, 1);
    super("LinearLR", optimizer, (step, base) => {
      const done = Math.min(step, totalIters) / totalIters;
      return base * (startFactor + (endFactor - startFactor) * done);
    });
  }
}

/**
 * etaMin + (lr − etaMin)(1 + cos(π step / tMax)) / 2 (Loshchilov & Hutter 2017). It rises again after tMax.
 *
 * @example
 * const sgd = new optim.SGD([ones([1], { requiresGrad: true })], { lr: 1 });
 * const schedule = new optim.CosineAnnealingLR(sgd, { tMax: 4 });
 * schedule.step();
 * schedule.step();
 * sgd.groups[0]!.lr; // 0.5
 */
export class CosineAnnealingLR extends Scheduler {
  constructor(optimizer: Scheduled, { tMax, etaMin = 0 }: { tMax: number; etaMin?: number }) {
    expectInteger("CosineAnnealingLR", "tMax", tMax, 1);
    expectNumber("CosineAnnealingLR", "etaMin", etaMin, 0);
    super("CosineAnnealingLR", optimizer, (step, base) => cosine(base, etaMin, step / tMax));
  }
}

/** lr times what the function, or the group's own function, makes of the step. Functions are not in the state dict. */
export class LambdaLR extends Scheduler {
  constructor(
    optimizer: Scheduled,
    { lrLambda }: { lrLambda: ((step: number) => number) | readonly ((step: number) => number)[] },
  ) {
    const { length } = optimizer.groups;
    const functions =
      typeof lrLambda === "function" ? optimizer.groups.map(() => lrLambda) : lrLambda;
    if (functions.length !== length) {
      fail("LambdaLR", "lrLambda", `of ${length} groups`, String(functions.length));
    }
    super("LambdaLR", optimizer, (step, base, group) => base * functions[group]!(step));
  }
}

/** Options of `Noam`. */
export interface NoamOptions {
  /** The model's width. */
  dModel: number;
  /** Steps of linear growth. Default 4000. */
  warmup?: number;
  /** Default 1. */
  factor?: number;
}

/**
 * factor · dModel^(−½) · min(step^(−½), step · warmup^(−3/2)), in place of the optimiser's own lr (Vaswani et al. 2017). Step
 * 0 counts as 1.
 */
export class Noam extends Scheduler {
  constructor(optimizer: Scheduled, { dModel, warmup = 4000, factor = 1 }: NoamOptions) {
    expectInteger("Noam", "dModel", dModel, 1);
    expectInteger("Noam", "warmup", warmup, 1);
    expectNumber("Noam", "factor", factor, 0);
    super("Noam", optimizer, (step) => {
      const t = Math.max(step, 1);
      return (
        (factor / Math.sqrt(dModel)) * Math.min(1 / Math.sqrt(t), t / (warmup * Math.sqrt(warmup)))
      );
    });
  }
}

/** Options of `OneCycleLR`. */
export interface OneCycleLROptions {
  /** The highest rate, or one for each group. */
  maxLr: number | readonly number[];
  /** Steps of the whole cycle; or give the next two. */
  totalSteps?: number;
  epochs?: number;
  stepsPerEpoch?: number;
  /** The share of the steps that rise. Default 0.3. */
  pctStart?: number;
  /** Default "cos". */
  annealStrategy?: "cos" | "linear";
  /** Whether momentum (or the first beta) moves the other way. Default true. */
  cycleMomentum?: boolean;
  /** Default 0.85. */
  baseMomentum?: number;
  /** Default 0.95. */
  maxMomentum?: number;
  /** It begins at maxLr / divFactor. Default 25. */
  divFactor?: number;
  /** It ends at the beginning's rate / finalDivFactor. Default 1e4. */
  finalDivFactor?: number;
  /** Whether it falls back to the first rate before the last descent. Default false. */
  threePhase?: boolean;
}

/**
 * Up to maxLr and down again, once (Smith & Topin 2018).
 *
 * @throws RangeError for impossible options, for an optimiser without momentum where it is to move, and after the last step
 */
export class OneCycleLR extends Scheduler {
  constructor(optimizer: Scheduled, options: OneCycleLROptions) {
    const {
      maxLr,
      pctStart = 0.3,
      annealStrategy = "cos",
      cycleMomentum = true,
      baseMomentum = 0.85,
      maxMomentum = 0.95,
      divFactor = 25,
      finalDivFactor = 1e4,
      threePhase = false,
    } = options;
    const op = "OneCycleLR";
    const { groups } = optimizer;
    const total = options.totalSteps ?? (options.epochs ?? NaN) * (options.stepsPerEpoch ?? NaN);
    if (!Number.isSafeInteger(total) || total < 1) {
      fail(op, "totalSteps, or epochs and stepsPerEpoch,", "to be integers above 0", String(total));
    }
    expectNumber(op, "pctStart", pctStart, 0, 1);
    expectNumber(op, "baseMomentum", baseMomentum, 0);
    expectNumber(op, "maxMomentum", maxMomentum, 0);
    expectNumber(op, "divFactor", divFactor, Number.MIN_VALUE);
    expectNumber(op, "finalDivFactor", finalDivFactor, Number.MIN_VALUE);
    if (annealStrategy !== "cos" && annealStrategy !== "linear") {
      fail(op, "annealStrategy", 'to be "cos" or "linear"', String(annealStrategy));
    }
    const highest = typeof maxLr === "number" ? groups.map(() => maxLr) : maxLr;
    if (highest.length !== groups.length) {
      fail(op, "maxLr", `of ${groups.length} groups`, String(highest.length));
    }
    for (const lr of highest) expectNumber(op, "maxLr", lr, 0);
    if (cycleMomentum && groups.some((g) => g.momentum === undefined && !g.betas)) {
      fail(op, "cycleMomentum", "to be false for an optimiser without momentum", "true");
    }

    const rise = pctStart * total - 1;
    const ends = threePhase ? [rise, 2 * rise, total - 1] : [rise, total - 1];
    const anneal = annealStrategy === "cos" ? cosine : line;
    /** Where a quantity is that has `marks` at the beginning and at the end of each phase. */
    const at = (step: number, marks: readonly number[]): number => {
      let phase = ends.findIndex((end) => step <= end);
      if (phase < 0) phase = ends.length - 1;
      const start = ends[phase - 1] ?? 0;
      const done = (step - start) / (ends[phase]! - start);
      return anneal(marks[phase]!, marks[phase + 1]!, done);
    };
    const momenta = [maxMomentum, baseMomentum, maxMomentum, maxMomentum];
    super(
      op,
      optimizer,
      (step, _, group) => {
        if (step > total) fail(op, "at most", `${total} steps`, String(step));
        const first = highest[group]! / divFactor;
        const last = first / finalDivFactor;
        return at(step, [first, highest[group]!, ...(threePhase ? [first] : []), last]);
      },
      cycleMomentum ? (step) => at(step, momenta) : undefined,
    );
  }
}

/**
 * One schedule after another: number i + 1 begins, from its own step 0, at step `milestones[i]`.
 *
 * @throws RangeError when milestones do not ascend or are not one less than the schedulers, or optimisers differ
 */
export class SequentialLR extends Scheduler {
  constructor(
    optimizer: Scheduled,
    { schedulers, milestones }: { schedulers: readonly Scheduler[]; milestones: readonly number[] },
  ) {
    const op = "SequentialLR";
    if (schedulers.length === 0 || milestones.length !== schedulers.length - 1) {
      const expected = `one less than the ${schedulers.length} schedulers`;
      fail(op, "milestones", expected, String(milestones.length));
    }
    for (const scheduler of schedulers) {
      if (!(scheduler instanceof Scheduler)) {
        fail(op, "each scheduler", "to depend on the step alone", String(scheduler));
      }
      if (scheduler.optimizer !== optimizer) {
        fail(op, "each scheduler", "to be of this optimiser", "one of another");
      }
    }
    milestones.forEach((m, i) => expectInteger(op, "milestones", m, (milestones[i - 1] ?? 0) + 1));
    super(op, optimizer, (step, _, group) => {
      const index = milestones.filter((m) => m <= step).length;
      if (group === 0) schedulers[index]!.apply(step - (milestones[index - 1] ?? 0));
      return optimizer.groups[group]!.lr;
    });
  }
}

/** Options of `ReduceLROnPlateau`. */
export interface ReduceLROnPlateauOptions {
  /** Whether the metric is to fall or to rise. Default "min". */
  mode?: "min" | "max";
  /** What the rate is multiplied by, below 1. Default 0.1. */
  factor?: number;
  /** Steps without a better metric that are let pass. Default 10. */
  patience?: number;
  /** How much better counts. Default 1e-4. */
  threshold?: number;
  /** Whether the threshold is a share of the best, or a number. Default "rel". */
  thresholdMode?: "rel" | "abs";
  /** Steps after a reduction that do not count. Default 0. */
  cooldown?: number;
  /** The lowest rate, or one for each group. Default 0. */
  minLr?: number | readonly number[];
  /** A change that is not larger is not made. Default 1e-8. */
  eps?: number;
}

/** Where a `ReduceLROnPlateau` stands: the best metric, the steps since without a better one, the steps of rest to come. */
export interface PlateauState {
  best: number | null;
  bad: number;
  cooling: number;
}

/** Lowers the rate when a metric has stopped getting better. @throws RangeError for impossible options */
export class ReduceLROnPlateau {
  readonly optimizer: Scheduled;
  readonly #worst: number;
  readonly #better: (metric: number) => boolean;
  readonly #options: { factor: number; patience: number; cooldown: number; eps: number };
  readonly #lowest: readonly number[];
  #best: number;
  #bad = 0;
  #cooling = 0;

  constructor(optimizer: Scheduled, options: ReduceLROnPlateauOptions = {}) {
    const {
      mode = "min",
      factor = 0.1,
      patience = 10,
      threshold = 1e-4,
      thresholdMode = "rel",
      cooldown = 0,
      minLr = 0,
      eps = 1e-8,
    } = options;
    const op = "ReduceLROnPlateau";
    if (mode !== "min" && mode !== "max") fail(op, "mode", 'to be "min" or "max"', String(mode));
    if (thresholdMode !== "rel" && thresholdMode !== "abs") {
      fail(op, "thresholdMode", 'to be "rel" or "abs"', String(thresholdMode));
    }
    expectNumber(op, "factor", factor, 0, 1 - 2 ** -53);
    expectInteger(op, "patience", patience);
    expectInteger(op, "cooldown", cooldown);
    expectNumber(op, "threshold", threshold, 0);
    expectNumber(op, "eps", eps, 0);
    this.#lowest = typeof minLr === "number" ? optimizer.groups.map(() => minLr) : minLr;
    if (this.#lowest.length !== optimizer.groups.length) {
      fail(op, "minLr", `of ${optimizer.groups.length} groups`, String(this.#lowest.length));
    }
    for (const lr of this.#lowest) expectNumber(op, "minLr", lr, 0);
    const sign = mode === "min" ? -1 : 1;
    this.#best = this.#worst = -sign * Infinity;
    this.#better = (metric) => {
      const best = this.#best;
      const bar = thresholdMode === "rel" ? best * (1 + sign * threshold) : best + sign * threshold;
      return sign * metric > sign * bar;
    };
    this.optimizer = optimizer;
    this.#options = { factor, patience, cooldown, eps };
  }

  /** Tells it the metric, such as the held-out loss. NaN is never better. */
  step(metric: number): void {
    const { factor, patience, cooldown, eps } = this.#options;
    if (typeof metric !== "number") {
      throw new TypeError(`ReduceLROnPlateau.step: expected a number, got ${typeof metric}`);
    }
    const better = this.#better(metric);
    if (better) this.#best = metric;
    this.#bad = better ? 0 : this.#bad + 1;
    if (this.#cooling > 0) {
      this.#cooling--;
      this.#bad = 0;
    }
    if (this.#bad <= patience) return;
    this.optimizer.groups.forEach((group, i) => {
      const lr = Math.max(group.lr * factor, this.#lowest[i]!);
      if (group.lr - lr > eps) group.lr = lr;
    });
    this.#cooling = cooldown;
    this.#bad = 0;
  }

  /** The rates of the groups. */
  get lastLr(): number[] {
    return this.optimizer.groups.map((group) => group.lr);
  }

  /** Plain numbers, for JSON; the rates themselves are in the optimiser's state dict. */
  stateDict(): PlateauState {
    return {
      best: Number.isFinite(this.#best) ? this.#best : null,
      bad: this.#bad,
      cooling: this.#cooling,
    };
  }

  /** Goes on from where `stateDict()` was taken. @throws RangeError for numbers that it never gives */
  loadStateDict({ best, bad, cooling }: PlateauState): void {
    expectInteger("ReduceLROnPlateau.loadStateDict", "bad", bad);
    expectInteger("ReduceLROnPlateau.loadStateDict", "cooling", cooling);
    this.#best = best ?? this.#worst;
    this.#bad = bad;
    this.#cooling = cooling;
  }
}

const power = (base: number, exponent: number): number => kernels.scalar_pow(base, exponent);

/** Half a cosine from a to b. */
const cosine = (a: number, b: number, done: number): number =>
  b + ((a - b) / 2) * (1 + kernels.scalar_cos(Math.PI * done));

const line = (a: number, b: number, done: number): number => (b - a) * done + a;
