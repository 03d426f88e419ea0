import type { Tensor } from "../core/tensor.ts";
import { sigmoid, tanh } from "../ops/activation.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { blocks } from "../ops/cells.ts";
import { ones, zeros } from "../ops/create.ts";
import { linear } from "../ops/linear.ts";
import { layerNorm } from "../ops/norm.ts";
import { CompositeLSTM, type LSTMValues } from "./composite-lstm.ts";
import type { Suffix } from "./recurrent.ts";
import type { RecurrentOptions } from "./recurrent-options.ts";

/**
 * An LSTM whose products and cell are normalised at every step (Ba, Kiros & Hinton 2016).
 *
 *     i, f, g, o = LN(W_ih x_t) ⊙ α_ih + b_ih + LN(W_hh h_{t−1}) ⊙ α_hh + b_hh
 *     c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(g)
 *     h_t = σ(o) ⊙ tanh(LN(c_t) ⊙ α_c + b_c)
 *
 * Options and parameters are the LSTM's, and norm_ih_l0 and norm_hh_l0 [4H] and norm_c_l0 [H], the α, which start at 1, and
 * bias_c_l0 [H], which starts at 0. Made of plain ops: slower than the LSTM, and differentiable any number of times.
 *
 * @throws RangeError or TypeError for impossible sizes and options
 *
 * @example
 * const [output] = new nn.LayerNormLSTM(3, 5).forward(zeros([7, 2, 3]));
 * output.shape; // [7, 2, 5]
 */
export class LayerNormLSTM extends CompositeLSTM {
  constructor(inputSize: number, hiddenSize: number, options: number | RecurrentOptions = {}) {
    super(inputSize, hiddenSize, options);
    const { dtype } = this;
    for (const suffix of this.suffixes) {
      this.define(`norm_ih_${suffix}`, ones([4 * hiddenSize], { dtype }));
      this.define(`norm_hh_${suffix}`, ones([4 * hiddenSize], { dtype }));
      this.define(`norm_c_${suffix}`, ones([hiddenSize], { dtype }));
      if (this.bias) this.define(`bias_c_${suffix}`, zeros([hiddenSize], { dtype }));
    }
  }

  protected step(
    xt: Tensor,
    [h, c]: readonly [h: Tensor, c: Tensor],
    suffix: Suffix,
    mask?: Tensor,
  ): LSTMValues {
    const { w_ih, w_hh, b_ih, b_hh } = this.weights(suffix);
    const norm = (a: Tensor, part: "ih" | "hh" | "c", b?: Tensor): Tensor =>
      layerNorm(a, [a.shape[1]!], this[`norm_${part}_${suffix}`], b);
    const fromInput = norm(linear(xt, w_ih), "ih", b_ih);
    const fromState = norm(linear(mask ? mul(h, mask) : h, w_hh), "hh", b_hh);
    const a = blocks(add(fromInput, fromState), 4);
    const [i, f, g, o] = [sigmoid(a[0]!), sigmoid(a[1]!), tanh(a[2]!), sigmoid(a[3]!)];
    const cNext = add(mul(f, c), mul(i, g));
    const normed = norm(cNext, "c", this[`bias_c_${suffix}`]);
    return { i, f, g, o, c: cNext, h: mul(o, tanh(normed)) };
  }
}
