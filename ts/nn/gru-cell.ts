import type { Tensor } from "../core/tensor.ts";
import { gru } from "../ops/recurrent.ts";
import { type CellModuleOptions, RecurrentCell } from "./recurrent-cell.ts";

/**
 * One step of a `GRU`: see there. All parameters start from U(−1/√H, 1/√H).
 *
 * @throws RangeError or TypeError for impossible sizes and options
 *
 * @example
 * new nn.GRUCell(3, 5).forward(zeros([2, 3])).shape; // [2, 5]
 */
export class GRUCell extends RecurrentCell {
  constructor(inputSize: number, hiddenSize: number, options: CellModuleOptions = {}) {
    super(inputSize, hiddenSize, 3, options);
  }

  /**
   * @param input [B, inputSize] or [inputSize]
   * @param h     [B, H] or [H]; default zeros
   * @returns     h', shaped as h
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward(input: Tensor, h?: Tensor): Tensor {
    const { x, states, shaped } = this.prepare(input, { h });
    return shaped(gru(x, states[0], this.weights).hn);
  }
}
