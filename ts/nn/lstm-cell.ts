import type { Tensor } from "../core/tensor.ts";
import { lstm } from "../ops/recurrent.ts";
import { expectPair, type LSTMState } from "./lstm.ts";
import { type CellModuleOptions, RecurrentCell } from "./recurrent-cell.ts";

/**
 * One step of an `LSTM`: see there. All parameters start from U(−1/√H, 1/√H).
 *
 * @throws RangeError or TypeError for impossible sizes and options
 *
 * @example
 * const cell = new nn.LSTMCell(3, 5);
 * const [h, c] = cell.forward(zeros([2, 3]));
 * [h.shape, c.shape]; // [[2, 5], [2, 5]]
 */
export class LSTMCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellModuleOptions = {}) {
    super(inputSize, hiddenSize, 4, options);
  }

  /**
   * @param input [B, inputSize] or [inputSize]
   * @param state h and c, [B, H] or [H] each; default zeros
   * @returns     h' and c', shaped as h and c
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward(input: Tensor, state?: LSTMState): [h: Tensor, c: Tensor] {
    const [h, c] = expectPair("LSTMCell", state);
    const { x, states, shaped } = this.prepare(input, { h, c });
    const { hn, cn } = lstm(x, states[0], states[1], this.weights);
    return [shaped(hn), shaped(cn)];
  }
}
