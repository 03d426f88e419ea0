import type { Generator } from "../core/random.ts";
import { expectNumber } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { dropout } from "../ops/dropout.ts";
import { Module } from "./module.ts";

/**
 * Sets elements to 0 with probability p and scales the others by 1 / (1 − p), in training only (Srivastava et al. 2014).
 *
 * @param p default 0.5
 */
export class Dropout extends Module {
  readonly #generator: Generator | undefined;

  constructor(
    readonly p = 0.5,
    { generator }: { generator?: Generator } = {},
  ) {
    super();
    expectNumber("Dropout", "p", p, 0, 1);
    this.#generator = generator;
  }

  /** @param x any shape */
  forward(x: Tensor): Tensor {
    const { p, training } = this;
    return dropout(x, { p, training, ...(this.#generator && { generator: this.#generator }) });
  }
}
