/** @file A token's attention in words. */

import type { Block } from "./blocks.ts";
import { countActive } from "./heads.ts";
import type { Pointed } from "./lines.ts";
import { visible } from "./words.ts";

/** The five strongest of a token's weights, in the mean over the heads that are on: a line each, below a title. */
export function told(
  { heads, left, right, weights }: Block,
  active: readonly boolean[],
  { side, index }: Pointed,
): string {
  const [L, S] = [left.length, right.length];
  const n = countActive(active);
  const [own, others] = side === "left" ? [left, right] : [right, left];
  const means = others.map((token, k) => {
    const [i, j] = side === "left" ? [index, k] : [k, index];
    const sum = heads.reduce((s, _, h) => s + (active[h] ? weights[(h * L + i) * S + j]! : 0), 0);
    return { token, k, mean: sum / n };
  });
  const strongest = means.sort((a, b) => b.mean - a.mean).slice(0, 5);
  const list = strongest.map(({ token, k, mean }) => `${mean.toFixed(2)}  ${named(token, k)}`);
  const verb = side === "left" ? "attends to" : "is attended to by";
  const of = n === 1 ? `head ${heads[active.indexOf(true)]}` : `mean of ${n} heads`;
  return `${named(own[index]!, index)} ${verb} (${of})\n${list.join("\n")}`;
}

/** Tokens repeat, so each is named with its place. */
const named = (token: string, place: number): string => `“${visible(token).trim()}” (${place})`;
