import { describe, expect, test } from "vitest";
import { nn, optim } from "../../ts/index.ts";
import { golden } from "../support/golden.ts";

interface Case {
  op: "StepLR" | "SequentialLR" | "ReduceLROnPlateau";
  options: Record<string, unknown>;
  beta: boolean;
  metrics?: number[];
  rates: number[][];
  momenta: number[];
}
type Any = new (optimizer: optim.Scheduled, options: object) => optim.Scheduler;
interface Described {
  op: string;
  options: object;
}

const cases = golden<Case>("schedulers");
const make = (op: string, o: optim.Scheduled, options: object): optim.Scheduler =>
  new (optim as unknown as Record<string, Any>)[op]!(o, options);

/** An optimiser of two groups, as the goldens had. */
function scheduled(beta = false): { groups: optim.ScheduledGroup[] } {
  const rest = (): object => (beta ? { betas: [0.9, 0.999] as const } : { momentum: 0.9 });
  return {
    groups: [
      { lr: 0.1, ...rest() },
      { lr: 0.02, ...rest() },
    ],
  };
}

function start(c: Case) {
  const optimizer = scheduled(c.beta);
  const options = { ...c.options };
  if (c.op === "SequentialLR") {
    const parts = options["schedulers"] as Described[];
    options["schedulers"] = parts.map((p) => make(p.op, optimizer, p.options));
  }
  return { optimizer, scheduler: make(c.op, optimizer, options) };
}

const step = (scheduler: optim.Scheduler, c: Case, k: number): void =>
  (scheduler.step as (metric?: number) => void).call(scheduler, c.metrics?.[k]);

describe.each(cases.map((c) => [`${c.op} ${JSON.stringify(c.options)}`, c] as const))(
  "%s",
  (_, c) => {
    test("equals PyTorch's for 60 steps", () => {
      const { optimizer, scheduler } = start(c);
      c.rates.forEach((rates, k) => {
        rates.forEach((rate, i) => {
          const got = optimizer.groups[i]!.lr;
          // PyTorch multiplies step by step, and its error adds up
          expect(Math.abs(got - rate), `step ${k}: ${got}, not ${rate}`).toBeLessThan(
            1e-13 + 1e-12 * rate,
          );
        });
        const { momentum, betas } = optimizer.groups[0]!;
        expect(betas?.[0] ?? momentum).toBeCloseTo(c.momenta[k]!, 12);
        expect(scheduler.lastLr).toEqual(optimizer.groups.map((g) => g.lr));
        if (k < 59) step(scheduler, c, k);
      });
    });

    test("goes on from its state as if nothing had happened", () => {
      for (const cut of [1, 6, 21]) {
        const straight = start(c);
        const resumed = start(c);
        for (let k = 0; k < 40; k++) {
          step(straight.scheduler, c, k);
          step(resumed.scheduler, c, k);
          if (k === cut) {
            const state = JSON.stringify(resumed.scheduler.stateDict());
            const { groups } = resumed.optimizer;
            const next = start(c);
            next.optimizer.groups.forEach((g, i) => Object.assign(g, groups[i]));
            next.scheduler.loadStateDict(JSON.parse(state) as optim.SchedulerState);
            Object.assign(resumed, next);
          }
          expect(resumed.optimizer.groups).toEqual(straight.optimizer.groups);
        }
      }
    });
  },
);

test("there are goldens of every schedule that PyTorch has", () => {
  const ours = Object.keys(optim).filter((name) => /LR/.test(name) && name !== "LambdaLR");
  expect([...new Set(cases.map((c) => c.op))].toSorted()).toEqual(ours.toSorted());
});

test("LambdaLR multiplies by one function, or one for each group", () => {
  const one = scheduled();
  const lambda = new optim.LambdaLR(one, { lrLambda: (k) => 1 / (k + 1) });
  lambda.step();
  expect(one.groups.map((g) => g.lr)).toEqual([0.05, 0.01]);
  const two = scheduled();
  const each = new optim.LambdaLR(two, { lrLambda: [(k) => k, () => 2] });
  each.step();
  each.step();
  expect(two.groups.map((g) => g.lr)).toEqual([0.2, 0.04]);
  expect(() => new optim.LambdaLR(two, { lrLambda: [(k) => k] })).toThrow(/lrLambda of 2 groups/);
});

test("Noam rises in a line, peaks at the warm-up's end and falls with the root", () => {
  const optimizer = scheduled();
  const noam = new optim.Noam(optimizer, { dModel: 512, warmup: 10, factor: 2 });
  const rates = Array.from({ length: 41 }, (_, k) => {
    if (k > 0) noam.step();
    return optimizer.groups[0]!.lr;
  });
  const want = (k: number): number =>
    (2 / Math.sqrt(512)) * Math.min(1 / Math.sqrt(k), k / 10 ** 1.5);
  rates.forEach((rate, k) => expect(rate).toBeCloseTo(want(Math.max(k, 1)), 14));
  expect(rates.indexOf(Math.max(...rates))).toBe(10);
});

test.each(["min", "max"] as const)("an infinite metric is no better than none, mode %s", (mode) => {
  const optimizer = scheduled();
  const plateau = new optim.ReduceLROnPlateau(optimizer, { mode, patience: 0, factor: 0.5 });
  plateau.step(mode === "min" ? Infinity : -Infinity);
  expect(plateau.lastLr).toEqual([0.05, 0.01]);
  plateau.loadStateDict(JSON.parse(JSON.stringify(plateau.stateDict())) as optim.PlateauState);
  plateau.step(1);
  expect(plateau.lastLr).toEqual([0.05, 0.01]);
  plateau.step(1);
  expect(plateau.lastLr).toEqual([0.025, 0.005]);
});

test("an optimiser of ours follows its schedule", () => {
  const net = new nn.Linear(2, 2);
  const adam = new optim.Adam(net.parameters(), { lr: 1 });
  const schedule = new optim.StepLR(adam, { stepSize: 1, gamma: 0.5 });
  schedule.step();
  expect(adam.groups[0]!.lr).toBe(0.5);
  expect(adam.groups[0]!.initialLr).toBe(1);
  net.free();
});

describe("refuses", () => {
  const o = scheduled();
  const other = scheduled();
  const bare = { groups: [{ lr: 1 }] };
  const constant = new optim.ConstantLR(o);
  test.each<[string, () => unknown, RegExp]>([
    ["stepSize", () => new optim.StepLR(o, { stepSize: 0 }), /expected stepSize/],
    ["gamma", () => new optim.ExponentialLR(o, { gamma: NaN }), /expected gamma/],
    ["milestone", () => new optim.MultiStepLR(o, { milestones: [0.5] }), /each milestone/],
    ["factor", () => new optim.ConstantLR(o, { factor: 2 }), /factor to be a number from 0 to 1/],
    ["startFactor", () => new optim.LinearLR(o, { startFactor: 0 }), /expected startFactor/],
    ["tMax", () => new optim.CosineAnnealingLR(o, { tMax: 0 }), /expected tMax/],
    ["dModel", () => new optim.Noam(o, { dModel: 0 }), /expected dModel/],
    ["no total", () => new optim.OneCycleLR(o, { maxLr: 1 }), /totalSteps, or epochs and/],
    [
      "no momentum",
      () => new optim.OneCycleLR(bare, { maxLr: 1, totalSteps: 5 }),
      /cycleMomentum to be false/,
    ],
    [
      "maxLr",
      () => new optim.OneCycleLR(o, { maxLr: [1], totalSteps: 5 }),
      /maxLr of 2 groups, got 1/,
    ],
    [
      "strategy",
      () => new optim.OneCycleLR(o, { maxLr: 1, totalSteps: 5, annealStrategy: "x" as never }),
      /"cos" or "linear"/,
    ],
    [
      "milestones",
      () => new optim.SequentialLR(o, { schedulers: [constant], milestones: [3] }),
      /milestones one less than the 1 schedulers, got 1/,
    ],
    [
      "descending milestones",
      () =>
        new optim.SequentialLR(o, {
          schedulers: [constant, constant, constant],
          milestones: [5, 5],
        }),
      /milestones to be an integer of at least 6, got 5/,
    ],
    [
      "another optimiser",
      () => new optim.SequentialLR(other, { schedulers: [constant], milestones: [] }),
      /to be of this optimiser/,
    ],
    [
      "a plateau in a sequence",
      () =>
        new optim.SequentialLR(o, {
          schedulers: [new optim.ReduceLROnPlateau(o) as never],
          milestones: [],
        }),
      /to depend on the step alone/,
    ],
    ["mode", () => new optim.ReduceLROnPlateau(o, { mode: "x" as never }), /"min" or "max"/],
    ["factor of 1", () => new optim.ReduceLROnPlateau(o, { factor: 1 }), /expected factor/],
    ["minLr", () => new optim.ReduceLROnPlateau(o, { minLr: [1] }), /minLr of 2 groups/],
    ["metric", () => new optim.ReduceLROnPlateau(o).step("1" as never), /expected a number/],
    ["state", () => constant.loadStateDict({ step: 1, bases: [1] }), /bases of 2 groups, got 1/],
  ])("%s", (_, f, message) => expect(f).toThrow(message));

  test("more steps than the cycle has, and changes nothing", () => {
    const o = scheduled();
    const cycle = new optim.OneCycleLR(o, { maxLr: 1, totalSteps: 2 });
    cycle.step();
    cycle.step();
    const before = structuredClone(o.groups);
    expect(() => cycle.step()).toThrow(/at most 2 steps, got 3/);
    expect(o.groups).toEqual(before);
  });
});
