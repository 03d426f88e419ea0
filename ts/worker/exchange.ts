/** @file From sums on each thread to the sum of all on every thread: each adds up a part, through shared memory. */

import type { Tensor } from "unrolled";
import type { Barrier } from "./barrier.ts";
import { type Floats, Layout } from "./layout.ts";
import { addUp, both, emptyGradient, numbers, type Said, type Sum, type Total } from "./reduce.ts";
import { isWithin, part, type Range, sumOf, widest } from "./tree.ts";

export class Exchange {
  /** The first shards of the nodes that threads add up by themselves. */
  readonly #firsts: readonly number[];
  readonly #total: Total;

  constructor(
    readonly memory: SharedArrayBuffer,
    readonly barrier: Barrier,
    readonly rank: number,
    readonly shards: number,
  ) {
    const { parties } = barrier;
    const root: Range = [0, shards];
    const held = Array.from({ length: parties }, (_, k) => part(shards, k, parties));
    const hasValue = (node: Range): boolean => held.some((range) => isWithin(node, range));
    this.#firsts = held.flatMap((range) => widest(range, root)).map(([first]) => first);
    this.#total = (valueOf, add) => sumOf(root, hasValue, valueOf, add);
  }

  /**
   * `weight` times the sum of all shards. Its gradients are in the memory of this thread's first sum; the others are freed.
   *
   * @param own of this thread's nodes
   * @param batch the size of the whole batch
   * @throws Error when the threads' batches or parameters differ
   */
  total(parameters: readonly Tensor[], own: readonly Sum[], batch: number, weight: number): Sum {
    const { memory, barrier, rank } = this;
    const layout = new Layout(parameters, this.shards, own[0]!.counters.length);
    const { bytes } = layout;
    this.#grow(bytes);
    const pieces = cut(layout.sizes, rank, barrier.parties);
    for (const { first, loss, counters, gradients } of own) {
      layout.head(memory, first).write({ loss, batch, bytes }, counters, gradients.map(Boolean));
      gradients.forEach((g, i) => {
        if (g) setOthers(layout.gradient(memory, first, i), numbers(g), pieces[i]!);
      });
    }
    barrier.wait();
    const heads = new Map(this.#firsts.map((first) => [first, layout.head(memory, first)]));
    if (![...heads.values()].every((head) => head.fits(batch, bytes))) {
      throw new Error("group: expected the same batch and parameters in all threads; they differ");
    }
    const gradients = parameters.map((p, i) => {
      const gradientOf = (first: number): Tensor | Floats | undefined => {
        if (!heads.get(first)!.reaches(i)) return undefined;
        const mine = own.find((sum) => sum.first === first);
        return mine?.gradients[i] ?? layout.gradient(memory, first, i);
      };
      if (!this.#firsts.some(gradientOf)) return undefined;
      const here = own[0]!.gradients[i] ?? emptyGradient(p);
      const out = layout.gradient(memory, 0, i);
      addUp(pieces[i]!, this.#total, gradientOf, { weight, here, out });
      return here;
    });
    barrier.wait(); // all pieces are sums
    gradients.forEach((g, i) => {
      if (g) setOthers(numbers(g), layout.gradient(memory, 0, i), pieces[i]!);
    });
    const said = this.#total<Said>((first) => heads.get(first)!, both);
    barrier.wait(); // nobody may write the next batch's before all have read
    for (const sum of own.slice(1)) for (const g of sum.gradients) g?.free();
    return { first: 0, loss: weight * said.loss, counters: said.counters, gradients };
  }

  #grow(bytes: number): void {
    const { memory } = this;
    if (memory.byteLength >= bytes) return;
    if (bytes > memory.maxByteLength) {
      throw new RangeError(
        `group: expected gradients of at most ${memory.maxByteLength} bytes in ${this.shards} shards, got ${bytes}`,
      );
    }
    memory.grow(bytes); // the others ask for the same
  }
}

/** Of each parameter: the elements in part k of all parameters' elements, laid end to end. */
function cut(sizes: readonly number[], k: number, parts: number): Range[] {
  const total = sizes.reduce((sum, size) => sum + size, 0);
  const [from, to] = part(total, k, parts);
  let start = 0;
  return sizes.map((size) => {
    const within = (at: number): number => Math.min(Math.max(at - start, 0), size);
    const piece: Range = [within(from), within(to)];
    start += size;
    return piece;
  });
}

/** Copies all but a piece. */
function setOthers(to: Floats, values: Floats, [from, end]: Range): void {
  to.set(values.subarray(0, from));
  to.subarray(end).set(values.subarray(end));
}
