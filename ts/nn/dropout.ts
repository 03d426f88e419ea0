import type { Generator } from "../core/random.ts";
import { expectNumber } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { dropout } from "../ops/dropout.ts";
import { Module } from "./module.ts";

/**
 * Sets elements to 0 with probability p and scales the others by 1 / (1 − p), in training only (Srivastava et al. 2014).
 *
 * @param p default 0.5
 *
 * @example
 * const dropout = new nn.Dropout(0.5);
 * dropout.eval();
 * dropout.forward(ones([2])).toArray(); // [1, 1]
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

  /** Drops each element with probability p while training; in evaluation it gives x itself. @param x any shape */
  forward(x: Tensor): Tensor {
    const { p, training } = this;
    return dropout(x, { p, training, ...(this.#generator && { generator: this.#generator }) });
  }
}
