import { expectNumber } from "../core/shape.ts";
import { kernels } from "../runtime/kernels.ts";
import { Optimizer, type Parameters, type UpdateRule } from "./optimizer.ts";

export interface AdamOptions {
  /** Default 1e-3. */
  lr: number;
  /** Decay of the two averages. Default [0.9, 0.999]. */
  betas: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** Adam: added, times the parameter, to the gradient; default 0. AdamW: taken from the parameter; default 0.01. */
  weightDecay: number;
  /** Whether the denominator never falls (Reddi, Kale & Kumar 2018). Default false. */
  amsgrad: boolean;
  /** Default false. */
  maximize: boolean;
}

const adam = (op: string, decoupled: boolean, weightDecay: number): UpdateRule<AdamOptions> => ({
  op,
  defaults: {
    lr: 1e-3,
    betas: [0.9, 0.999],
    eps: 1e-8,
    weightDecay,
    amsgrad: false,
    maximize: false,
  },
  check({ lr, betas, eps, weightDecay }) {
    expectNumber(op, "lr", lr, 0);
    for (const beta of betas) expectNumber(op, "each beta", beta, 0, 1 - 2 ** -53);
    expectNumber(op, "eps", eps, 0);
    expectNumber(op, "weightDecay", weightDecay, 0);
  },

  slots({ amsgrad }) {
    return amsgrad ? ["exp_avg", "exp_avg_sq", "max_exp_avg_sq"] : ["exp_avg", "exp_avg_sq"];
  },

  update(
    run,
    p,
    g,
    { step, slots },
    { lr, betas: [beta1, beta2], eps, weightDecay, amsgrad, maximize },
  ) {
    run.adam(
      p.ptr,
      g.ptr,
      slots["exp_avg"]!.ptr,
      slots["exp_avg_sq"]!.ptr,
      amsgrad ? slots["max_exp_avg_sq"]!.ptr : 0,
      p.size,
      decoupled ? 1 : 0,
      maximize ? 1 : 0,
      lr,
      lr / (1 - kernels.scalar_pow(beta1, step)),
      Math.sqrt(1 - kernels.scalar_pow(beta2, step)),
      beta1,
      beta2,
      eps,
      weightDecay,
    );
  },
});

/**
 * Adam (Kingma & Ba 2015). @throws RangeError for impossible options; Error for no parameters, or one that comes twice
 *
 * @example
 * const w = tensor([1], { requiresGrad: true });
 * const adam = new optim.Adam([w], { lr: 0.1 });
 * w.square().sum().backward();
 * adam.step();
 * w.item(); // 0.9
 */
export class Adam extends Optimizer<AdamOptions> {
  constructor(parameters: Parameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(adam("Adam", false, 0), parameters, options);
  }
}

/**
 * Adam with weight decay apart from the gradient (Loshchilov & Hutter 2019). @throws as Adam does
 *
 * @example
 * const w = tensor([1], { requiresGrad: true });
 * const adamw = new optim.AdamW([w], { lr: 0.1, weightDecay: 0.1 });
 * w.square().sum().backward();
 * adamw.step();
 * w.item(); // 0.89
 */
export class AdamW extends Optimizer<AdamOptions> {
  constructor(parameters: Parameters<AdamOptions>, options: Partial<AdamOptions> = {}) {
    super(adam("AdamW", true, 0.01), parameters, options);
  }
}
