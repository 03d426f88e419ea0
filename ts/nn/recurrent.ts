/** @file What recurrent nets share: parameters, layers, directions, initial states, dropout. */

import type { FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import type { Shape } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import type { Weights } from "../ops/cells.ts";
import type { CompositeOptions } from "../ops/composite.ts";
import { ones } from "../ops/create.ts";
import { dropout } from "../ops/dropout.ts";
import { concat, stack } from "../ops/join.ts";
import type { LayerResult } from "../ops/recurrent-layer.ts";
import { select } from "../ops/slice.ts";
import { uniform } from "./init.ts";
import { Module, parameter } from "./module.ts";
import type { PackedSequence } from "./packed-sequence.ts";
import { checkOptions, type RecurrentOptions, type RecurrentPlan } from "./recurrent-options.ts";
import { expectStates, layoutOf } from "./sequence-layout.ts";
import { Session } from "./session.ts";
import { variationalDropout } from "./variational-dropout.ts";

/** A layer's parameters in one direction end in this, as PyTorch's do. */
export type Suffix = `l${number}${"" | "_reverse"}`;

/** One layer in one direction over the whole sequence. */
export type Layer = (
  x: Tensor,
  states: readonly (Tensor | undefined)[],
  suffix: Suffix,
  options: CompositeOptions,
) => LayerResult;

export abstract class Recurrent extends Module {
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly variational: boolean;
  readonly recurrentDropout: number;
  readonly dtype: FloatDType;
  /** 0: h is not projected. */
  readonly projSize: number;
  /** @internal */
  readonly plan: RecurrentPlan;
  readonly #random: { generator?: Generator };

  /** PyTorch's names: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, weight_hr_l0, and the same with _reverse. */
  readonly [name: `${"weight" | "bias" | "norm"}_${string}_${Suffix}`]: Tensor;

  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    plan: RecurrentPlan,
    options: number | RecurrentOptions,
  ) {
    super();
    const given = checkOptions(new.target.name, inputSize, hiddenSize, plan, options);
    this.plan = plan;
    this.numLayers = given.numLayers;
    this.bias = given.bias;
    this.batchFirst = given.batchFirst;
    this.dropout = given.dropout;
    this.bidirectional = given.bidirectional;
    this.variational = given.variational;
    this.recurrentDropout = given.recurrentDropout;
    this.projSize = plan.projSize ?? 0;
    this.dtype = given.dtype;
    this.#random = given.random;
    this.#drawWeights();
  }

  /** All from U(−1/√H, 1/√H), in PyTorch's order. */
  #drawWeights(): void {
    const [G, H, P] = [this.plan.gates, this.hiddenSize, this.outputSize];
    for (const [k, suffix] of this.suffixes.entries()) {
      const D = k < this.directions ? this.inputSize : this.directions * P;
      this.draw(`weight_ih_${suffix}`, [G * H, D]);
      this.draw(`weight_hh_${suffix}`, [G * H, P]);
      if (this.bias) this.draw(`bias_ih_${suffix}`, [G * H]);
      if (this.bias) this.draw(`bias_hh_${suffix}`, [G * H]);
      if (this.projSize > 0) this.draw(`weight_hr_${suffix}`, [P, H]);
    }
  }

  /** Adds a parameter from U(−1/√H, 1/√H). */
  protected draw(name: string, shape: Shape): void {
    const bound = 1 / Math.sqrt(this.hiddenSize);
    this.define(name, uniform(empty(shape, this.dtype), -bound, bound, this.#random.generator));
  }

  protected define(name: string, t: Tensor): void {
    Object.defineProperty(this, name, { value: parameter(t), enumerable: true });
  }

  /** G: how many blocks of H rows the weights have. */
  get gates(): number {
    return this.plan.gates;
  }

  /** How wide an output is in one direction: P, or H. */
  get outputSize(): number {
    return this.projSize || this.hiddenSize;
  }

  /** @internal */
  get directions(): 1 | 2 {
    return this.bidirectional ? 2 : 1;
  }

  /** @internal All layers and directions, in the order of the states: l0, l0_reverse, l1, ... */
  get suffixes(): Suffix[] {
    return Array.from({ length: this.numLayers }, (_, l): Suffix[] =>
      this.bidirectional ? [`l${l}`, `l${l}_reverse`] : [`l${l}`],
    ).flat();
  }

  /** @internal The parameters that all have, of a layer in one direction. */
  weights(suffix: Suffix): Weights {
    return {
      w_ih: this[`weight_ih_${suffix}`]!,
      w_hh: this[`weight_hh_${suffix}`]!,
      b_ih: this[`bias_ih_${suffix}`],
      b_hh: this[`bias_hh_${suffix}`],
      w_hr: this[`weight_hr_${suffix}`],
    };
  }

  /**
   * @internal One layer in one direction, from states [B, ·], where undefined is zeros.
   *
   * @param x [T, B, D], or [Σ b_t, D] with options.batchSizes
   */
  abstract layer(...args: Parameters<Layer>): LayerResult;

  /** @internal All layers and directions. States are [numLayers · directions, B, ·], without B for an unbatched input. */
  run<X extends Tensor | PackedSequence>(
    input: X,
    given: readonly (Tensor | undefined)[],
    { layer = this.layer.bind(this) as Layer, training = this.training } = {},
  ): { output: X; final: Tensor[] } {
    const layout = layoutOf(this.constructor.name, input, this);
    expectStates(this.constructor.name, given, this, layout);
    const states = given.map((s) => s && layout.enter(s)); // [L · directions, B, ·]
    const { batchSizes } = layout;
    const finals: (readonly Tensor[])[] = [];
    let { x } = layout;
    for (let l = 0; l < this.numLayers; l++) {
      if (l > 0 && training && this.dropout > 0) x = this.#dropOutputs(x, batchSizes);
      const suffixes = this.suffixes.slice(l * this.directions, (l + 1) * this.directions);
      const outputs = suffixes.map((suffix, d) => {
        const initial = states.map((s) => s && select(s, 0, l * this.directions + d));
        const mask = training && this.recurrentDropout > 0 ? this.#drawMask(layout.B) : undefined;
        const { hs, final } = layer(x, initial, suffix, { reverse: d === 1, batchSizes, mask });
        finals.push(final);
        return hs;
      });
      x = outputs.length === 1 ? outputs[0]! : concat(outputs, -1); // [T, B, directions · P]
    }
    return {
      output: layout.output(x) as X, // packed if the input was
      final: finals[0]!.map((_, i) => layout.leave(stack(finals.map((f) => f[i]!)))),
    };
  }

  #dropOutputs(x: Tensor, batchSizes: readonly number[] | undefined): Tensor {
    const options = { p: this.dropout, ...this.#random };
    return this.variational ? variationalDropout(x, batchSizes, options) : dropout(x, options);
  }

  /** [B, P], for all steps. */
  #drawMask(B: number): Tensor {
    const all = ones([B, this.outputSize], { dtype: this.dtype });
    return dropout(all, { p: this.recurrentDropout, ...this.#random });
  }

  /**
   * Reads one step at a time: see `Session`.
   *
   * @param options batch: how many independent sequences are read side by side; default 1
   * @throws Error for a bidirectional net, which must know the end before it begins
   */
  session({ batch = 1 }: { batch?: number } = {}): Session {
    return new Session(this, batch);
  }
}
