import type { FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import { silu } from "../ops/activation.ts";
import { mul } from "../ops/arithmetic.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";

/** Options of `SwiGLU`. */
export interface SwiGLUOptions {
  /** Whether the three layers have biases. Default false. */
  bias?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws the initial values. Default: the global one. */
  generator?: Generator;
}

/**
 * A gated feed-forward net: y = W₂ (silu(W₁ x) ⊙ W₃ x) (Shazeer 2020).
 *
 * Its layers have LLaMA's own names: w1 (the gate, dModel to hidden), w2 (back) and w3 (what is gated); Hugging Face calls
 * them gate_proj, down_proj and up_proj. 2/3 of a plain net's width costs as much as that net.
 */
export class SwiGLU extends Module {
  readonly w1: Linear;
  readonly w2: Linear;
  readonly w3: Linear;

  constructor(
    readonly dModel: number,
    readonly hidden: number,
    { bias = false, ...rest }: SwiGLUOptions = {},
  ) {
    super();
    this.w1 = new Linear(dModel, hidden, { bias, ...rest });
    this.w2 = new Linear(hidden, dModel, { bias, ...rest });
    this.w3 = new Linear(dModel, hidden, { bias, ...rest });
  }

  /** @param x [..., dModel] @returns [..., dModel] */
  forward(x: Tensor): Tensor {
    return this.w2.forward(mul(silu(this.w1.forward(x)), this.w3.forward(x)));
  }
}
