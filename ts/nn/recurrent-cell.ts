/** @file What RNNCell, LSTMCell and GRUCell share: one step of a net, for loops of one's own. */

import { type FloatDType, isFloat } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { expectInteger, fail, sameShape, show } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import type { Weights } from "../ops/cells.ts";
import { reshape } from "../ops/shape.ts";
import { uniform } from "./init.ts";
import { Module, parameter } from "./module.ts";
import { expectKnown } from "./recurrent-options.ts";

/** Options of `LSTMCell` and `GRUCell`. */
export interface CellModuleOptions {
  /** Whether there are b_ih and b_hh. Default true. */
  bias?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws initial values. Default: the global one. */
  generator?: Generator;
}

export abstract class RecurrentCell extends Module {
  readonly dtype: FloatDType;
  /** [G·H, D] */
  readonly weight_ih: Tensor;
  /** [G·H, H] */
  readonly weight_hh: Tensor;
  /** [G·H] */
  readonly bias_ih: Tensor | undefined;
  /** [G·H] */
  readonly bias_hh: Tensor | undefined;

  /**
   * @param gates G: how many blocks of H rows the weights have
   * @param own   the names of the options that this cell alone has
   */
  constructor(
    readonly inputSize: number,
    readonly hiddenSize: number,
    readonly gates: number,
    options: CellModuleOptions,
    own: readonly string[] = [],
  ) {
    super();
    const where = new.target.name;
    expectKnown(where, options, ["bias", "dtype", "generator", ...own]);
    const { bias = true, dtype = "float32", generator } = options;
    expectInteger(where, "inputSize", inputSize, 1);
    expectInteger(where, "hiddenSize", hiddenSize, 1);
    if (typeof bias !== "boolean") {
      throw new TypeError(`${where}: expected bias to be true or false, got ${String(bias)}`);
    }
    if (!isFloat(dtype)) fail(where, "dtype", 'to be "float32" or "float64"', String(dtype));
    this.dtype = dtype;
    const bound = 1 / Math.sqrt(hiddenSize);
    const draw = (...shape: number[]): Tensor =>
      parameter(uniform(empty(shape, dtype), -bound, bound, generator));
    const rows = gates * hiddenSize;
    this.weight_ih = draw(rows, inputSize);
    this.weight_hh = draw(rows, hiddenSize);
    this.bias_ih = bias ? draw(rows) : undefined;
    this.bias_hh = bias ? draw(rows) : undefined;
  }

  protected get weights(): Weights {
    return {
      w_ih: this.weight_ih,
      w_hh: this.weight_hh,
      b_ih: this.bias_ih,
      b_hh: this.bias_hh,
    };
  }

  /** The input as a sequence of one step, [1, B, D], the states as [B, H], and the way back for a result [B, H]. */
  protected prepare(
    input: Tensor,
    given: Readonly<Record<string, Tensor | undefined>>,
  ): { x: Tensor; states: (Tensor | undefined)[]; shaped: (result: Tensor) => Tensor } {
    const where = this.constructor.name;
    const { inputSize: D, hiddenSize: H } = this;
    expectTensor(where, "the input", input);
    const batch = input.shape.slice(0, -1);
    if ((input.ndim !== 1 && input.ndim !== 2) || input.shape.at(-1) !== D) {
      fail(where, "input", `[B, ${D}] or [${D}] (inputSize = ${D})`, show(input.shape));
    }
    for (const [name, t] of Object.entries({ input, ...given })) {
      if (t === undefined) continue;
      expectTensor(where, name, t);
      if (t !== input && !sameShape(t.shape, [...batch, H])) {
        fail(
          where,
          name,
          `to be ${show([...batch, H])}, as the input is ${show(input.shape)}`,
          show(t.shape),
        );
      }
      if (t.dtype !== this.dtype) {
        throw new TypeError(`${where}: expected ${name} to be ${this.dtype}, got ${t}`);
      }
    }
    const B = batch[0] ?? 1;
    return {
      x: reshape(input, [1, B, D]),
      states: Object.values(given).map((s) => s && reshape(s, [B, H])),
      shaped: (result) => reshape(result, [...batch, H]),
    };
  }
}
