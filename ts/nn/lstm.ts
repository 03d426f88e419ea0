import type { Tensor } from "../core/tensor.ts";
import { lstmStep } from "../ops/cells.ts";
import { type LayerResult, lstmLayer } from "../ops/recurrent-layer.ts";
import type { PackedSequence } from "./packed-sequence.ts";
import { type Layer, Recurrent } from "./recurrent.ts";
import type { RecurrentOptions } from "./recurrent-options.ts";
import { trace, type LayerTrace } from "./trace.ts";

/** Options of `LSTM`. */
export interface LSTMOptions extends RecurrentOptions {
  /** P < H: each h is projected to P numbers, h_t = W_hr (σ(o) ⊙ tanh(c_t)). Default 0: it is not. */
  projSize?: number;
}

/** What an LSTM carries from step to step. */
export type LSTMState = readonly [h: Tensor, c: Tensor];

/**
 * Long short-term memory (Hochreiter & Schmidhuber 1997, with the forget gate of Gers et al. 2000; projections: Sak,
 * Senior & Beaufays 2014).
 *
 *     i, f, g, o = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh
 *     c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(g)
 *     h_t = σ(o) ⊙ tanh(c_t)
 *
 * Parameters, their order of gates (i, f, g, o) and their start, U(−1/√H, 1/√H), are PyTorch's.
 * `new LSTM(inputSize, hiddenSize, numLayers)` works as well.
 *
 * @throws RangeError or TypeError for impossible sizes and options
 *
 * @example
 * const lstm = new nn.LSTM(3, 5, { numLayers: 2, bidirectional: true });
 * const [output, [h, c]] = lstm.forward(zeros([7, 2, 3]));
 * [output.shape, h.shape, c.shape]; // [[7, 2, 10], [4, 2, 5], [4, 2, 5]]
 */
export class LSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: number | LSTMOptions = {}) {
    const { projSize = 0 } = typeof options === "number" ? {} : options;
    const plan = { gates: 4, states: ["h", "c"], own: ["projSize"], projSize } as const;
    super(inputSize, hiddenSize, plan, options);
  }

  /**
   * @param input [T, B, inputSize], [B, T, inputSize] with batchFirst, [T, inputSize], or packed
   * @param state h0 [numLayers · directions, B, H or P] and c0 [numLayers · directions, B, H]; default zeros
   * @returns     the last layer's outputs [T, B, directions · H or P], packed if the input was, and the final h and c,
   *              shaped as h0 and c0
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward<X extends Tensor | PackedSequence>(
    input: X,
    state?: LSTMState,
  ): [output: X, state: [hn: Tensor, cn: Tensor]] {
    const { output, final } = this.run(input, expectPair("LSTM", state));
    return [output, [final[0]!, final[1]!]];
  }

  /** @internal */
  layer(...[x, initial, suffix, options]: Parameters<Layer>): LayerResult {
    return lstmLayer(x, initial, this.weights(suffix), options);
  }

  /**
   * What goes on inside: every gate, cell and hidden value of every unit at every step. Nothing is dropped or recorded.
   *
   * @param input as in `forward` @param state as in `forward`
   * @returns     for each layer, and each direction in it, i, f, o (after σ), g (after tanh), c and h: [T, B, H],
   *              [B, T, H] with batchFirst, [T, H], or packed as the input
   */
  trace<X extends Tensor | PackedSequence>(
    input: X,
    state?: LSTMState,
  ): LayerTrace<"i" | "f" | "g" | "o" | "c" | "h", X>[] {
    return trace(this, input, expectPair("LSTM", state), (xt, [h, c], suffix) =>
      lstmStep(xt, [h!, c!], this.weights(suffix)),
    );
  }
}

/** @internal */
export function expectPair(where: string, state: LSTMState | undefined): readonly Tensor[] {
  if (state === undefined) return [];
  if (Array.isArray(state) && state.length === 2) return state as readonly Tensor[];
  throw new TypeError(`${where}: expected the state to be [h0, c0], two tensors`);
}
