/** @file The keys and values of a decoder, kept from step to step (Vaswani et al. 2017 compute them anew). */

import { BYTES, type FloatDType } from "../core/dtype.ts";
import { expectInteger, fail } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { buffer } from "../nn/module.ts";
import { attendKept, keep } from "../ops/cached-attention.ts";
import { zeros } from "../ops/create.ts";

export interface CacheSizes {
  layers: number;
  /** B */
  batch: number;
  /** H */
  heads: number;
  /** E, of a head. */
  size: number;
  dtype: FloatDType;
}

/** Places that a cache begins with. */
const FIRST = 64;

/**
 * For each layer keys and values [B, H, C, E], of which sequence b has filled the first starts[b] of C places. When they are
 * full C doubles, so that a step costs the same on average, however many went before.
 */
export class KVCache {
  #keys: Tensor[];
  #values: Tensor[];
  /** How many places each sequence has filled: int32 [B]. */
  readonly starts: Tensor;
  #capacity = FIRST;

  constructor(readonly sizes: CacheSizes) {
    this.starts = buffer(zeros([sizes.batch], { dtype: "int32" }));
    this.#keys = this.#blocks(FIRST);
    this.#values = this.#blocks(FIRST);
  }

  #blocks(capacity: number): Tensor[] {
    const { layers, batch, heads, size, dtype } = this.sizes;
    return Array.from({ length: layers }, () =>
      buffer(empty([batch, heads, capacity, size], dtype)),
    );
  }

  /** C */
  get capacity(): number {
    return this.#capacity;
  }

  /** What each sequence has filled. */
  get lengths(): number[] {
    return [...this.starts.view()];
  }

  /** Makes room for `steps` more of every sequence. */
  reserve(steps: number): void {
    this.grow(Math.max(...this.starts.view()) + steps);
  }

  /** Makes room for so many places in all. */
  grow(places: number): void {
    if (places <= this.#capacity) return;
    let capacity = this.#capacity;
    while (capacity < places) capacity *= 2;
    this.#rearrange([...Array(this.sizes.batch).keys()], capacity);
  }

  /** Lets row b go on from what row rows[b] has kept. */
  select(rows: readonly number[]): void {
    const { batch } = this.sizes;
    if (rows.length !== batch) fail("session", "rows", `to be ${batch}`, String(rows.length));
    for (const row of rows) {
      expectInteger("session", "each row", row);
      if (row >= batch) fail("session", "each row", `to be below ${batch}`, String(row));
    }
    if (rows.every((row, b) => row === b)) return;
    const { lengths } = this;
    this.#rearrange(rows, this.#capacity);
    this.starts.view().set(rows.map((row) => lengths[row]!));
  }

  /** Copies what the given rows have filled to blocks of their own. */
  #rearrange(rows: readonly number[], capacity: number): void {
    const { heads: H, size: E } = this.sizes;
    const [C, { lengths }] = [this.#capacity, this];
    const moved = [this.#keys, this.#values].map((old) => {
      const blocks = this.#blocks(capacity);
      for (const [l, from] of old.entries()) {
        const [source, target] = [from.view(), blocks[l]!.view()];
        rows.forEach((row, b) => {
          for (let h = 0; h < H; h++) {
            const at = (row * H + h) * C * E;
            const filled = source.subarray(at, at + lengths[row]! * E);
            target.set(filled, (b * H + h) * capacity * E);
          }
        });
      }
      return blocks;
    });
    for (const t of [...this.#keys, ...this.#values]) t.free();
    [this.#keys, this.#values] = moved as [Tensor[], Tensor[]];
    this.#capacity = capacity;
  }

  /** Each sequence has read so many steps more. */
  advance(steps: readonly number[]): void {
    const starts = this.starts.view();
    steps.forEach((n, b) => (starts[b]! += n));
  }

  /** Forgets all but the first `length` places of every sequence. */
  rewind(length: number): void {
    expectInteger("session", "length", length);
    const least = Math.min(...this.lengths);
    if (length > least) fail("session", "length", `to be at most ${least}`, String(length));
    this.starts.view().fill(length);
  }

  /** Forgets what these rows have read. */
  reset(rows: readonly number[]): void {
    for (const row of rows) {
      expectInteger("session", "each row", row);
      if (row >= this.sizes.batch) {
        fail("session", "each row", `to be below ${this.sizes.batch}`, String(row));
      }
    }
    for (const row of rows) this.starts.view()[row] = 0;
  }

  /** The part of one layer. */
  layer(l: number): LayerCache {
    const kept = { keys: this.#keys[l]!, values: this.#values[l]!, starts: this.starts };
    return {
      capacity: this.#capacity,
      keep: (x, parts) => keep(x, parts, kept),
      attend: (x, options) => attendKept(x, kept, options),
    };
  }

  /** @internal What is filled, of each layer, sequence and head. Good until the next allocation. */
  windows(): Uint8Array[] {
    const { heads: H, size: E, dtype } = this.sizes;
    const row = E * BYTES[dtype];
    return [this.#keys, this.#values].flat().flatMap((t) => {
      const { buffer, byteOffset } = t.view();
      return this.lengths.flatMap((length, b) =>
        Array.from({ length: H }, (_, h) => {
          const at = byteOffset + (b * H + h) * this.#capacity * row;
          return new Uint8Array(buffer, at, length * row);
        }),
      );
    });
  }

  free(): void {
    for (const t of [...this.#keys, ...this.#values, this.starts]) t.free();
  }
}

/** What an attention module sees of the cache: see `ops/cached-attention.ts`. */
export interface LayerCache {
  /** C */
  readonly capacity: number;
  keep(x: Tensor, parts: { keys: number; values: number }): void;
  attend(x: Tensor, options: { causal: boolean; scale: number; bias?: Tensor | undefined }): Tensor;
}
