/** @file Training of an encoder and a decoder as the paper does it. */

import { crossEntropy, optim, scope, slice, type Tensor } from "unrolled";
import { exact, type Transduction, type TransductionNet } from "../theory/transduction-net.ts";
import type { Point } from "../viz/line-chart.ts";

export interface Schooling {
  batch: () => Transduction;
  test: Transduction;
  /** At most so many steps. */
  steps: number;
  /** Of the learning rate's growth. */
  warmup: number;
  /** How often the test is taken. Default every 100 steps. */
  every?: number;
  /** The share of exact answers that ends it. Default 1. */
  until?: number;
  progress?: (done: number) => void;
}

export interface Schooled {
  /** The share of exact answers, by step. */
  accuracy: Point[];
  /** The last of them. */
  share: number;
  /** Nats per symbol, by step. */
  loss: Point[];
  /** Steps until the end. */
  steps: number;
}

/** As the first example of The Annotated Transformer has it (Rush 2018). */
const FACTOR = 0.5;
const SMOOTHING = 0.1;

/** Adam (β 0.9, 0.98; ε 1e-9) by Noam's rate, labels smoothed by 0.1 (Vaswani et al. 2017). */
export function school(
  net: TransductionNet,
  { batch, test, steps, warmup, every = 100, until = 1, progress }: Schooling,
): Schooled {
  const adam = new optim.Adam([...net.parameters()], { lr: 1, betas: [0.9, 0.98], eps: 1e-9 });
  const { dModel } = net.positions;
  const noam = new optim.Noam(adam, { dModel, warmup, factor: FACTOR });
  const [accuracy, loss]: [Point[], Point[]] = [[], []];
  let [step, share] = [0, 0];
  while (step < steps && share < until) {
    const nats = scope(() => {
      const { source, target } = batch();
      const l = lossOf(net, source, target);
      l.backward();
      adam.step();
      adam.zeroGrad();
      return l.item();
    });
    noam.step();
    step++;
    if (step % 10 === 0) loss.push([step, nats]);
    if (step % every !== 0 && step !== steps) continue;
    share = exact(net.eval() as TransductionNet, test);
    net.train();
    accuracy.push([step, share]);
    progress?.(step / steps);
  }
  adam.free();
  net.eval();
  progress?.(1);
  return { accuracy, share, loss, steps: step };
}

/** Of each symbol after the first, from those before it. */
function lossOf(net: TransductionNet, source: Tensor, target: Tensor): Tensor {
  const L = target.shape[1]!;
  const logits = net.forward(source, slice(target, 1, 0, L - 1)); // [B, L − 1, V]
  const targets = slice(target, 1, 1, L).reshape([-1]);
  return crossEntropy(logits.reshape([targets.size, -1]), targets, { labelSmoothing: SMOOTHING });
}
