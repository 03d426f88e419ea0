import type { Tensor } from "../core/tensor.ts";
import { lstm } from "../ops/recurrent.ts";
import { Recurrent, type RecurrentOptions } from "./recurrent.ts";

export type LSTMOptions = RecurrentOptions;
export type LSTMState = readonly [h: Tensor, c: Tensor];

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000).
 *
 *     i, f, g, o = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
 *     c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(g)
 *     h_t = σ(o) ⊙ tanh(c_t)
 *
 * Parameters, their order of gates (i, f, g, o) and their start, U(−1/√H, 1/√H), are PyTorch's.
 * `new LSTM(inputSize, hiddenSize, numLayers)` works as well.
 *
 * @throws RangeError for impossible sizes and options
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: number | LSTMOptions = {}) {
    super(inputSize, hiddenSize, 4, options);
  }

  /**
   * @param input [T, B, inputSize], [B, T, inputSize] with batchFirst, or [T, inputSize]
   * @param state h0 and c0, each [numLayers · directions, B, H]; default zeros
   * @returns     the last layer's outputs [T, B, directions · H], and the final h and c, shaped as h0 and c0
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward(input: Tensor, state?: LSTMState): [output: Tensor, state: [hn: Tensor, cn: Tensor]] {
    if (state !== undefined && (!Array.isArray(state) || state.length !== 2)) {
      throw new TypeError("LSTM: expected the state to be [h0, c0], two tensors");
    }
    const initial = state ? { h0: state[0] as Tensor, c0: state[1] as Tensor } : {};
    const { output, final } = this.run(input, initial, (x, [h, c], weights, reverse) => {
      const { hs, hn, cn } = lstm(x, h, c, weights, { reverse });
      return { output: hs, final: [hn, cn] };
    });
    return [output, [final[0]!, final[1]!]];
  }
}
