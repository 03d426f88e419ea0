import { crossEntropy, Generator, nn, scope, select, type Tensor } from "unrolled";
import { eventTask } from "../theory/event-task.ts";
import { StackedNet } from "../theory/stacked-net.ts";
import { COLOUR } from "../viz/drawing.ts";
import { lineChart } from "../viz/line-chart.ts";
import type { Exhibit, ExhibitOptions, Verdict } from "./exhibit.ts";
import { accuracy, fit } from "./fit.ts";
import { bar, forSeeds, percent } from "./seeds.ts";

const [T, KINDS, HIDDEN] = [20, 4, 32];
const [BATCH, STEPS, TESTED] = [64, 1200, 1000];
type Places = readonly [from: number, to: number];
const FIRST: Places = [0, T / 2];
const SECOND: Places = [T / 2, T];

/** A recurrent net that answers after each step. */
class EveryStep extends nn.Module {
  readonly rnn: nn.RNN;
  readonly head: nn.Linear;

  constructor(generator: Generator) {
    super();
    this.rnn = new nn.RNN(KINDS, HIDDEN, { generator });
    this.head = new nn.Linear(HIDDEN, KINDS, { generator });
  }

  /** @param x [T, B, KINDS] @returns [T, B, KINDS] */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.rnn.forward(x)[0]);
  }
}

/** Trains on events in the first half, and tests where it was trained and where it was not. */
function trial(seed: number, progress: (done: number) => void) {
  const generator = new Generator(seed);
  const draw = (places: Places, batch = BATCH, length = T) =>
    eventTask({ length, batch, kinds: KINDS, places, generator });
  const recurrent = new EveryStep(generator);
  const stacked = new StackedNet(T, KINDS, HIDDEN, KINDS, { generator });
  const lossOfRecurrent = (): Tensor => {
    const { x, y } = draw(FIRST);
    return crossEntropy(recurrent.forward(x).reshape([-1, KINDS]), y.reshape([-1]));
  };
  const lossOfStacked = (): Tensor => {
    const { x, y } = draw(FIRST);
    return crossEntropy(stacked.forward(x), select(y, 0, T - 1));
  };
  const how = { steps: STEPS, lr: 1e-2 };
  fit(recurrent, lossOfRecurrent, { ...how, progress: (done) => progress(done / 2) });
  fit(stacked, lossOfStacked, { ...how, progress: (done) => progress((1 + done) / 2) });

  const scores = (answer: (x: Tensor) => Tensor): Scores => {
    const score = (places: Places, batch = TESTED): number =>
      scope(() => {
        const { x, y } = draw(places, batch);
        return accuracy(() => answer(x), select(y, 0, T - 1));
      });
    const byPlace = Array.from({ length: T }, (_, t) => score([t, t + 1], 250));
    return { first: score(FIRST), second: score(SECOND), byPlace };
  };
  const result = {
    recurrent: scores((x) => select(recurrent.forward(x), 0, T - 1)),
    stacked: scores((x) => stacked.forward(x)),
    ...scope(() => {
      const { x } = draw(FIRST, 1, T + 1);
      return {
        longer: recurrent.forward(x).shape[0] === T + 1,
        refusal: messageOf(() => stacked.forward(x)),
      };
    }),
  };
  recurrent.free();
  stacked.free();
  return result;
}

interface Scores {
  first: number;
  second: number;
  byPlace: number[];
}

function messageOf(f: () => Tensor): string {
  try {
    f().free();
    return "no error";
  } catch (error) {
    return (error as Error).message;
  }
}

/** The weights of a stacked net's first layer for sequences of T steps, and of a recurrent net's for any. */
function firstLayers(T: number): number[] {
  const [stacked, rnn] = [new StackedNet(T, KINDS, HIDDEN, KINDS), new nn.RNN(KINDS, HIDDEN)];
  const counts = [stacked.hidden, rnn].map((net) =>
    [...net.parameters()].reduce((n, p) => n + p.size, 0),
  );
  stacked.free();
  rnn.free();
  return counts;
}

/** How they grow. */
function weightsByLength(): Verdict {
  const lengths = [T / 2, T, 2 * T, 4 * T];
  const row = (counts: readonly (readonly number[])[]): string =>
    counts.map((pair) => pair.join(" and ")).join(", ");
  const expected = row(
    lengths.map((T) => [T * KINDS * HIDDEN + HIDDEN, HIDDEN * (KINDS + HIDDEN + 2)]),
  );
  const measured = row(lengths.map(firstLayers));
  return {
    what: `weights of the first layer at T = ${lengths.join(", ")}: stacked H (T D + 1), RNN H (D + H + 2)`,
    expected,
    measured,
    pass: measured === expected,
  };
}

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  const [shown] = trials as [(typeof trials)[0]];
  const chance = 1 / KINDS;
  const of = (net: "recurrent" | "stacked", half: "first" | "second"): number[] =>
    trials.map((trial) => trial[net][half]);
  const verdicts = [
    bar("RNN, events where it saw them in training", "≥ 95 %", of("recurrent", "first"), (x) => x >= 0.95, percent),
    bar("RNN, events where it never saw any", "≥ 95 %", of("recurrent", "second"), (x) => x >= 0.95, percent),
    bar("stacked net, events where it saw them in training", "≥ 95 %", of("stacked", "first"), (x) => x >= 0.95, percent),
    bar("stacked net, events where it never saw any", `≤ chance + 10, ${percent(chance + 0.1)}`, of("stacked", "second"), (x) => x <= chance + 0.1, percent),
    {
      what: `stacked net, a sequence of ${T + 1} steps`,
      expected: "an error in words; the RNN reads it",
      measured: shown.refusal,
      pass: trials.every(({ refusal, longer }) => /it was built for/.test(refusal) && longer),
    },
    weightsByLength(),
  ]; // prettier-ignore
  const curve = ({ byPlace }: Scores) => byPlace.map((share, t) => [t + 1, share] as const);
  return {
    verdicts,
    pictures: [
      {
        caption: `Both nets learnt from events in steps 1 to ${T / 2}. The recurrent one, whose weights are the same at all times, knows them anywhere.`,
        svg: lineChart({
          curves: [
            { name: "RNN", colour: COLOUR.warm, points: curve(shown.recurrent), marked: true },
            { name: "stacked", colour: COLOUR.cool, points: curve(shown.stacked), marked: true },
          ],
          levels: [{ name: "chance", colour: COLOUR.soft, y: chance }],
          xLabel: "step of the event",
          yLabel: "share right",
          description: `Share of right answers by the step of the event: the RNN ${percent(shown.recurrent.second)} in the second half, the stacked net ${percent(shown.stacked.second)}.`,
        }),
      },
    ],
  };
}

export const exhibit: Exhibit = {
  id: "S12",
  title: "RNN and feed-forward net",
  statement:
    "RNN works for different lengths of input sequences, and shares weights between different time instances.",
  run,
};
