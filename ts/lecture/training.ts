/** @file Training on one of the tasks, and the curve of its test error. */

import { clipGradNorm, noGrad, optim, scope, type Tensor } from "unrolled";
import type { Point } from "../viz/line-chart.ts";

export interface TrainingOptions {
  parameters: readonly Tensor[];
  /** The loss on the next batch. */
  loss: () => Tensor;
  /** The error on the test set. */
  test: () => number;
  /** Adam's. */
  lr: number;
  /** At most so many steps. */
  steps: number;
  /** The error that ends it. Default: none. */
  until?: number;
  progress: (done: number) => void;
}

export interface Training {
  /** Test error by step. */
  curve: Point[];
  /** The last of them. */
  error: number;
  steps: number;
}

const EVERY = 100;

/** Adam, with the norm of the gradient clipped to 1, tested every hundred steps. */
export function train({
  parameters,
  loss,
  test,
  lr,
  steps,
  until = 0,
  progress,
}: TrainingOptions): Training {
  const adam = new optim.Adam(parameters, { lr });
  const measure = (): number => scope(() => noGrad(test));
  const curve: Point[] = [[0, measure()]];
  for (let step = 1; step <= steps; step++) {
    scope(() => {
      loss().backward();
      clipGradNorm(parameters, 1);
      adam.step();
      adam.zeroGrad();
    });
    if (step % EVERY !== 0) continue;
    curve.push([step, measure()]);
    progress(step / steps);
    if (curve.at(-1)![1] < until) break;
  }
  adam.free();
  progress(1);
  const [last, error] = curve.at(-1)!;
  return { curve, error, steps: last };
}
