/** @file Where sums of gradients lie in one block of memory, by their first shard: a head of numbers, then every parameter's gradient. */

import type { Tensor } from "unrolled";

export type Floats = Float32Array | Float64Array;
interface View {
  new (memory: ArrayBufferLike, at: number, length: number): Floats;
  BYTES_PER_ELEMENT: number;
}

/** Numbers of 8 bytes in front of the counters. */
const FIXED = 3;

/** The layout for given parameters; equal in all threads. */
export class Layout {
  readonly sizes: readonly number[];
  readonly #views: readonly View[];
  /** From the beginning of a shard. */
  readonly #offsets: readonly number[];
  readonly #stride: number;
  readonly bytes: number;

  constructor(
    parameters: readonly Tensor[],
    shards: number,
    readonly generators: number,
  ) {
    this.sizes = parameters.map((p) => p.size);
    this.#views = parameters.map((p) => (p.dtype === "float64" ? Float64Array : Float32Array));
    let at = 8 * (FIXED + generators + parameters.length);
    this.#offsets = this.sizes.map((size, i) => {
      const start = at;
      at += Math.ceil((size * this.#views[i]!.BYTES_PER_ELEMENT) / 64) * 64;
      return start;
    });
    this.#stride = Math.ceil(at / 64) * 64;
    this.bytes = this.#stride * shards;
  }

  head(memory: ArrayBufferLike, shard: number): Head {
    const length = FIXED + this.generators + this.sizes.length;
    return new Head(new Float64Array(memory, shard * this.#stride, length), this.generators);
  }

  gradient(memory: ArrayBufferLike, shard: number, parameter: number): Floats {
    const View = this.#views[parameter]!;
    const at = shard * this.#stride + this.#offsets[parameter]!;
    return new View(memory, at, this.sizes[parameter]!);
  }
}

/** What is to be known of a sum beside its gradients. */
export class Head {
  constructor(
    readonly numbers: Float64Array,
    readonly generators: number,
  ) {}

  /** Writes all of it. */
  write(
    about: { loss: number; batch: number; bytes: number },
    counters: readonly number[],
    given: readonly boolean[],
  ): void {
    const { loss, batch, bytes } = about;
    this.numbers.set([loss, batch, bytes, ...counters, ...given.map(Number)]);
  }

  get loss(): number {
    return this.numbers[0]!;
  }

  /** Whether it belongs to a batch of this size, and to parameters of this layout. */
  fits(batch: number, bytes: number): boolean {
    return this.numbers[1] === batch && this.numbers[2] === bytes;
  }

  get counters(): number[] {
    return [...this.numbers.subarray(FIXED, FIXED + this.generators)];
  }

  /** Whether a loss reached the parameter. */
  reaches(parameter: number): boolean {
    return this.numbers[FIXED + this.generators + parameter] === 1;
  }
}
