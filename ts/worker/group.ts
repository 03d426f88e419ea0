/** @file Data-parallel training: the threads that run one program, and the gradient that they make together. */

import type { Generator, GeneratorState, Tensor } from "unrolled";
import { Barrier } from "./barrier.ts";
import { Exchange } from "./exchange.ts";
import { join, type Sum, take, weigh } from "./reduce.ts";
import type { Shared } from "./shared.ts";
import { part, type Range, sumOf, widest } from "./tree.ts";

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
  readonly #exchange: Exchange | undefined;

  /** @internal `serve` makes it. */
  constructor(
    /** Which of the threads this is, from 0. Thread 0 reports progress and the result. */
    readonly rank: number,
    /** Into how many parts every batch is cut. Equal numbers give equal bits. */
    readonly shards: number,
    shared: Shared | undefined,
  ) {
    this.#cells = new Int32Array(shared?.cells ?? new ArrayBuffer(64));
    this.#barrier = new Barrier(this.#cells, shared?.threads ?? 1);
    this.#exchange = shared && new Exchange(shared.gradients, this.#barrier, rank, shards);
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
    const mean = reduction === "mean";
    const largest = Math.ceil(size / this.shards); // a shard counts in proportion to it, it in proportion to the batch
    const states = generators.map((generator) => generator.state());
    const compute = (s: number): Sum => {
      const [from, to] = part(size, s, this.shards);
      generators.forEach((generator, i) => generator.setState(streamOf(states[i]!, s)));
      const loss = from < to ? lossOf(from, to) : 0;
      const counters = generators.map((generator) => generator.state().counter);
      const sum = { first: s, loss, counters, gradients: parameters.map(take) };
      return weigh(sum, mean ? (to - from) / largest : 1);
    };
    const isShard = ([from, to]: Range): boolean => to - from === 1;
    const add = (a: Sum, b: Sum): Sum => join(parameters, a, b);
    const held = part(this.shards, this.rank, this.threads);
    const own = widest(held, [0, this.shards]).map((node) => sumOf(node, isShard, compute, add));
    const weight = mean ? largest / size : 1;
    const { loss, counters, gradients } =
      this.#exchange?.total(parameters, own, size, weight) ?? weigh(own[0]!, weight);
    parameters.forEach((p, i) => (p.grad = gradients[i]));
    generators.forEach((generator, i) => {
      generator.setState({ seed: states[i]!.seed, counter: counters[i]! });
    });
    return loss;
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

/** The stream of a shard: of another seed, at the same place. */
function streamOf({ seed, counter }: GeneratorState, shard: number): GeneratorState {
  const step = ((shard + 1) * STRIDE) % SEEDS;
  const room = SEEDS - step; // a sum above 2^53 would be rounded
  return { seed: seed < room ? seed + step : seed - room, counter };
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
