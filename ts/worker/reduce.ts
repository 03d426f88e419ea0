/** @file Sums of the gradients of shards. */

import type { Tensor } from "unrolled";
import type { Floats } from "./layout.ts";
import type { Range } from "./tree.ts";

/** What some shards have in common beside their gradients. */
export interface Said {
  loss: number;
  /** Of each generator: where that shard stopped that drew most. */
  counters: readonly number[];
}

/** What some shards give together. */
export interface Sum extends Said {
  /** The first of them. */
  first: number;
  /** Of each parameter that one of them reached. */
  gradients: readonly (Tensor | undefined)[];
}

export const both = (a: Said, b: Said): Said => ({
  loss: a.loss + b.loss,
  counters: a.counters.map((counter, i) => Math.max(counter, b.counters[i]!)),
});

/** a + b, in the memory of a's gradients; b's are freed. */
export const join = (parameters: readonly Tensor[], a: Sum, b: Sum): Sum => ({
  ...both(a, b),
  first: a.first,
  gradients: parameters.map((p, i) => {
    const [into, more] = [a.gradients[i], b.gradients[i]];
    if (!into || !more) return into ?? more;
    p.grad = into;
    p.backward(more); // adds it to p.grad in place
    more.free();
    return take(p);
  }),
});

/** The gradient of a parameter, which has none afterwards. */
export function take(p: Tensor): Tensor | undefined {
  const { grad } = p;
  p.grad = undefined;
  return grad;
}

/** Room for a gradient where `backward` would put it, whatever is inside. */
export function emptyGradient(p: Tensor): Tensor {
  const any = p.sum();
  any.backward();
  any.free();
  return take(p)!;
}

/** Good until the next allocation. */
export const numbers = (t: Tensor): Floats => t.view() as Floats; // as all parameters are

/** `weight` times a sum, in its memory. */
export function weigh(sum: Sum, weight: number): Sum {
  if (weight === 1) return sum;
  for (const gradient of sum.gradients) {
    if (!gradient) continue;
    const weighted = gradient.mul(weight);
    numbers(gradient).set(numbers(weighted));
    weighted.free();
  }
  return { ...sum, loss: weight * sum.loss };
}

/** Elements that are added up at a time, so that copies stay small. */
const BLOCK = 2 ** 16;

/** A sum over the tree, from what `valueOf` gives for the nodes that begin at a shard. */
export type Total = <T>(valueOf: (first: number) => T, add: (a: T, b: T) => T) => T;

/** Leaves `weight` times a piece of the sum of one parameter's gradients in `here`, which may be one of them, and in `out`. */
export function addUp(
  [from, to]: Range,
  total: Total,
  gradientOf: (first: number) => Tensor | Floats | undefined,
  { weight, here, out }: { weight: number; here: Tensor; out: Floats },
): void {
  for (let at = from; at < to; at += BLOCK) {
    const end = Math.min(at + BLOCK, to);
    const block = (t: Tensor): Tensor => t.flatten().slice(0, at, end); // shares memory
    const made: Tensor[] = [];
    const make = (t: Tensor): Tensor => (made.push(t), t);
    const load = (gradient: Tensor | Floats | undefined): Tensor | undefined => {
      if (!gradient) return undefined;
      if (!ArrayBuffer.isView(gradient)) return block(gradient);
      const copy = make(block(here).neg()); // room for it, whatever is inside
      numbers(copy).set(gradient.subarray(at, end));
      return copy;
    };
    const sum = total<Tensor | undefined>(
      (first) => load(gradientOf(first)),
      (a, b) => (a && b ? make(a.add(b)) : (a ?? b)),
    )!;
    const weighted = make(sum.mul(weight));
    numbers(block(here)).set(numbers(weighted));
    out.subarray(at, end).set(numbers(weighted));
    for (const t of made) t.free();
  }
}
