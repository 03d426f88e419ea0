/** @file What a recurrent net attends to, without any attention. */

import { Generator, mseLoss, nn, randn, scope, tensor, type Tensor } from "unrolled";
import { delayedCopy } from "../theory/delayed-copy.ts";
import { sequentialJacobian } from "../theory/sequential-jacobian.ts";
import { matrices } from "../viz/matrices.ts";
import type { Exhibit, ExhibitOptions, Verdict } from "./exhibit.ts";
import { fit } from "./fit.ts";
import { below } from "./measure.ts";
import { bar, forSeeds, percent } from "./seeds.ts";

const [T, LAG, HIDDEN, BATCH, STEPS] = [24, 4, 32, 32, 1000];
const TESTED = 8;

class Repeater extends nn.Module {
  readonly lstm: nn.LSTM;
  readonly head: nn.Linear;

  constructor(generator: Generator) {
    super();
    this.lstm = new nn.LSTM(1, HIDDEN, { generator });
    this.head = new nn.Linear(HIDDEN, 1, { generator });
  }

  /** @param x [T, B, 1] or [T, 1] */
  forward(x: Tensor): Tensor {
    return this.head.forward(this.lstm.forward(x)[0]);
  }
}

function trial(seed: number, progress: (done: number) => void) {
  const generator = new Generator(seed);
  const net = new Repeater(generator);
  const draw = (batch: number) => delayedCopy({ length: T, batch, lag: LAG, generator });
  const untrained = shareAtLag(net, draw);
  const loss = (): Tensor => {
    const { x, y } = draw(BATCH);
    return mseLoss(net.forward(x), y);
  };
  const losses = fit(net, loss, { steps: STEPS, lr: 1e-2, progress });
  const trained = shareAtLag(net, draw);
  net.free();
  return { untrained, trained, loss: losses.at(-1)! };
}

/** The share of steps t whose output depends most on step t − LAG, over sequences that the net has not seen. */
function shareAtLag(net: Repeater, draw: (batch: number) => { x: Tensor; y: Tensor }) {
  let [right, all] = [0, 0];
  let J: number[][] = [];
  for (let i = 0; i < TESTED; i++) {
    scope(() => {
      const { x } = draw(1);
      J = sequentialJacobian((own) => net.forward(own), x.reshape([T, 1]));
    });
    for (let t = LAG; t < T; t++) {
      all++;
      if (J[t]!.indexOf(Math.max(...J[t]!)) === t - LAG) right++;
    }
  }
  return { share: right / all, J };
}

/** The Jacobian beside central differences, and above its diagonal, where the future would be. */
function checked(): Verdict[] {
  return scope(() => {
    const generator = new Generator(3);
    const [D, O, steps, h] = [3, 2, 7, 1e-5];
    const options = { dtype: "float64", generator } as const;
    const lstm = new nn.LSTM(D, 5, options);
    const head = new nn.Linear(5, O, options);
    const f = (x: Tensor): Tensor => head.forward(lstm.forward(x)[0]);
    const x = randn([steps, D], options);
    const J = sequentialJacobian(f, x);
    const squares = J.map((row) => row.map(() => 0));
    for (let i = 0; i < steps * D; i++) {
      const moved = [h, -h].map((step) => {
        const values = x.data();
        values[i]! += step;
        return f(tensor(values, [steps, D])).data();
      });
      moved[0]!.forEach((above, j) => {
        const slope = (above - moved[1]![j]!) / (2 * h);
        squares[Math.floor(j / O)]![Math.floor(i / D)]! += slope ** 2;
      });
    }
    lstm.free();
    head.free();
    const differences = J.flatMap((row, t) => row.map((v, k) => Math.abs(v - Math.sqrt(squares[t]![k]!))));
    const future = J.flatMap((row, t) => row.filter((_, k) => k > t));
    return [
      below("‖∂yₜ/∂xₖ‖ of an LSTM and central differences, largest difference (float64)", 1e-6, Math.max(...differences)),
      { what: "dependence on the future", expected: "0, exactly", measured: String(Math.max(...future)), pass: future.every((v) => v === 0) },
    ];
  }); // prettier-ignore
}

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  const [{ untrained, trained }] = trials as [(typeof trials)[0]];
  const where = `outputs that depend most on the input ${LAG} steps before`;
  return {
    verdicts: [
      ...checked(),
      bar(`an LSTM that learnt to repeat its input ${LAG} steps later: ${where}`, "≥ 99 %", trials.map((t) => t.trained.share), (x) => x >= 0.99, percent),
      bar("the same net before it learnt", "≤ 50 %", trials.map((t) => t.untrained.share), (x) => x <= 0.5, percent),
    ],
    pictures: [
      {
        caption: `‖∂yₜ/∂xₖ‖: each row is an output, each column an input it may depend on. Before training the net attends to what it has just read; afterwards to what it needs, ${LAG} steps back. Nobody gave it an attention.`,
        svg: matrices({
          matrices: [
            { name: "before", rows: untrained.J, scale: largest(untrained.J) },
            { name: "after", rows: trained.J, scale: largest(trained.J) },
          ],
          scales: true,
          description: `Two heat maps of the sequential Jacobian of an LSTM over ${T} steps: before training the diagonal, afterwards the line ${LAG} below it.`,
        }),
      },
    ],
  }; // prettier-ignore
}

const largest = (rows: readonly (readonly number[])[]): number => Math.max(...rows.flat());

export const exhibit: Exhibit = {
  id: "S15a",
  title: "Memory is attention through time",
  statement: "Memory is attention in time [Alex Graves 2020].",
  run,
};
