import type { Tensor } from "../core/tensor.ts";
import { rnn } from "../ops/recurrent.ts";
import { type CellModuleOptions, RecurrentCell } from "./recurrent-cell.ts";
import { expectNonlinearity } from "./rnn.ts";

/** Options of `RNNCell`. */
export interface RNNCellOptions extends CellModuleOptions {
  /** Default "tanh". */
  nonlinearity?: "tanh" | "relu";
}

/**
 * One step of an `RNN`.
 *
 *     h' = tanh(W_ih x + b_ih + W_hh h + b_hh)
 *
 * All parameters start from U(−1/√H, 1/√H).
 *
 * @throws RangeError or TypeError for impossible sizes and options
 *
 * @example
 * new nn.RNNCell(3, 5, { nonlinearity: "relu" }).forward(zeros([2, 3])).shape; // [2, 5]
 */
export class RNNCell extends RecurrentCell {
  readonly nonlinearity: "tanh" | "relu";

  constructor(inputSize: number, hiddenSize: number, options: RNNCellOptions = {}) {
    const { nonlinearity = "tanh" } = options;
    expectNonlinearity("RNNCell", nonlinearity);
    super(inputSize, hiddenSize, 1, options, ["nonlinearity"]);
    this.nonlinearity = nonlinearity;
  }

  /**
   * @param input [B, inputSize] or [inputSize]
   * @param h     [B, H] or [H]; default zeros
   * @returns     h', shaped as h
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward(input: Tensor, h?: Tensor): Tensor {
    const { x, states, shaped } = this.prepare(input, { h });
    return shaped(rnn(x, states[0], this.weights, { nonlinearity: this.nonlinearity }).hn);
  }
}
