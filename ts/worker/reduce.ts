/** @file The sum of the shards' gradients: each thread makes a piece of it, and takes the whole. */

import type { Tensor } from "unrolled";
import type { Floats } from "./layout.ts";

/** Elements that are added up at a time, small enough for the second cache. */
const BLOCK = 2 ** 14;

/** Good until the next allocation. */
export const numbers = (t: Tensor): Floats => t.view() as Floats; // as all parameters are

/** Adds up elements `from` to `to` (exclusive) of a parameter's parts, from the first part to the last, into the first. */
export function addUp(p: Tensor, parts: readonly Floats[], from: number, to: number): void {
  if (parts.length < 2) return;
  for (let at = from; at < to; at += BLOCK) addBlock(p, parts, at, Math.min(at + BLOCK, to));
}

function addBlock(p: Tensor, parts: readonly Floats[], from: number, to: number): void {
  const [first, ...others] = parts.map((part) => part.subarray(from, to));
  const block = p.detach().flatten().slice(0, from, to);
  let sum = block.neg(); // room for it, whatever is inside
  const more = block.neg();
  numbers(sum).set(first!);
  for (const part of others) {
    numbers(more).set(part);
    const next = sum.add(more);
    sum.free();
    sum = next;
  }
  first!.set(numbers(sum));
  sum.free();
  more.free();
}

/** Leaves the sum in `grad`, if there is one. */
export function give(p: Tensor, sum: Floats | undefined): void {
  if (!sum) return;
  if (!p.grad) {
    // none of this thread's shards reached it; a gradient belongs where `backward` puts it
    const any = p.sum();
    any.backward();
    any.free();
  }
  numbers(p.grad!).set(sum);
}
