/** @file A token's attention in words. */

import type { Block } from "./blocks.ts";
import { countActive } from "./heads.ts";
import type { Pointed } from "./lines.ts";
import { visible } from "./words.ts";

/** The strongest weights of a token that is pointed at, in the mean over the heads that are on. */
export function told(
  { heads, left, right, weights }: Block,
  active: readonly boolean[],
  { side, index }: Pointed,
): string {
  const [L, S] = [left.length, right.length];
  const n = countActive(active);
  const [own, others] = side === "left" ? [left, right] : [right, left];
  const means = others.map((_, k) => {
    const [i, j] = side === "left" ? [index, k] : [k, index];
    const sum = heads.reduce((s, _, h) => s + (active[h] ? weights[(h * L + i) * S + j]! : 0), 0);
    return sum / n;
  });
  const verb = side === "left" ? "attends to" : "is attended to by";
  const of = n === 1 ? `head ${heads[active.indexOf(true)]}` : `mean of ${n} heads`;
  return toldOf(own[index]!, index, others, means, verb, of);
}

/** The five largest of the weights between a token and others, a line each, below a title. */
export function toldOf(
  token: string,
  place: number,
  others: readonly string[],
  weights: readonly number[],
  verb: string,
  of: string,
  more: (k: number) => string = () => "",
): string {
  const strongest = weights
    .map((weight, k) => ({ weight, k }))
    .sort((a, b) => b.weight - a.weight)
    .slice(0, 5);
  const list = strongest.map(({ weight, k }) => `${weight.toFixed(2)}  ${named(others[k]!, k)}${more(k)}`); // prettier-ignore
  return `${named(token, place)} ${verb} (${of})\n${list.join("\n")}`;
}

/** Tokens repeat, so each is named with its place. */
const named = (token: string, place: number): string => `“${visible(token).trim()}” (${place})`;
