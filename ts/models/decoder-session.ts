/** @file A decoder that reads token by token and keeps the keys and values of what it has read. */

import { noGrad } from "../core/autograd.ts";
import { scope } from "../core/lifetime.ts";
import { expectInteger, fail, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import type { Module } from "../nn/module.ts";
import { tensor } from "../ops/create.ts";
import { indexSelect } from "../ops/indexing.ts";
import { reshape } from "../ops/shape.ts";
import { loadBytes, toBytes } from "./cache-bytes.ts";
import { type CacheSizes, KVCache, type LayerCache } from "./kv-cache.ts";

/** What a session needs of a model. */
export interface Decoder {
  sizes: CacheSizes;
  model: Module;
  /** The longest sequence. Default: there is none. */
  longest?: number;
  /** Keys and values of what the decoder answers, if it does: they stay. */
  memory?: KVCache;
  /** The states [B, L, D] of the next tokens, int32 [B, L], which stand at `positions`, int32 [B, L]. */
  read(ids: Tensor, positions: Tensor, cache: (layer: number) => LayerCache): Tensor;
  /** [B, D] to [B, V] */
  logits(x: Tensor): Tensor;
}

/** Options of `DecoderSession.push`. */
export interface PushOptions {
  /** How many of its tokens each sequence really has; the others are padding at the end. Default: all. */
  lengths?: readonly number[];
}

/**
 * What `batch` independent sequences have read so far. Dropout is off, and nothing is recorded for a backward pass.
 *
 *     const session = model.session();
 *     let logits = session.push(prompt);                // int32 [1, T] -> [1, V], for the next token
 *     logits = session.push(next);                      // int32 [1]: reads this one only
 *     const bytes = session.toBytes();                  // to a file or a database
 *
 * It sees changes of the model's parameters only in what it reads later, and is freed by `free()` or with nobody left to hold
 * it.
 */
export class DecoderSession {
  readonly #cache: KVCache;
  readonly #modules: readonly Module[];
  readonly #decoder: Decoder;

  /** @internal Use `model.session()`. */
  constructor(decoder: Decoder) {
    expectInteger("session", "batch", decoder.sizes.batch, 1);
    this.#decoder = decoder;
    this.#modules = decoder.model.modules();
    this.#cache = new KVCache(decoder.sizes);
  }

  /** How many sequences are read side by side. */
  get batch(): number {
    return this.#cache.sizes.batch;
  }

  /** How many tokens each sequence has read. */
  get lengths(): number[] {
    return this.#cache.lengths;
  }

  /**
   * Reads the next tokens of every sequence.
   *
   * @param ids int32 [B, L], or [B] for one token each
   * @returns the logits for what follows, [B, V]
   * @throws RangeError when the shape does not fit, an id is not in the vocabulary, or a sequence gets too long; nothing changes
   */
  push(ids: Tensor, { lengths }: PushOptions = {}): Tensor {
    expectTensor("session", "ids", ids);
    const L = ids.ndim === 1 ? 1 : (ids.shape[1] ?? 0);
    const B = this.batch;
    if (ids.ndim < 1 || ids.ndim > 2 || ids.shape[0] !== B || L === 0) {
      fail("session", "ids", `to be [${B}] or [${B}, L]`, show(ids.shape));
    }
    const steps = lengths ?? Array<number>(B).fill(L);
    if (steps.length !== B || steps.some((n) => !Number.isInteger(n) || n < 1 || n > L)) {
      fail("session", "lengths", `to be ${B} numbers from 1 to ${L}`, show(steps));
    }
    const { longest = Infinity } = this.#decoder;
    const before = this.lengths;
    before.forEach((n, b) => {
      if (n + steps[b]! > longest) {
        fail("session", "a sequence", `of at most ${longest} tokens`, String(n + steps[b]!));
      }
    });
    this.#cache.reserve(L);
    const next = scope(() => noGrad(() => this.evaluate(() => this.#step(ids, L, steps, before))));
    this.#cache.advance(steps);
    return next;
  }

  #step(ids: Tensor, L: number, steps: readonly number[], before: readonly number[]): Tensor {
    const B = this.batch;
    const { longest = Infinity } = this.#decoder;
    // Padding may stand beyond the last place: what it gives is not used.
    const places = before.flatMap((n) =>
      Array.from({ length: L }, (_, l) => Math.min(n + l, longest - 1)),
    );
    const positions = tensor(places, [B, L], { dtype: "int32" });
    const x = this.#decoder.read(reshape(ids, [B, L]), positions, (l) => this.#cache.layer(l)); // [B, L, D]
    const rows = reshape(x, [B * L, x.shape[2]!]);
    if (L === 1) return this.#decoder.logits(rows);
    const last = steps.map((n, b) => b * L + n - 1);
    return this.#decoder.logits(indexSelect(rows, 0, tensor(last, [B], { dtype: "int32" })));
  }

  /** @internal Runs `f` with dropout off. */
  evaluate<T>(f: () => T): T {
    const training = this.#modules.filter((module) => module.training);
    for (const module of training) module.training = false;
    try {
      return f();
    } finally {
      for (const module of training) module.training = true;
    }
  }

  /** Lets sequence b go on from what sequence rows[b] has read: what beam search needs. */
  select(rows: readonly number[]): this {
    for (const cache of this.#caches) cache.select(rows);
    return this;
  }

  /**
   * Starts over; what an encoder has read stays.
   *
   * @param rows which sequences of the batch; default all
   */
  reset(rows: readonly number[] = [...Array(this.batch).keys()]): this {
    this.#cache.reset(rows);
    return this;
  }

  /**
   * Goes back to where every sequence had read `length` tokens: to try another continuation.
   *
   * @throws RangeError when a sequence has read less
   */
  rewind(length: number): this {
    this.#cache.rewind(length);
    return this;
  }

  /** What was read, not the parameters, as bytes. */
  toBytes(): Uint8Array {
    return toBytes(this.#caches);
  }

  /**
   * Goes on from what `toBytes` gave.
   *
   * @throws RangeError for bytes that are not those of a session of this batch with a model of these sizes; nothing changes
   */
  load(bytes: Uint8Array): this {
    loadBytes(bytes, this.#caches);
    return this;
  }

  /** Frees what is kept. */
  free(): void {
    for (const cache of this.#caches) cache.free();
  }

  get #caches(): KVCache[] {
    const { memory } = this.#decoder;
    return memory ? [this.#cache, memory] : [this.#cache];
  }
}
