/** @file Data-parallel training: the threads that run one program, and the gradient that they make together. */

import type { Generator, GeneratorState, Tensor } from "unrolled";
import { Barrier } from "./barrier.ts";
import { type Head, Layout } from "./layout.ts";
import type { Shared } from "./shared.ts";

/** The first cells are the barrier's. */
const STOP = 4;

/** From the seed of one shard's stream to the next's: far more than people's seeds are apart. */
const STRIDE = 2 ** 40;
const SEEDS = 2 ** 53;

export interface GradientOptions {
  /** Whether a shard's loss is the mean over its examples or the sum. Default "mean". */
  reduction?: "mean" | "sum";
  /** Generators that the loss draws from, in dropout for one. Each shard has a stream of its own of each. Default none. */
  generators?: readonly Generator[];
}

/**
 * The loss of the examples `from` to `to` (exclusive) of the batch, after its `backward()`.
 *
 *     (from, to) => scope(() => { const loss = ...; loss.backward(); return loss.item(); })
 */
export type ShardLoss = (from: number, to: number) => number;

/**
 * The threads that run one program on the same data, from the same seed, so that all hold the same model: each computes the
 * gradient of a part of the batch, all add up the parts, in the same order however many they are.
 */
export class Group {
  readonly #barrier: Barrier;
  readonly #cells: Int32Array;
  /** Of one thread alone. */
  #own = new ArrayBuffer(0);
  /** Float64, reused. */
  #totals = new Float64Array(0);

  /** @internal `serve` makes it. */
  constructor(
    /** Which of the threads this is, from 0. Thread 0 reports progress and the result. */
    readonly rank: number,
    /** Into how many parts every batch is cut. Equal numbers give equal bits. */
    readonly shards: number,
    /** @internal */
    readonly shared: Shared | undefined,
  ) {
    this.#cells = new Int32Array(shared?.cells ?? new ArrayBuffer(64));
    this.#barrier = new Barrier(this.#cells, shared?.threads ?? 1);
  }

  /** How many threads there are. */
  get threads(): number {
    return this.#barrier.parties;
  }

  /**
   * Leaves in `grad` of every parameter the gradient of the loss of a whole batch.
   *
   *     const loss = group.gradients(model.parameters(), B, (from, to) =>
   *       scope(() => {
   *         const loss = lossOf(model, batch.slice(from, to));
   *         loss.backward();
   *         return loss.item();
   *       }),
   *     );
   *     adam.step();
   *     adam.zeroGrad();
   *
   * @param size how many examples the batch has; the shards are as equal as can be
   * @returns the loss of the whole batch
   * @throws Error when there are gradients already, or the threads' batches or parameters differ
   */
  gradients(
    parameters: readonly Tensor[],
    size: number,
    lossOf: ShardLoss,
    { reduction = "mean", generators = [] }: GradientOptions = {},
  ): number {
    expectBatch(parameters, size);
    const layout = new Layout(parameters, this.shards, generators.length);
    const memory = this.#room(layout.bytes);
    const heads = Array.from({ length: this.shards }, (_, s) => layout.head(memory, s));
    const states = generators.map((generator) => generator.state());
    for (let s = this.rank; s < this.shards; s += this.threads) {
      const [from, to] = part(size, s, this.shards);
      generators.forEach((generator, i) => generator.setState(streamOf(states[i]!, s)));
      const loss = from < to ? lossOf(from, to) : 0;
      const weight = reduction === "sum" ? 1 : (to - from) / size;
      const counters = generators.map((generator) => generator.state().counter);
      const given = parameters.map((p) => p.grad !== undefined);
      heads[s]!.write({ weight, loss, batch: size, bytes: layout.bytes }, counters, given);
      parameters.forEach((p, i) => {
        if (p.grad) layout.gradient(memory, s, i).set(numbers(p.grad));
        p.grad?.free();
        p.grad = undefined;
      });
    }
    this.#barrier.wait();
    if (!heads.every((head) => head.fits(size, layout.bytes))) {
      throw new Error("group: expected the same batch and parameters in all threads; they differ");
    }
    this.#reduce(layout, memory, heads);
    this.#barrier.wait();
    parameters.forEach((p, i) => {
      if (!heads.some((head) => head.reaches(i))) return;
      roomForGradient(p).set(layout.gradient(memory, 0, i));
    });
    generators.forEach((generator, i) => {
      const counter = Math.max(...heads.map((head) => head.counter(i)));
      generator.setState({ seed: states[i]!.seed, counter });
    });
    const loss = heads.reduce((sum, head) => sum + head.weight * head.loss, 0);
    this.#barrier.wait(); // nobody may write the next batch's before all have read
    return loss;
  }

  /** Each thread adds up its part of every gradient, Σ_s w_s g_s in the order of s, into the first shard's. */
  #reduce(layout: Layout, memory: ArrayBufferLike, heads: readonly Head[]): void {
    layout.sizes.forEach((size, i) => {
      const [from, to] = part(size, this.rank, this.threads);
      if (this.#totals.length < to - from) this.#totals = new Float64Array(to - from);
      const total = this.#totals.subarray(0, to - from).fill(0);
      heads.forEach((head, s) => {
        if (head.reaches(i))
          addTo(total, head.weight, layout.gradient(memory, s, i).subarray(from, to));
      });
      layout.gradient(memory, 0, i).set(total, from);
    });
  }

  #room(bytes: number): ArrayBufferLike {
    if (!this.shared) {
      if (this.#own.byteLength < bytes) this.#own = new ArrayBuffer(bytes);
      return this.#own;
    }
    const { gradients } = this.shared;
    if (gradients.byteLength < bytes) {
      if (bytes > gradients.maxByteLength) {
        throw new RangeError(
          `group: expected gradients of at most ${gradients.maxByteLength} bytes in ${this.shards} shards, got ${bytes}`,
        );
      }
      gradients.grow(bytes); // the others ask for the same
    }
    return gradients;
  }

  /** @internal Whether to stop: what thread 0 says. Every thread asks at every step. */
  agree(stop: boolean): boolean {
    if (this.rank === 0) Atomics.store(this.#cells, STOP, Number(stop));
    this.#barrier.wait();
    const agreed = Atomics.load(this.#cells, STOP) === 1;
    this.#barrier.wait(); // all have read it
    return agreed;
  }

  /** @internal This thread comes to no more meetings. */
  leave(how: "ended" | "failed"): void {
    this.#barrier.break(how);
  }
}

/** Part k of n things in as many as `parts` equal parts: from, and to (exclusive). */
const part = (n: number, k: number, parts: number): [from: number, to: number] => [
  Math.floor((k * n) / parts),
  Math.floor(((k + 1) * n) / parts),
];

/** total += w g */
function addTo(total: Float64Array, w: number, g: Float32Array | Float64Array): void {
  for (let i = 0; i < total.length; i++) total[i]! += w * g[i]!;
}

/** The stream of a shard: of another seed, at the same place. */
function streamOf({ seed, counter }: GeneratorState, shard: number): GeneratorState {
  const step = ((shard + 1) * STRIDE) % SEEDS;
  const room = SEEDS - step; // a sum above 2^53 would be rounded
  return { seed: seed < room ? seed + step : seed - room, counter };
}

/** A gradient where `backward()` puts one, for its owner to be the parameter's; whatever is inside. */
function roomForGradient(p: Tensor): Float32Array | Float64Array {
  const sum = p.sum();
  sum.backward();
  sum.free();
  return numbers(p.grad!);
}

/** Good until the next allocation. */
const numbers = (gradient: Tensor): Float32Array | Float64Array =>
  gradient.view() as Float32Array | Float64Array; // no other tensors have gradients

function expectBatch(parameters: readonly Tensor[], size: number): void {
  if (!Number.isSafeInteger(size) || size < 1) {
    throw new RangeError(`group: expected a batch of at least one example, got ${size}`);
  }
  const i = parameters.findIndex((p) => p.grad);
  if (i >= 0) {
    throw new Error(
      `group: expected parameters without gradients, got one at ${i}; call zeroGrad() after each step`,
    );
  }
}
