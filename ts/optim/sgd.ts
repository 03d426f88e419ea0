import { expectNumber, fail } from "../core/shape.ts";
import { Optimizer, type Parameters, type UpdateRule } from "./optimizer.ts";

/** Options of `SGD`. */
export interface SGDOptions {
  /** Default 1e-3. */
  lr: number;
  /** How much of the last update stays (Polyak 1964). Default 0. */
  momentum: number;
  /** How much of the gradient is held back from the momentum. Default 0. */
  dampening: number;
  /** Added, times the parameter, to the gradient. Default 0. */
  weightDecay: number;
  /** Whether to look ahead (Nesterov 1983; Sutskever et al. 2013). Default false. */
  nesterov: boolean;
  /** Default false. */
  maximize: boolean;
}

const rule: UpdateRule<SGDOptions> = {
  op: "SGD",
  defaults: {
    lr: 1e-3,
    momentum: 0,
    dampening: 0,
    weightDecay: 0,
    nesterov: false,
    maximize: false,
  },
  check({ lr, momentum, dampening, weightDecay, nesterov }) {
    expectNumber("SGD", "lr", lr, 0);
    expectNumber("SGD", "momentum", momentum, 0);
    expectNumber("SGD", "dampening", dampening);
    expectNumber("SGD", "weightDecay", weightDecay, 0);
    if (nesterov && (momentum === 0 || dampening !== 0)) {
      fail(
        "SGD",
        "momentum and dampening",
        "to be above 0, and 0, for nesterov",
        `${momentum} and ${dampening}`,
      );
    }
  },

  slots({ momentum }) {
    return momentum === 0 ? [] : ["momentum_buffer"];
  },

  update(
    run,
    p,
    g,
    { fresh, slots },
    { lr, momentum, dampening, weightDecay, nesterov, maximize },
  ) {
    run.sgd(
      p.ptr,
      g.ptr,
      momentum === 0 ? 0 : slots["momentum_buffer"]!.ptr,
      p.size,
      fresh ? 1 : 0,
      nesterov ? 1 : 0,
      maximize ? 1 : 0,
      lr,
      momentum,
      dampening,
      weightDecay,
    );
  },
};

/**
 * Stochastic gradient descent. @throws RangeError for impossible options; Error for no parameters, or one that comes twice
 *
 * @example
 * const w = tensor([1], { requiresGrad: true });
 * const sgd = new optim.SGD([w], { lr: 0.1 });
 * w.square().sum().backward();
 * sgd.step();
 * w.item(); // 0.8
 */
export class SGD extends Optimizer<SGDOptions> {
  constructor(parameters: Parameters<SGDOptions>, options: Partial<SGDOptions> = {}) {
    super(rule, parameters, options);
  }
}
