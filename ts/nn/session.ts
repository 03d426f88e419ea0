/** @file A recurrent net that reads one step at a time and remembers. */

import { noGrad } from "../core/autograd.ts";
import { BYTES } from "../core/dtype.ts";
import { scope } from "../core/lifetime.ts";
import { expectInteger, fail, sameShape, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { zeros } from "../ops/create.ts";
import { stack } from "../ops/join.ts";
import { reshape } from "../ops/shape.ts";
import { buffer } from "./module.ts";
import type { Recurrent } from "./recurrent.ts";

/** "unrS", and the version of the format. */
const HEADER = [0x53726e75, 1] as const;

/**
 * The state of `batch` independent sequences, between one step and the next. Dropout is off, and nothing is recorded for
 * a backward pass.
 *
 *     const session = lstm.session();
 *     for (const x of stream) scope(() => use(session.push(x).data()));
 *     const bytes = session.toBytes();                 // to a file or a database
 *     lstm.session().load(bytes).push(next);           // elsewhere, later
 *
 * It sees changes of the net's parameters, and is freed by `free()` or with nobody left to hold it.
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
    for (const [l, states] of this.#states.entries()) {
      const { hs, final } = this.net.layer(xs, states, `l${l}`, {});
      states.forEach((s, i) => s.view().set(final[i]!.view()));
      xs = hs;
    }
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

  /** The states, not the parameters, as bytes. */
  toBytes(): Uint8Array {
    const head = new Uint8Array(Int32Array.from(this.#header()).buffer);
    const parts = this.#states.flat().map((s) => bytesOf(s));
    const bytes = new Uint8Array(parts.reduce((n, part) => n + part.length, head.length));
    bytes.set(head);
    let at = head.length;
    for (const part of parts) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /**
   * Goes on from what `toBytes` gave.
   *
   * @throws RangeError for bytes that are not those of a session of this batch with a net of these sizes; nothing changes
   */
  load(bytes: Uint8Array): this {
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(`session: expected bytes to be a Uint8Array, got ${typeof bytes}`);
    }
    const want = this.#header();
    const got = [
      ...new Int32Array(bytes.slice(0, 4 * Math.min(want.length, bytes.length >> 2)).buffer),
    ];
    if (!sameShape(got, want)) {
      const layout = "[magic, version, gates, bytes a number, batch, layers, ...widths]";
      fail("session", "the bytes", `to begin with ${layout} = ${show(want)}`, show(got));
    }
    const states = this.#states.flat();
    const total = states.reduce((n, s) => n + s.storage.bytes, 4 * want.length);
    if (bytes.length !== total) fail("session", "bytes", `to be ${total}`, String(bytes.length));
    let at = 4 * want.length;
    for (const s of states) {
      const own = bytesOf(s);
      own.set(bytes.subarray(at, (at += own.length)));
    }
    return this;
  }

  /** What must be the same on both sides. */
  #header(): number[] {
    const { plan, numLayers, dtype } = this.net;
    const widths = this.#states[0]!.map((s) => s.shape[1]!);
    return [...HEADER, plan.gates, BYTES[dtype], this.batch, numLayers, ...widths];
  }

  /** Frees the states. */
  free(): void {
    for (const s of this.#states.flat()) s.free();
  }
}

/** A window: good until the next allocation. */
function bytesOf(t: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = t.view();
  return new Uint8Array(buffer, byteOffset, byteLength);
}
