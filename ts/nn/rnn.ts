import type { Tensor } from "../core/tensor.ts";
import { rnn } from "../ops/recurrent.ts";
import { Recurrent, type RecurrentOptions } from "./recurrent.ts";

export interface RNNOptions extends RecurrentOptions {
  /** Default "tanh". */
  nonlinearity?: "tanh" | "relu";
}

/**
 * The simple recurrent net (Elman 1990).
 *
 *     h_t = tanh(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh)
 *
 * All parameters start from U(−1/√H, 1/√H). `new RNN(inputSize, hiddenSize, numLayers)` works as well.
 *
 * @throws RangeError for impossible sizes and options
 */
export class RNN extends Recurrent {
  readonly nonlinearity: "tanh" | "relu";

  constructor(inputSize: number, hiddenSize: number, options: number | RNNOptions = {}) {
    const { nonlinearity = "tanh" } = typeof options === "number" ? {} : options;
    if (nonlinearity !== "tanh" && nonlinearity !== "relu") {
      throw new RangeError(
        `RNN: expected nonlinearity "tanh" or "relu", got ${String(nonlinearity)}`,
      );
    }
    super(inputSize, hiddenSize, 1, options);
    this.nonlinearity = nonlinearity;
  }

  /**
   * @param input [T, B, inputSize], [B, T, inputSize] with batchFirst, or [T, inputSize]
   * @param h0    [numLayers · directions, B, H]; default zeros
   * @returns     the last layer's outputs [T, B, directions · H], and the final states, shaped as h0
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward(input: Tensor, h0?: Tensor): [output: Tensor, hn: Tensor] {
    const { output, final } = this.run(input, h0 ? { h0 } : {}, (x, [h], weights, reverse) => {
      const { hs, hn } = rnn(x, h, weights, { reverse, nonlinearity: this.nonlinearity });
      return { output: hs, final: [hn] };
    });
    return [output, final[0]!];
  }
}
