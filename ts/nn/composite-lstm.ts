/** @file What the LSTMs that no kernel fuses share: a step in plain ops, walked over the sequence. */

import type { Tensor } from "../core/tensor.ts";
import { rowsOf, zeroStates } from "../ops/composite.ts";
import type { LayerResult } from "../ops/recurrent-layer.ts";
import { unroll } from "../ops/unroll.ts";
import { expectPair, type LSTMState } from "./lstm.ts";
import type { PackedSequence } from "./packed-sequence.ts";
import { type Layer, Recurrent, type Suffix } from "./recurrent.ts";
import type { RecurrentOptions } from "./recurrent-options.ts";
import { type LayerTrace, trace } from "./trace.ts";

/** By the letters of the equations, [B, H] each: i, f and o after σ, g after tanh. */
export type LSTMValues = Record<"i" | "f" | "g" | "o" | "c" | "h", Tensor>;

export abstract class CompositeLSTM extends Recurrent {
  constructor(inputSize: number, hiddenSize: number, options: number | RecurrentOptions) {
    super(inputSize, hiddenSize, { gates: 4, states: ["h", "c"] }, options);
  }

  /** @param mask multiplies h where W_hh does */
  protected abstract step(
    xt: Tensor,
    states: readonly [h: Tensor, c: Tensor],
    suffix: Suffix,
    mask?: Tensor,
  ): LSTMValues;

  /** As `LSTM.forward`. */
  forward<X extends Tensor | PackedSequence>(
    input: X,
    state?: LSTMState,
  ): [output: X, state: [hn: Tensor, cn: Tensor]] {
    const { output, final } = this.run(input, expectPair(this.constructor.name, state));
    return [output, [final[0]!, final[1]!]];
  }

  /** @internal */
  layer(...[x, [h0, c0], suffix, options]: Parameters<Layer>): LayerResult {
    const initial = zeroStates(x, [h0, c0], this.weights(suffix), options);
    const step = (xt: Tensor, [h, c]: readonly Tensor[], b: number): Tensor[] => {
      const next = this.step(xt, [h!, c!], suffix, rowsOf(options.mask, b));
      return [next.h, next.c];
    };
    return unroll(x, initial, step, options);
  }

  /** As `LSTM.trace`. */
  trace<X extends Tensor | PackedSequence>(
    input: X,
    state?: LSTMState,
  ): LayerTrace<keyof LSTMValues, X>[] {
    return trace(this, input, expectPair(this.constructor.name, state), (xt, [h, c], suffix) =>
      this.step(xt, [h!, c!], suffix),
    );
  }
}
