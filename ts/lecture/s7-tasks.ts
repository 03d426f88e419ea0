/** @file What a vanishing gradient costs: two tasks that need memory. And what an exploding one does. */

import { clipGradNorm, crossEntropy, embedding, eye, Generator, mseLoss, mul, nn, optim, rand, scope, select, sum, type Tensor } from "unrolled"; // prettier-ignore
import { ADDING_BASELINE, addingProblem, COPY_CATEGORIES, copyMemory, copyMemoryBaseline } from "../theory/index.ts"; // prettier-ignore
import { lineChart } from "../viz/line-chart.ts";
import type { Exhibit, Picture, Verdict } from "./exhibit.ts";
import { figure } from "./measure.ts";
import { bar, forSeeds } from "./seeds.ts";
import { train, type Training } from "./training.ts";

const TEST_SEED = 1000;
const WARM = "#d9480f";
const COOL = "#1c7ed6";

export const exhibit: Exhibit = {
  id: "S7 tasks",
  title: "What an LSTM can learn and a simple recurrent net cannot",
  statement: "Deep blocks often suffer from vanishing gradient ⇒ better structure needed.",
  run({ full, progress }) {
    const shares = [0.22, 0.1, 0.5, 0.16, 0.02]; // of the time
    let [part, before] = [0, 0];
    const each = <R>(run: (seed: number, done: (share: number) => void) => R): R[] => {
      const share = shares[part++]!;
      const results = forSeeds({ full, progress: (done) => progress(before + share * done) }, run);
      before += share;
      return results;
    };

    // In full, the simple net has as many steps as the LSTM may take.
    const controlSteps = full ? STEPS : STEPS / 2;
    const addingLSTM = each((seed, done) => learnAdding("LSTM", seed, STEPS, done));
    const addingRNN = each((seed, done) => learnAdding("RNN", seed, controlSteps, done));
    const copyLSTM = each((seed, done) => learnCopying("LSTM", seed, STEPS, done));
    const copyRNN = each((seed, done) => learnCopying("RNN", seed, controlSteps, done));
    const clipped = each((seed) => ({ with: explode(seed, 1), without: explode(seed, Infinity) }));
    progress(1);
    return {
      verdicts: [
        solved(`adding problem, T = ${ADDING.length}: steps until an LSTM's test error is below ${ADDING.bar}`, addingLSTM, ADDING.bar), // prettier-ignore
        failed(`the same for the simple net: least test error after ${controlSteps} steps`, addingRNN, ADDING.control), // prettier-ignore
        solved(`copy memory, T = ${COPY.delay}: steps until an LSTM is below half of the cross-entropy without memory`, copyLSTM, COPY.bar), // prettier-ignore
        failed(`the same for the simple net: least cross-entropy, as a share, after ${controlSteps} steps`, copyRNN, COPY.bar), // prettier-ignore
        ...clipping(clipped),
      ],
      pictures: [
        curves("The adding problem: mean squared error on a test set. Always saying 1 costs a sixth.", addingLSTM[0]!, addingRNN[0]!, ADDING_BASELINE), // prettier-ignore
        curves("Copy memory: cross-entropy on a test set, as a share of what a net without memory can reach.", copyLSTM[0]!, copyRNN[0]!, 1), // prettier-ignore
        explosion(clipped[0]!),
      ],
    };
  },
};

type Kind = "LSTM" | "RNN";

/** A recurrent net of one layer, and a linear layer that reads its states. */
class Reader extends nn.Module {
  readonly net: nn.LSTM | nn.RNN;
  readonly head: nn.Linear;

  constructor(net: nn.LSTM | nn.RNN, outputs: number, generator: Generator) {
    super();
    this.net = net;
    this.head = new nn.Linear(net.hiddenSize, outputs, { generator });
  }

  /** @param xs [T, B, D] @returns the states [T, B, H] */
  states(xs: Tensor): Tensor {
    return this.net.forward(xs)[0];
  }
}

/** What the LSTM may take. */
const STEPS = 3000;

const ADDING = { length: 50, batch: 32, hidden: 32, bar: 0.01, control: 0.12 };

function learnAdding(
  kind: Kind,
  seed: number,
  steps: number,
  progress: (done: number) => void,
): Training {
  const { length, batch, hidden, bar } = ADDING;
  const generator = new Generator(seed);
  const net =
    kind === "LSTM"
      ? nn.init.forgetBias(unbiased(new nn.LSTM(2, hidden, { generator })), 1)
      : new nn.RNN(2, hidden, { generator });
  const model = new Reader(net, 1, generator);
  const testSet = { length, batch: 1000, generator: new Generator(TEST_SEED) };
  return tried(model, addingProblem(testSet), (held) =>
    train({
      parameters: model.parameters(),
      loss: () => error(addingProblem({ length, batch, generator })),
      test: () => error(held).item(),
      ...(kind === "LSTM" ? { lr: 5e-3, until: bar } : { lr: 2e-3 }),
      steps,
      progress,
    }),
  );

  function error({ x, y }: { x: Tensor; y: Tensor }): Tensor {
    return mseLoss(model.head.forward(select(model.states(x), 0, -1)), y);
  }
}

const COPY = { delay: 20, batch: 16, hidden: 128, bar: 0.5 };

function learnCopying(
  kind: Kind,
  seed: number,
  steps: number,
  progress: (done: number) => void,
): Training {
  const { delay, batch, hidden, bar } = COPY;
  const generator = new Generator(seed);
  const net =
    kind === "LSTM"
      ? nn.init.chrono(unbiased(new nn.LSTM(COPY_CATEGORIES, hidden, { generator })), 2 * delay, {
          generator,
        })
      : new nn.RNN(COPY_CATEGORIES, hidden, { generator });
  const model = new Reader(net, COPY_CATEGORIES, generator);
  const testSet = { delay, batch: 500, generator: new Generator(TEST_SEED) };
  return tried(model, copyMemory(testSet), (held) =>
    train({
      parameters: model.parameters(),
      loss: () => error(copyMemory({ delay, batch, generator })),
      test: () => error(held).item() / copyMemoryBaseline(delay),
      ...(kind === "LSTM" ? { lr: 1e-2, until: bar } : { lr: 2e-3 }),
      steps,
      progress,
    }),
  );

  function error({ input, target }: { input: Tensor; target: Tensor }): Tensor {
    const states = model.states(embedding(input, eye(COPY_CATEGORIES))); // [T, B, H]
    return crossEntropy(
      model.head.forward(states).reshape([-1, COPY_CATEGORIES]),
      target.flatten(),
    );
  }
}

/** The biases begin at 0. */
function unbiased(lstm: nn.LSTM): nn.LSTM {
  for (const b of [lstm.bias_ih_l0!, lstm.bias_hh_l0!]) nn.init.zeros(b);
  return lstm;
}

/** Frees the model and the test set at the end. */
function tried<Held extends Record<string, Tensor>>(
  model: nn.Module,
  held: Held,
  run: (held: Held) => Training,
): Training {
  try {
    return run(held);
  } finally {
    model.free();
    for (const t of Object.values(held)) t.free();
  }
}

function solved(what: string, runs: readonly Training[], level: number): Verdict {
  const steps = runs.map((run) => (run.error < level ? run.steps : Infinity));
  return bar(what, `at most ${STEPS}`, steps, Number.isFinite, untilEver);
}

/** A number of steps. */
const untilEver = (steps: number): string => (Number.isFinite(steps) ? String(steps) : "never");

function failed(what: string, runs: readonly Training[], level: number): Verdict {
  const least = runs.map(({ curve }) => Math.min(...curve.map(([, error]) => error)));
  return bar(what, `above ${level}`, least, (error) => error > level, figure);
}

/** A relu RNN whose weights begin at 1.5 · I learns the sum of thirty numbers; the losses of its steps. */
function explode(seed: number, clip: number): number[] {
  const [T, B, H] = [30, 16, 8];
  const generator = new Generator(seed);
  const net = new nn.RNN(1, H, { nonlinearity: "relu", generator });
  const model = new Reader(net, 1, generator);
  scope(() => net.loadStateDict({ weight_hh_l0: mul(eye(H), 1.5) }, { strict: false }));
  const sgd = new optim.SGD(model.parameters(), { lr: 0.02 });
  const losses: number[] = [];
  while (losses.length < 400 && Number.isFinite(losses.at(-1) ?? 0)) {
    scope(() => {
      const x = rand([T, B, 1], { generator });
      const loss = mseLoss(model.head.forward(select(model.states(x), 0, -1)), sum(x, 0));
      loss.backward();
      clipGradNorm(model.parameters(), clip);
      sgd.step();
      sgd.zeroGrad();
      losses.push(loss.item());
    });
  }
  sgd.free();
  model.free();
  return losses;
}

type Explosion = Record<"with" | "without", number[]>;

function clipping(runs: readonly Explosion[]): Verdict[] {
  const share = runs.map(({ with: losses }) => losses.at(-1)! / losses[0]!);
  const lost = runs.map(({ without }) =>
    Number.isFinite(without.at(-1)) ? Infinity : without.length,
  );
  return [
    {
      what: "a net that explodes, its gradient clipped to 1: loss after 400 steps, as a share of the first, at most",
      expected: "below 0.001",
      measured: figure(Math.max(...share)),
      pass: share.every((s) => s < 1e-3),
    },
    bar(
      "the same net without clipping: steps until the loss is no number",
      "at most 5",
      lost,
      (n) => n <= 5,
      untilEver,
    ),
  ];
}

const curves = (caption: string, lstm: Training, rnn: Training, baseline: number): Picture => ({
  caption,
  svg: lineChart({
    curves: [
      { name: "LSTM", colour: COOL, points: lstm.curve, marked: true },
      { name: "RNN", colour: WARM, points: rnn.curve, marked: true },
    ],
    levels: [{ name: "without memory", y: baseline }],
    yScale: "log",
    xLabel: "steps",
    yLabel: "test error",
    description: caption,
  }),
});

function explosion({ with: clipped, without }: Explosion): Picture {
  const caption = `A relu net that begins at W = 1.5 · I and is to add thirty numbers: its loss, with the gradient clipped to norm 1. Without clipping it is lost after step ${without.length - 1}.`;
  return {
    caption,
    svg: lineChart({
      curves: [{ name: "clipped", colour: COOL, points: clipped.map((l, i) => [i + 1, l]) }],
      yScale: "log",
      xLabel: "steps",
      yLabel: "loss",
      description: caption,
    }),
  };
}
