import { argmax, clipGradNorm, eq, mean, nn, noGrad, optim, scope, type Tensor } from "unrolled";

export interface FitOptions {
  steps: number;
  /** Of Adam; a tenth of it in the last quarter of the steps. */
  lr: number;
  /** The largest norm of the gradient. Default 1. */
  clip?: number;
  progress?: ((done: number) => void) | undefined;
}

/** Trains a net by Adam; `loss` makes its own data. Returns the loss of each step. */
export function fit(
  net: nn.Module,
  loss: () => Tensor,
  { steps, lr, clip = 1, progress }: FitOptions,
): number[] {
  const parameters = [...net.parameters()];
  const adam = new optim.Adam(parameters, { lr });
  const schedule = new optim.MultiStepLR(adam, { milestones: [Math.ceil(0.75 * steps)] });
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
