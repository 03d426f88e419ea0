/** @file A recurrent net that reads one step at a time and remembers. */

import { assign } from "../core/assign.ts";
import { noGrad } from "../core/autograd.ts";
import { BYTES } from "../core/dtype.ts";
import { scope } from "../core/lifetime.ts";
import { expectInteger, expectShape, fail, sameShape, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { zeros } from "../ops/create.ts";
import { stack } from "../ops/join.ts";
import { reshape } from "../ops/shape.ts";
import { select } from "../ops/slice.ts";
import { buffer } from "./module.ts";
import type { Recurrent } from "./recurrent.ts";
import { loadBytes, type SessionSizes, toBytes } from "./session-bytes.ts";

/**
 * The state of `batch` independent sequences, between one step and the next. Dropout is off, and nothing is recorded for
 * a backward pass.
 *
 * It sees changes of the net's parameters, and is freed by `free()` or with nobody left to hold it.
 *
 * @example
 * const lstm = new nn.LSTM(3, 5);
 * const session = lstm.session();
 * for (let t = 0; t < 4; t++) session.push(zeros([1, 3])).free();
 * const bytes = session.toBytes(); // to a file or a database
 * lstm.session().load(bytes).push(zeros([1, 3])).shape; // [1, 5]
 */
export class Session {
  /** For each layer its states, [B, ·] each. */
  readonly #states: readonly (readonly Tensor[])[];

  /** @internal Use `net.session()`. */
  constructor(
    readonly net: Recurrent,
    readonly batch: number,
  ) {
    expectInteger("session", "batch", batch, 1);
    if (net.bidirectional) {
      throw new Error("session: a bidirectional net needs the whole sequence; use forward");
    }
    const { plan, outputSize, hiddenSize, dtype } = net;
    this.#states = Array.from({ length: net.numLayers }, () =>
      plan.states.map((_, i) =>
        buffer(zeros([batch, i === 0 ? outputSize : hiddenSize], { dtype })),
      ),
    );
  }

  /**
   * Reads the next step of every sequence.
   *
   * @param x [B, inputSize], or [inputSize] for a batch of one
   * @returns the last layer's output, [B, H] or [H]
   * @throws RangeError or TypeError when the shape or dtype does not fit
   */
  push(x: Tensor): Tensor {
    const { inputSize, dtype } = this.net;
    expectTensor("session", "x", x);
    const single = this.batch === 1 && x.ndim === 1;
    if (!sameShape(x.shape, single ? [inputSize] : [this.batch, inputSize])) {
      fail(
        "session",
        "x",
        `to be ${show([this.batch, inputSize])} (batch, inputSize)`,
        show(x.shape),
      );
    }
    if (x.dtype !== dtype) throw new TypeError(`session: expected x to be ${dtype}, got ${x}`);
    return scope(() => noGrad(() => this.#step(x, single)));
  }

  #step(x: Tensor, single: boolean): Tensor {
    let xs = reshape(x, [1, this.batch, this.net.inputSize]);
    const next = this.#states.map((states, l) => {
      const { hs, final } = this.net.layer(xs, states, `l${l}`, {});
      xs = hs;
      return final;
    });
    this.#states.forEach((states, l) => {
      states.forEach((s, i) => assign(s, next[l]![i]!));
    });
    return reshape(xs, single ? [xs.size] : [this.batch, xs.size / this.batch]);
  }

  /**
   * Starts over, with zeros.
   *
   * @param rows which sequences of the batch; default all
   */
  reset(rows: readonly number[] = [...Array(this.batch).keys()]): this {
    for (const row of rows) {
      expectInteger("session", "each row", row);
      if (row >= this.batch) fail("session", "each row", `to be below ${this.batch}`, String(row));
    }
    for (const s of this.#states.flat()) {
      const width = s.shape[1]!;
      for (const row of rows) s.view().fill(0, row * width, (row + 1) * width);
    }
    return this;
  }

  /** Copies of the states as `forward` takes and gives them: [numLayers, B, ·] each, such as h and c. */
  states(): Tensor[] {
    return this.net.plan.states.map((_, i) => stack(this.#states.map((layer) => layer[i]!)));
  }

  /**
   * Goes on from states such as `forward` gives: after a prompt that was read at once.
   *
   * @param states as `states()` gives them
   * @throws RangeError or TypeError when a shape or dtype does not fit; nothing changes
   */
  setStates(states: readonly Tensor[]): this {
    const { plan, dtype } = this.net;
    if (!Array.isArray(states) || states.length !== plan.states.length) {
      throw new TypeError(`session: expected an array of the states ${plan.states.join(", ")}`);
    }
    for (const [i, name] of plan.states.entries()) {
      const s: unknown = states[i];
      expectTensor("session", name, s);
      const own = this.#states.map((layer) => layer[i]!);
      expectShape("session", { [name]: s }, [own.length, ...own[0]!.shape]);
      if (s.dtype !== dtype) {
        throw new TypeError(`session: expected ${name} to be ${dtype}, got ${s}`);
      }
    }
    for (const [l, layer] of this.#states.entries()) {
      layer.forEach((s, i) => {
        assign(s, select(states[i]!.detach(), 0, l));
      });
    }
    return this;
  }

  /** The states, not the parameters, as bytes. */
  toBytes(): Uint8Array {
    return toBytes(this.#sizes(), this.#states.flat());
  }

  /**
   * Goes on from what `toBytes` gave.
   *
   * @throws RangeError for bytes that are not those of a session of this batch with a net of these sizes; nothing changes
   */
  load(bytes: Uint8Array): this {
    loadBytes(bytes, this.#sizes(), this.#states.flat());
    return this;
  }

  /** What must be the same on both sides. */
  #sizes(): SessionSizes {
    const { gates, numLayers: layers, dtype } = this.net;
    const widths = this.#states[0]!.map((s) => s.shape[1]!);
    return { gates, bytes: BYTES[dtype], batch: this.batch, layers, widths };
  }

  /** Frees the states. */
  free(): void {
    for (const s of this.#states.flat()) s.free();
  }
}
