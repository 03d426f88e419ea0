import { expectNumber } from "../core/shape.ts";
import { Optimizer, type Parameters, type UpdateRule } from "./optimizer.ts";

/** Options of `RMSprop`. */
export interface RMSpropOptions {
  /** Default 1e-2. */
  lr: number;
  /** Decay of the average of squares. Default 0.99. */
  alpha: number;
  /** Added to the denominator. Default 1e-8. */
  eps: number;
  /** Added, times the parameter, to the gradient. Default 0. */
  weightDecay: number;
  /** How much of the last update stays. Default 0. */
  momentum: number;
  /** Whether the average's square is taken from the average of squares (Graves 2013). Default false. */
  centered: boolean;
  /** Default false. */
  maximize: boolean;
}

const rule: UpdateRule<RMSpropOptions> = {
  op: "RMSprop",
  defaults: {
    lr: 1e-2,
    alpha: 0.99,
    eps: 1e-8,
    weightDecay: 0,
    momentum: 0,
    centered: false,
    maximize: false,
  },
  check({ lr, alpha, eps, weightDecay, momentum }) {
    for (const [name, value] of Object.entries({ lr, alpha, eps, weightDecay, momentum })) {
      expectNumber("RMSprop", name, value, 0);
    }
  },

  slots({ centered, momentum }) {
    return [
      "square_avg",
      ...(centered ? ["grad_avg"] : []),
      ...(momentum === 0 ? [] : ["momentum_buffer"]),
    ];
  },

  update(run, p, g, { slots }, { lr, alpha, eps, weightDecay, momentum, centered, maximize }) {
    run.rmsprop(
      p.ptr,
      g.ptr,
      slots["square_avg"]!.ptr,
      centered ? slots["grad_avg"]!.ptr : 0,
      momentum === 0 ? 0 : slots["momentum_buffer"]!.ptr,
      p.size,
      maximize ? 1 : 0,
      lr,
      alpha,
      eps,
      momentum,
      weightDecay,
    );
  },
};

/**
 * RMSprop (Tieleman & Hinton 2012). @throws RangeError for impossible options; Error for no parameters, or one that comes twice
 *
 * @example
 * const w = tensor([1], { requiresGrad: true });
 * const rmsprop = new optim.RMSprop([w], { lr: 0.01 });
 * w.square().sum().backward();
 * rmsprop.step();
 * w.item(); // 0.9
 */
export class RMSprop extends Optimizer<RMSpropOptions> {
  constructor(parameters: Parameters<RMSpropOptions>, options: Partial<RMSpropOptions> = {}) {
    super(rule, parameters, options);
  }
}
