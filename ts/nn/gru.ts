import type { Tensor } from "../core/tensor.ts";
import { gru } from "../ops/recurrent.ts";
import { Recurrent, type RecurrentOptions } from "./recurrent.ts";

export type GRUOptions = RecurrentOptions;

/**
 * The gated recurrent unit (Cho et al. 2014), with the reset gate after the product as in PyTorch.
 *
 *     r, z = σ(W_i{r,z} x_t + b_i{r,z} + W_h{r,z} h_{t−1} + b_h{r,z})
 *     n    = tanh(W_in x_t + b_in + r ⊙ (W_hn h_{t−1} + b_hn))
 *     h_t  = (1 − z) ⊙ n + z ⊙ h_{t−1}
 *
 * All parameters start from U(−1/√H, 1/√H). `new GRU(inputSize, hiddenSize, numLayers)` works as well.
 *
 * @throws RangeError for impossible sizes and options
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: number | GRUOptions = {}) {
    super(inputSize, hiddenSize, 3, options);
  }

  /**
   * @param input [T, B, inputSize], [B, T, inputSize] with batchFirst, or [T, inputSize]
   * @param h0    [numLayers · directions, B, H]; default zeros
   * @returns     the last layer's outputs [T, B, directions · H], and the final states, shaped as h0
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward(input: Tensor, h0?: Tensor): [output: Tensor, hn: Tensor] {
    const { output, final } = this.run(input, h0 ? { h0 } : {}, (x, [h], weights, reverse) => {
      const { hs, hn } = gru(x, h, weights, { reverse });
      return { output: hs, final: [hn] };
    });
    return [output, final[0]!];
  }
}
