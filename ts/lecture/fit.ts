import { argmax, clipGradNorm, eq, mean, nn, noGrad, optim, scope, type Tensor } from "unrolled";

export interface FitOptions {
  steps: number;
  /** Of Adam; a tenth of it in the last quarter of the steps. */
  lr: number;
  /** Steps in which the learning rate grows to it. Default 0. */
  warmup?: number;
  /** Of Adam. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** The largest norm of the gradient. Default 1. */
  clip?: number;
  progress?: ((done: number) => void) | undefined;
}

/** Trains a net by Adam; `loss` makes its own data. Returns the loss of each step. */
export function fit(
  net: nn.Module,
  loss: () => Tensor,
  { steps, lr, warmup = 0, betas = [0.9, 0.999], clip = 1, progress }: FitOptions,
): number[] {
  const parameters = [...net.parameters()];
  const adam = new optim.Adam(parameters, { lr, betas });
  const late = Math.ceil(0.75 * steps);
  const schedule = new optim.LambdaLR(adam, {
    lrLambda: (step) => (step < warmup ? (step + 1) / warmup : step < late ? 1 : 0.1),
  });
  const losses = Array.from({ length: steps }, (_, step) => {
    const value = scope(() => {
      const l = loss();
      l.backward();
      clipGradNorm(parameters, clip);
      adam.step();
      adam.zeroGrad();
      return l.item();
    });
    schedule.step();
    progress?.((step + 1) / steps);
    return value;
  });
  adam.free();
  return losses;
}

/** The share of rows whose largest logit is the right one. */
export function accuracy(logits: () => Tensor, y: Tensor): number {
  return scope(() => noGrad(() => mean(eq(argmax(logits(), 1), y).to("float32")).item()));
}
