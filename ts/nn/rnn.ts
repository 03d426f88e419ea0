import { fail } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { rnnCell } from "../ops/cells.ts";
import { type LayerResult, rnnLayer } from "../ops/recurrent-layer.ts";
import type { PackedSequence } from "./packed-sequence.ts";
import { type Layer, Recurrent } from "./recurrent.ts";
import type { RecurrentOptions } from "./recurrent-options.ts";
import { type LayerTrace, trace } from "./trace.ts";

/** Options of `RNN`. */
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
 * @throws RangeError or TypeError for impossible sizes and options
 *
 * @example
 * const [output, h] = new nn.RNN(3, 5).forward(zeros([7, 2, 3]));
 * [output.shape, h.shape]; // [[7, 2, 5], [1, 2, 5]]
 */
export class RNN extends Recurrent {
  readonly nonlinearity: "tanh" | "relu";

  constructor(inputSize: number, hiddenSize: number, options: number | RNNOptions = {}) {
    const { nonlinearity = "tanh" } = typeof options === "number" ? {} : options;
    expectNonlinearity("RNN", nonlinearity);
    super(inputSize, hiddenSize, { gates: 1, states: ["h"], own: ["nonlinearity"] }, options);
    this.nonlinearity = nonlinearity;
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
    const { nonlinearity } = this;
    return rnnLayer(x, initial, this.weights(suffix), { ...options, nonlinearity });
  }

  /**
   * What goes on inside: every hidden value of every unit at every step. Nothing is dropped or recorded.
   *
   * @param input as in `forward` @param h0 as in `forward`
   * @returns     for each layer, and each direction in it, h: [T, B, H], [B, T, H] with batchFirst, [T, H], or
   *              packed as the input
   */
  trace<X extends Tensor | PackedSequence>(input: X, h0?: Tensor): LayerTrace<"h", X>[] {
    const { nonlinearity } = this;
    return trace(this, input, [h0], (xt, [h], suffix) => ({
      h: rnnCell(xt, h!, this.weights(suffix), { nonlinearity }),
    }));
  }
}

/** @internal */
export function expectNonlinearity(where: string, value: unknown): void {
  if (value === "tanh" || value === "relu") return;
  fail(where, "nonlinearity", 'to be "tanh" or "relu"', String(value));
}
