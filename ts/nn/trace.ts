/** @file What goes on inside a recurrent net, by its cell in plain ops. */

import { noGrad } from "../core/autograd.ts";
import { scope } from "../core/lifetime.ts";
import type { Tensor } from "../core/tensor.ts";
import { zeroStates } from "../ops/composite.ts";
import { concat, stack } from "../ops/join.ts";
import { unroll } from "../ops/unroll.ts";
import type { PackedSequence } from "./packed-sequence.ts";
import type { Recurrent, Suffix } from "./recurrent.ts";
import { layoutOf } from "./sequence-layout.ts";

/** What one layer did in one direction: tensors [T, B, H], or packed, by the letters of the equations. */
export type LayerTrace<Letter extends string, X = Tensor> = { suffix: Suffix } & Record<Letter, X>;

/** @internal @param step one step of one layer: every value by its letter, the states among them */
export function trace<Letter extends string, X extends Tensor | PackedSequence>(
  net: Recurrent,
  input: X,
  given: readonly (Tensor | undefined)[],
  step: (xt: Tensor, states: readonly Tensor[], suffix: Suffix) => Record<Letter, Tensor>,
): LayerTrace<Letter, X>[] {
  return scope(() =>
    noGrad(() => {
      const { output } = layoutOf(net.constructor.name, input, net);
      const layers: LayerTrace<Letter, X>[] = [];
      const layer: Recurrent["layer"] = (x, states, suffix, options) => {
        const steps: Record<string, Tensor>[] = [];
        const initial = zeroStates(
          x,
          net.plan.states.map((_, i) => states[i]),
          net.weights(suffix),
          options,
        );
        const result = unroll(
          x,
          initial,
          (xt, states) => {
            const values: Record<string, Tensor> = step(xt, states, suffix);
            steps.push(values);
            return net.plan.states.map((letter) => values[letter]!);
          },
          options,
        );
        if (options.reverse) steps.reverse();
        const join = options.batchSizes ? concat : stack; // [Σ b_t, ·] or [T, B, ·]
        const all = Object.keys(steps[0]!).map(
          (letter) => [letter, output(join(steps.map((s) => s[letter]!)))] as const,
        );
        layers.push({ suffix, ...Object.fromEntries(all) } as LayerTrace<Letter, X>);
        return result;
      };
      net.run(input, given, { layer, training: false });
      return layers;
    }),
  );
}
