/** @file A character-level language model that reads one piece at a time and remembers. */

import { assign } from "../core/assign.ts";
import { noGrad } from "../core/autograd.ts";
import { BYTES } from "../core/dtype.ts";
import { scope } from "../core/lifetime.ts";
import { expectInteger, fail, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { buffer, type Module } from "../nn/module.ts";
import { loadBytes, type SessionSizes, toBytes } from "../nn/session-bytes.ts";
import { zeros } from "../ops/create.ts";
import { transpose, unsqueeze } from "../ops/shape.ts";
import { select, slice } from "../ops/slice.ts";
import type { CharLM, CharLMState } from "./char-lm.ts";

/** Characters that are read at once: their states take memory. */
const PIECE = 256;

/**
 * What `batch` independent texts have read so far. Dropout is off, and nothing is recorded for a backward pass.
 *
 *     const session = model.session();
 *     const logits = session.push(ids);                 // int32 [1, L] -> [1, V], for the next character
 */
export class CharLMSession {
  readonly #states: readonly Tensor[];
  readonly #modules: readonly Module[];

  /** @internal Use `model.session()`. */
  constructor(
    readonly model: CharLM,
    readonly batch: number,
  ) {
    expectInteger("session", "batch", batch, 1);
    const { numLayers, hiddenSize, dtype, plan } = model.recurrent;
    this.#modules = model.modules();
    this.#states = plan.states.map(() => buffer(zeros([numLayers, batch, hiddenSize], { dtype })));
  }

  /**
   * Reads the next characters of every text.
   *
   * @param ids int32 [B, L], or [B] for one character each
   * @returns the logits for what follows, [B, V]
   * @throws RangeError when the shape does not fit, or an id is not in the vocabulary; nothing changes
   */
  push(ids: Tensor): Tensor {
    expectTensor("session", "ids", ids);
    const L = ids.ndim === 1 ? 1 : (ids.shape[1] ?? 0);
    if (ids.ndim < 1 || ids.ndim > 2 || ids.shape[0] !== this.batch || L === 0) {
      fail("session", "ids", `to be [${this.batch}] or [${this.batch}, L]`, show(ids.shape));
    }
    const training = this.#modules.filter((module) => module.training);
    for (const module of training) module.training = false;
    try {
      return scope(() => noGrad(() => this.#read(ids, L)));
    } finally {
      for (const module of training) module.training = true;
    }
  }

  #read(ids: Tensor, L: number): Tensor {
    const rows = transpose(ids.ndim === 1 ? unsqueeze(ids, 1) : ids, 0, 1); // [L, B]
    let state: CharLMState = this.#states;
    let logits: Tensor | undefined;
    for (let at = 0; at < L; at += PIECE) {
      ({ logits, state } = scope(() => {
        const next = this.model.forward(slice(rows, 0, at, at + PIECE), state);
        return { logits: select(next.logits, 0, -1), state: next.state };
      }));
    }
    this.#states.forEach((s, i) => assign(s, state[i]!));
    return logits!;
  }

  /** Lets text b go on from what text rows[b] has read. */
  select(rows: readonly number[]): this {
    if (rows.length !== this.batch) {
      fail("session", "rows", `to be ${this.batch}`, String(rows.length));
    }
    this.#expectRows(rows);
    this.#eachRow((row, b, states) => row.set(states[rows[b]!]!));
    return this;
  }

  /**
   * Starts over.
   *
   * @param rows which texts of the batch; default all
   */
  reset(rows: readonly number[] = [...Array(this.batch).keys()]): this {
    this.#expectRows(rows);
    this.#eachRow((row, b) => rows.includes(b) && row.fill(0));
    return this;
  }

  #expectRows(rows: readonly number[]): void {
    for (const row of rows) {
      expectInteger("session", "each row", row);
      if (row >= this.batch) fail("session", "each row", `to be below ${this.batch}`, String(row));
    }
  }

  /** Calls `f` for each text in each layer of each state, with what all texts had before. */
  #eachRow(f: (row: Float32Array, b: number, before: readonly Float32Array[]) => unknown): void {
    for (const state of this.#states) {
      const [layers, B, H] = state.shape as [number, number, number];
      const all = state.view() as Float32Array; // or a Float64Array: they are used alike
      for (let l = 0; l < layers; l++) {
        const rows = Array.from({ length: B }, (_, b) =>
          all.subarray((l * B + b) * H).subarray(0, H),
        );
        const before = rows.map((row) => row.slice());
        rows.forEach((row, b) => f(row, b, before));
      }
    }
  }

  /** The states, not the parameters, as bytes. */
  toBytes(): Uint8Array {
    return toBytes(this.#sizes(), this.#states);
  }

  /**
   * Goes on from what `toBytes` gave.
   *
   * @throws RangeError for bytes that are not those of a session of this batch with a model of these sizes; nothing changes
   */
  load(bytes: Uint8Array): this {
    loadBytes(bytes, this.#sizes(), this.#states);
    return this;
  }

  #sizes(): SessionSizes {
    const { gates, numLayers: layers, hiddenSize, dtype } = this.model.recurrent;
    const widths = this.#states.map(() => hiddenSize);
    return { gates, bytes: BYTES[dtype], batch: this.batch, layers, widths };
  }

  /** Frees the states. */
  free(): void {
    for (const s of this.#states) s.free();
  }
}
