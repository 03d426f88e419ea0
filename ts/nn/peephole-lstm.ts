import type { Tensor } from "../core/tensor.ts";
import { sigmoid, tanh } from "../ops/activation.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { blocks } from "../ops/cells.ts";
import { linear } from "../ops/linear.ts";
import { select } from "../ops/slice.ts";
import { CompositeLSTM, type LSTMValues } from "./composite-lstm.ts";
import type { Suffix } from "./recurrent.ts";
import type { RecurrentOptions } from "./recurrent-options.ts";

/**
 * An LSTM whose gates see the cell (Gers & Schmidhuber 2000; as in Graves 2013).
 *
 *     a   = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh, in blocks i, f, g, o
 *     i   = σ(a_i + w_ci ⊙ c_{t−1}), f = σ(a_f + w_cf ⊙ c_{t−1})
 *     c_t = f ⊙ c_{t−1} + i ⊙ tanh(a_g)
 *     o   = σ(a_o + w_co ⊙ c_t)
 *     h_t = o ⊙ tanh(c_t)
 *
 * Options and parameters are the LSTM's, and weight_c_l0, [3, H]: w_ci, w_cf and w_co. All start from U(−1/√H, 1/√H).
 * Made of plain ops: slower than the LSTM, and differentiable any number of times.
 *
 * @throws RangeError or TypeError for impossible sizes and options
 *
 * @example
 * const [output] = new nn.PeepholeLSTM(3, 5).forward(zeros([7, 2, 3]));
 * output.shape; // [7, 2, 5]
 */
export class PeepholeLSTM extends CompositeLSTM {
  constructor(inputSize: number, hiddenSize: number, options: number | RecurrentOptions = {}) {
    super(inputSize, hiddenSize, options);
    for (const suffix of this.suffixes) this.draw(`weight_c_${suffix}`, [3, hiddenSize]);
  }

  protected step(
    xt: Tensor,
    [h, c]: readonly [h: Tensor, c: Tensor],
    suffix: Suffix,
    mask?: Tensor,
  ): LSTMValues {
    const { w_ih, w_hh, b_ih, b_hh } = this.weights(suffix);
    const fromState = linear(mask ? mul(h, mask) : h, w_hh, b_hh);
    const [ai, af, ag, ao] = blocks(add(linear(xt, w_ih, b_ih), fromState), 4);
    const [wi, wf, wo] = [0, 1, 2].map((k) => select(this[`weight_c_${suffix}`]!, 0, k));
    const i = sigmoid(add(ai!, mul(wi!, c)));
    const f = sigmoid(add(af!, mul(wf!, c)));
    const g = tanh(ag!);
    const cNext = add(mul(f, c), mul(i, g));
    const o = sigmoid(add(ao!, mul(wo!, cNext)));
    return { i, f, g, o, c: cNext, h: mul(o, tanh(cNext)) };
  }
}
