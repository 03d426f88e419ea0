/** @file What RNN, LSTM and GRU share: layers, directions, batch layout, initial states, dropout between layers. */

import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { expectInteger, expectNumber, expectShape, fail, type Shape, show } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { dropout } from "../ops/dropout.ts";
import { concat, stack } from "../ops/join.ts";
import { reshape, transpose } from "../ops/shape.ts";
import { select } from "../ops/slice.ts";
import type { Weights } from "../ops/cells.ts";
import { uniform } from "./init.ts";
import { Module, parameter } from "./module.ts";

export interface RecurrentOptions {
  /** Stacked layers, each over the outputs of the one below. Default 1. */
  numLayers?: number;
  /** Whether there are b_ih and b_hh. Default true. */
  bias?: boolean;
  /** Input and output are [B, T, ...] instead of [T, B, ...]; states are not affected. Default false. */
  batchFirst?: boolean;
  /** Probability of dropping an output of each layer but the last, in training. Default 0. */
  dropout?: number;
  /** A second net reads each layer's sequence backward; outputs are concatenated. Default false. */
  bidirectional?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws initial values and dropout masks. Default: the global one. */
  generator?: Generator;
}

/** One layer in one direction over the whole sequence: outputs [T, B, H], final states [B, H] each. */
export type Sequence = (
  x: Tensor,
  initial: readonly (Tensor | undefined)[],
  weights: Weights,
  reverse: boolean,
) => { output: Tensor; final: readonly Tensor[] };

export abstract class Recurrent extends Module {
  readonly numLayers: number;
  readonly bias: boolean;
  readonly batchFirst: boolean;
  readonly dropout: number;
  readonly bidirectional: boolean;
  readonly dtype: FloatDType;
  readonly #generator: Generator | undefined;

  /** PyTorch's names: weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0, and the same with _reverse. */
  readonly [name: `${"weight" | "bias"}_${"ih" | "hh"}_l${number}${"" | "_reverse"}`]: Tensor;

  /** @param gates how many blocks of H rows the weights have */
  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    gates: number,
    options: number | RecurrentOptions,
  ) {
    super();
    const where = new.target.name;
    const {
      numLayers = 1,
      bias = true,
      batchFirst = false,
      dropout = 0,
      bidirectional = false,
      dtype = "float32",
      generator,
    } = typeof options === "number" ? { numLayers: options } : options;
    this.numLayers = expectInteger(where, "numLayers", numLayers, 1);
    this.bias = bias;
    this.batchFirst = batchFirst;
    this.dropout = expectNumber(where, "dropout", dropout, 0, 1);
    this.bidirectional = bidirectional;
    this.dtype = dtype;
    this.#generator = generator;
    expectFloatDType(where, dtype);
    expectInteger(where, "inputSize", inputSize, 1);
    expectInteger(where, "hiddenSize", hiddenSize, 1);
    if (dropout > 0 && numLayers === 1) {
      console.warn(`${where}: dropout acts between layers, so with numLayers = 1 it does nothing`);
    }
    const bound = 1 / Math.sqrt(hiddenSize);
    const draw = (name: string, shape: Shape): void => {
      const t = parameter(uniform(empty(shape, dtype), -bound, bound, generator));
      Object.defineProperty(this, name, { value: t, enumerable: true });
    };
    const rows = gates * hiddenSize;
    for (let l = 0; l < numLayers; l++) {
      for (const suffix of this.#suffixes(l)) {
        draw(`weight_ih_${suffix}`, [rows, l === 0 ? inputSize : this.#directions * hiddenSize]);
        draw(`weight_hh_${suffix}`, [rows, hiddenSize]);
        if (!bias) continue;
        draw(`bias_ih_${suffix}`, [rows]);
        draw(`bias_hh_${suffix}`, [rows]);
      }
    }
  }

  get #directions(): 1 | 2 {
    return this.bidirectional ? 2 : 1;
  }

  #suffixes(layer: number): (`l${number}` | `l${number}_reverse`)[] {
    return this.bidirectional ? [`l${layer}`, `l${layer}_reverse`] : [`l${layer}`];
  }

  /** All layers and directions. States are [numLayers · directions, B, H], without B for an unbatched input. */
  protected run(
    input: Tensor,
    initial: Readonly<Record<string, Tensor>>,
    sequence: Sequence,
  ): { output: Tensor; final: Tensor[] } {
    const unbatched = this.#checkInput(input);
    this.#checkStates(input, initial, unbatched);
    const batched = (t: Tensor, axis: number): Tensor =>
      unbatched ? reshape(t, t.shape.toSpliced(axis, 0, 1)) : t;
    const swapped = this.batchFirst && !unbatched;

    let x = swapped ? transpose(input, 0, 1) : batched(input, 1); // [T, B, D]
    const states = Object.values(initial).map((s) => batched(s, 1)); // [L · directions, B, H]
    const finals: (readonly Tensor[])[] = [];
    for (let l = 0; l < this.numLayers; l++) {
      const outputs = this.#suffixes(l).map((suffix, d) => {
        const given = states.map((s) => select(s, 0, l * this.#directions + d));
        const { output, final } = sequence(x, given, this.#weights(suffix), d === 1);
        finals.push(final);
        return output;
      });
      x = outputs.length === 1 ? outputs[0]! : concat(outputs, 2); // [T, B, directions · H]
      if (l < this.numLayers - 1 && this.training && this.dropout > 0) {
        x = dropout(x, { p: this.dropout, ...(this.#generator && { generator: this.#generator }) });
      }
    }
    const unbatch = (t: Tensor): Tensor => (unbatched ? reshape(t, t.shape.toSpliced(1, 1)) : t);
    return {
      output: swapped ? transpose(x, 0, 1) : unbatch(x),
      final: finals[0]!.map((_, i) => unbatch(stack(finals.map((f) => f[i]!)))),
    };
  }

  #weights(suffix: `l${number}` | `l${number}_reverse`): Weights {
    return {
      w_ih: this[`weight_ih_${suffix}`]!,
      w_hh: this[`weight_hh_${suffix}`]!,
      b_ih: this[`bias_ih_${suffix}`],
      b_hh: this[`bias_hh_${suffix}`],
    };
  }

  #checkInput(input: Tensor): boolean {
    const where = this.constructor.name;
    expectTensor(where, "the input", input);
    const D = this.inputSize;
    const [layout, other] = this.batchFirst
      ? [`[B, T, ${D}]`, "Without batchFirst the axes are [T, B, D]"]
      : [`[T, B, ${D}]`, "With batchFirst: true the axes are [B, T, D]"];
    const { shape } = input;
    if ((shape.length !== 3 && shape.length !== 2) || shape.at(-1) !== D) {
      fail(where, "input", `${layout} or [T, ${D}] (inputSize = ${D})`, `${show(shape)}. ${other}`);
    }
    if (input.dtype !== this.dtype) {
      throw new TypeError(
        `${where}: expected a ${this.dtype} input, as the parameters are, got ${input}`,
      );
    }
    if (shape[shape.length === 3 && this.batchFirst ? 1 : 0] === 0) {
      fail(where, "the sequence", "to have at least one step", show(shape));
    }
    return shape.length === 2;
  }

  #checkStates(input: Tensor, states: Readonly<Record<string, Tensor>>, unbatched: boolean): void {
    const where = this.constructor.name;
    const rows = this.numLayers * this.#directions;
    const B = input.shape[this.batchFirst ? 0 : 1]!;
    const shape = unbatched ? [rows, this.hiddenSize] : [rows, B, this.hiddenSize];
    for (const [name, state] of Object.entries(states)) {
      expectTensor(where, name, state);
      expectShape(where, { [name]: state }, shape);
      if (state.dtype !== this.dtype) {
        throw new TypeError(`${where}: expected ${name} to be ${this.dtype}, got ${state}`);
      }
    }
  }
}
