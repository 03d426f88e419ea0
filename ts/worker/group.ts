/** @file Data-parallel training: the threads that run one program, and the gradient that they make together. */

import type { Generator, GeneratorState, Tensor } from "unrolled";
import { Barrier } from "./barrier.ts";
import { Layout } from "./layout.ts";
import { addUp, give, numbers } from "./reduce.ts";
import type { Shared } from "./shared.ts";

/** The first cells are the barrier's. */
const STOP = 4;

/** From the seed of one shard's stream to the next's: far more than people's seeds are apart. */
const STRIDE = 2 ** 40;
const SEEDS = 2 ** 53;

/** Options of `Group.gradients`. */
export interface GradientOptions {
  /** Whether a shard's loss is the mean over its examples or the sum. Default "mean". */
  reduction?: "mean" | "sum";
  /** Generators that the loss draws from, in dropout for one. Each shard has a stream of its own of each. Default none. */
  generators?: readonly Generator[];
}

/** The loss of the examples `from` to `to` (exclusive) of the batch, after its `backward()`: see `Group.gradients`. */
export type ShardLoss = (from: number, to: number) => number;

/**
 * The threads that run one program on the same data, from the same seed, so that all hold the same model: each computes the
 * gradients of some parts of the batch, and adds up its piece of all parts' gradients, in the same order however many threads
 * there are.
 */
export class Group {
  readonly #barrier: Barrier;
  readonly #cells: Int32Array;
  /** Of one thread alone. */
  #own = new ArrayBuffer(0);

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
      const weight = reduction === "sum" ? 1 : (to - from) / size;
      generators.forEach((generator, i) => generator.setState(streamOf(states[i]!, s)));
      forget(parameters); // those of the shard before
      const loss = from < to ? weight * lossOf(from, to) : 0;
      const counters = generators.map((generator) => generator.state().counter);
      const given = parameters.map((p) => p.grad !== undefined);
      heads[s]!.write({ loss, batch: size, bytes: layout.bytes }, counters, given);
      parameters.forEach((p, i) => {
        if (!p.grad) return;
        const weighted = p.grad.mul(weight);
        layout.gradient(memory, s, i).set(numbers(weighted));
        weighted.free();
      });
    }
    this.#barrier.wait();
    if (!heads.every((head) => head.fits(size, layout.bytes))) {
      throw new Error("group: expected the same batch and parameters in all threads; they differ");
    }
    const parts = parameters.map((_, i) =>
      heads.flatMap((head, s) => (head.reaches(i) ? [layout.gradient(memory, s, i)] : [])),
    );
    parameters.forEach((p, i) => addUp(p, parts[i]!, ...part(p.size, this.rank, this.threads)));
    this.#barrier.wait(); // all pieces are sums
    parameters.forEach((p, i) => give(p, parts[i]![0]));
    generators.forEach((generator, i) => {
      const counter = Math.max(...heads.map((head) => head.counter(i)));
      generator.setState({ seed: states[i]!.seed, counter });
    });
    const loss = heads.reduce((sum, head) => sum + head.loss, 0);
    this.#barrier.wait(); // nobody may write the next batch's before all have read
    return loss;
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

/** The stream of a shard: of another seed, at the same place. */
function streamOf({ seed, counter }: GeneratorState, shard: number): GeneratorState {
  const step = ((shard + 1) * STRIDE) % SEEDS;
  const room = SEEDS - step; // a sum above 2^53 would be rounded
  return { seed: seed < room ? seed + step : seed - room, counter };
}

function forget(parameters: readonly Tensor[]): void {
  for (const p of parameters) {
    p.grad?.free();
    p.grad = undefined;
  }
}

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
