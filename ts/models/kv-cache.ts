/** @file The keys and values of a decoder, kept from step to step (Vaswani et al. 2017 compute them anew). */

import { BYTES, type FloatDType } from "../core/dtype.ts";
import { expectInteger, fail, sameShape, show } from "../core/shape.ts";
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
/** "unrK", and the version of the format. */
const MAGIC = [0x4b726e75, 1] as const;

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
    const need = Math.max(...this.starts.view()) + steps;
    if (need <= this.#capacity) return;
    let capacity = this.#capacity;
    while (capacity < need) capacity *= 2;
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
    this.#rearrange(rows, this.#capacity);
    const { lengths } = this;
    this.starts.view().set(rows.map((row) => lengths[row]!));
  }

  /** Copies what the given rows have filled to blocks of their own. */
  #rearrange(rows: readonly number[], capacity: number): void {
    const { heads: H, size: E } = this.sizes;
    const [C, { lengths }] = [this.#capacity, this];
    const moved = (old: readonly Tensor[]): Tensor[] => {
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
        from.free();
      }
      return blocks;
    };
    this.#keys = moved(this.#keys);
    this.#values = moved(this.#values);
    this.#capacity = capacity;
  }

  /** Each sequence has read so many steps more. */
  advance(steps: readonly number[]): void {
    const starts = this.starts.view();
    steps.forEach((n, b) => (starts[b]! += n));
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
      keep: (x, parts) => keep(x, parts, kept),
      attend: (x, options) => attendKept(x, kept, options),
    };
  }

  /** What is filled, as bytes: a head of 32-bit integers, then keys and values of each layer, all little-endian. */
  toBytes(): Uint8Array {
    const head = new Uint8Array(Int32Array.from([...this.#head(), ...this.lengths]).buffer);
    const windows = this.#windows();
    const bytes = new Uint8Array(windows.reduce((n, part) => n + part.length, head.length));
    bytes.set(head);
    let at = head.length;
    for (const part of windows) {
      bytes.set(part, at);
      at += part.length;
    }
    return bytes;
  }

  /** Goes on from what `toBytes` gave. @throws RangeError or TypeError for other bytes; nothing changes */
  load(bytes: Uint8Array): void {
    if (!(bytes instanceof Uint8Array)) {
      throw new TypeError(`session: expected bytes to be a Uint8Array, got ${typeof bytes}`);
    }
    const want = this.#head();
    const count = want.length + this.sizes.batch;
    const got = [...new Int32Array(bytes.slice(0, Math.min(4 * count, bytes.length & ~3)).buffer)];
    const lengths = got.slice(want.length);
    if (!sameShape(got.slice(0, want.length), want) || lengths.length < this.sizes.batch) {
      const layout = "[magic, version, bytes of a number, batch, layers, heads, size of a head]";
      fail("session", "the bytes", `to begin with ${layout} = ${show(want)}`, show(got));
    }
    const { layers, heads, size, dtype } = this.sizes;
    const steps = lengths.reduce((n, length) => n + length, 0);
    const total = 4 * count + 2 * layers * steps * heads * size * BYTES[dtype];
    if (bytes.length !== total || lengths.some((n) => n < 0)) {
      fail("session", "bytes", `to be ${total}`, String(bytes.length));
    }
    const before = this.lengths;
    this.starts.view().set(lengths);
    try {
      this.reserve(0);
    } catch (error) {
      this.starts.view().set(before);
      throw error;
    }
    let at = 4 * count;
    for (const part of this.#windows()) {
      part.set(bytes.subarray(at, at + part.length));
      at += part.length;
    }
  }

  #head(): number[] {
    const { layers, batch, heads, size, dtype } = this.sizes;
    return [...MAGIC, BYTES[dtype], batch, layers, heads, size];
  }

  /** What is filled, of each layer, sequence and head. Good until the next allocation. */
  #windows(): Uint8Array[] {
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
  keep(x: Tensor, parts: { keys: number; values: number }): void;
  attend(x: Tensor, options: { causal: boolean; scale: number; bias?: Tensor | undefined }): Tensor;
}
