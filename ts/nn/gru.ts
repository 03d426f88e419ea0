import type { Tensor } from "../core/tensor.ts";
import { gruStep } from "../ops/cells.ts";
import { type LayerResult, gruLayer } from "../ops/recurrent-layer.ts";
import type { PackedSequence } from "./packed-sequence.ts";
import { type Layer, Recurrent } from "./recurrent.ts";
import type { RecurrentOptions } from "./recurrent-options.ts";
import { type LayerTrace, trace } from "./trace.ts";

/** Options of `GRU`. */
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
 * @throws RangeError or TypeError for impossible sizes and options
 *
 * @example
 * const [output, h] = new nn.GRU(3, 5, { batchFirst: true }).forward(zeros([2, 7, 3]));
 * [output.shape, h.shape]; // [[2, 7, 5], [1, 2, 5]]
 */
export class GRU extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: number | GRUOptions = {}) {
    super(inputSize, hiddenSize, { gates: 3, states: ["h"] }, options);
  }

  /**
   * @param input [T, B, inputSize], [B, T, inputSize] with batchFirst, [T, inputSize], or packed
   * @param h0    [numLayers · directions, B, H]; default zeros
   * @returns     the last layer's outputs [T, B, directions · H], packed if the input was, and the final states, shaped
   *              as h0
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward<X extends Tensor | PackedSequence>(input: X, h0?: Tensor): [output: X, hn: Tensor] {
    const { output, final } = this.run(input, [h0]);
    return [output, final[0]!];
  }

  /** @internal */
  layer(...[x, initial, suffix, options]: Parameters<Layer>): LayerResult {
    return gruLayer(x, initial, this.weights(suffix), options);
  }

  /**
   * What goes on inside: every gate and hidden value of every unit at every step. Nothing is dropped or recorded.
   *
   * @param input as in `forward` @param h0 as in `forward`
   * @returns     for each layer, and each direction in it, r, z (after σ), n (after tanh) and h: [T, B, H], [B, T, H]
   *              with batchFirst, [T, H], or packed as the input
   */
  trace<X extends Tensor | PackedSequence>(
    input: X,
    h0?: Tensor,
  ): LayerTrace<"r" | "z" | "n" | "h", X>[] {
    return trace(this, input, [h0], (xt, [h], suffix) => gruStep(xt, h!, this.weights(suffix)));
  }
}
