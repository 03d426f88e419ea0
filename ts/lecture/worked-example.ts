/** @file The exercise with θ₁ = 1, θ₂ = 0, z₀ = 0. */

import { linearRnn } from "../theory/index.ts";
import { linearRnnFrames } from "../viz/linear-rnn.ts";
import type { Exhibit, Verdict } from "./exhibit.ts";
import { below, exactly } from "./measure.ts";

const SLIDE = { theta1: 1, theta2: 0, z0: 0, x: [0, 1], y: [1, 3] };
/** On the slide x₁ = z₀ = z₁ = θ₂ = 0, so that no gradient goes through time; here it does. */
const THROUGH_TIME = { theta1: 2, theta2: 0.5, z0: 1, x: [1, -1], y: [1, 3] };

export const exhibit: Exhibit = {
  id: "example",
  title: "RNN example with backprop",
  statement:
    "A linear recurrent net with θ₁ = 1, θ₂ = 0, z₀ = 0 reads x = (0, 1); y = (1, 3). What is the gradient of the loss with " +
    "respect to θ₁? Unroll the net in time, to obtain a feed-forward net with two loss nodes. (The slide's drawing is lost; " +
    "this net is a reconstruction, the likeliest of those that fit the text.)",
  run({ progress }) {
    const verdicts: Verdict[] = [];
    for (const dtype of ["float64", "float32"] as const) {
      const slide = linearRnn({ ...SLIDE, dtype });
      const second = linearRnn({ ...THROUGH_TIME, dtype });
      verdicts.push(
        exactly(`∂L/∂θ₁, in ${dtype}`, -4, slide.dtheta1),
        exactly(`second example, ∂L/∂θ₁, in ${dtype}`, 6.75, second.dtheta1),
        exactly(`second example, ∂L/∂θ₂, in ${dtype}`, -19.5, second.dtheta2),
      );
    }
    const slide = linearRnn(SLIDE);
    verdicts.unshift(
      exactly("z₁", 0, slide.z[0]!),
      exactly("z₂", 1, slide.z[1]!),
      exactly("the first loss node", 1, slide.losses[0]!),
      exactly("the second loss node", 4, slide.losses[1]!),
      exactly("L, their sum", 5, slide.loss),
    );
    for (const [loss, name, want] of [
      ["half", "½ Σ r²", -2],
      ["mean", "the mean of r²", -2],
      ["l1norm", "Σ |r|", -1],
      ["l2norm", "√Σ r²", -2 / Math.sqrt(5)],
    ] as const) {
      const { dtheta1 } = linearRnn({ ...SLIDE, loss });
      verdicts.push(below(`with ${name} it is ${Number(want.toFixed(6))}; off by`, 1e-15, Math.abs(dtheta1 - want))); // prettier-ignore
    }
    const { dtheta1, dtheta2, copies } = linearRnn(THROUGH_TIME);
    verdicts.push(
      exactly("second example: the sum over the untied copies of θ₁", dtheta1, total(copies.dtheta1)), // prettier-ignore
      exactly("second example: the sum over the untied copies of θ₂", dtheta2, total(copies.dtheta2)), // prettier-ignore
    );
    progress(1);
    return {
      verdicts,
      pictures: [
        {
          caption: "The slide's numbers, step by step: values in black, gradients in red.",
          frames: linearRnnFrames({ ...SLIDE, result: slide }),
        },
        {
          caption: "The second example, whose gradients do go through time.",
          frames: linearRnnFrames({ ...THROUGH_TIME, result: linearRnn(THROUGH_TIME) }),
        },
      ],
    };
  },
};

const total = (xs: readonly number[]): number => xs.reduce((a, b) => a + b);
