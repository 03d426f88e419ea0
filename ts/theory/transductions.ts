/** @file Sequences of symbols to be rewritten: what an encoder and a decoder learn first. */

import { concat, full, type Generator, randint, scope, tensor } from "unrolled";
import type { Transduction } from "./transduction-net.ts";

/** Symbols 1 to 10, after the padding; each sequence begins with START. */
export const TRANSDUCTION_SYMBOLS = 11;
const START = 1;

/** How a source becomes a target. */
export const TRANSDUCTIONS = {
  copy: (symbols: readonly number[]): number[] => [...symbols],
  reversal: (symbols: readonly number[]): number[] => [...symbols].reverse(),
  sorting: (symbols: readonly number[]): number[] => [...symbols].sort((a, b) => a - b),
} as const;

/** One of `TRANSDUCTIONS`. */
export type TransductionName = keyof typeof TRANSDUCTIONS;

/**
 * Random sequences of `length` symbols, the first of them START, and what becomes of the others. With the name "copy" it is
 * the first example of The Annotated Transformer (Rush 2018).
 *
 * @returns source and target, int32 [batch, length]
 * @throws RangeError for another name, or a length below 2
 *
 * @example
 * const { source, target } = transduction("reversal", { batch: 4, length: 6 });
 * [source.shape, target.shape]; // [[4, 6], [4, 6]]
 */
export function transduction(
  name: TransductionName,
  { batch, length = 10, generator }: { batch: number; length?: number; generator?: Generator },
): Transduction {
  if (!(name in TRANSDUCTIONS)) {
    throw new RangeError(`transduction: expected ${Object.keys(TRANSDUCTIONS).join(", ")}, got ${name}`); // prettier-ignore
  }
  if (!Number.isInteger(length) || length < 2) {
    throw new RangeError(`transduction: expected a length of at least 2, got ${length}`);
  }
  return scope(() => {
    const n = length - 1;
    const symbols = randint(1, TRANSDUCTION_SYMBOLS, [batch, n], { generator });
    const rows = symbols.toArray() as number[][];
    const rewritten = Int32Array.from(rows.flatMap(TRANSDUCTIONS[name]));
    const start = full([batch, 1], START, { dtype: "int32" });
    return {
      source: concat([start, symbols], 1),
      target: concat([start, tensor(rewritten, [batch, n])], 1),
    };
  });
}

/** The characters of a sum: padding, then these. */
export const SUM_CHARACTERS = "0123456789+=";

/**
 * "47+5=" to "052": sums of two numbers below 10^digits, as characters.
 *
 * @returns source int32 [batch, 2 digits + 2] and target int32 [batch, digits + 2], whose first symbol is "="
 * @throws RangeError for other than 1 to 8 digits
 *
 * @example
 * additions({ batch: 4 }).target.shape; // [4, 4]
 */
export function additions({
  batch,
  digits = 2,
  generator,
}: {
  batch: number;
  digits?: number;
  generator?: Generator;
}): Transduction {
  if (!Number.isInteger(digits) || digits < 1 || digits > 8) {
    throw new RangeError(`additions: expected 1 to 8 digits, got ${digits}`);
  }
  return scope(() => {
    const pairs = randint(0, 10 ** digits, [batch, 2], { generator }).toArray() as [number, number][]; // prettier-ignore
    const row = (text: string): number[] => Array.from(text, (c) => SUM_CHARACTERS.indexOf(c) + 1);
    const source = pairs.flatMap((pair) => row(`${pair.map((n) => padded(n, digits)).join("+")}=`));
    const target = pairs.flatMap(([a, b]) => row(`=${padded(a + b, digits + 1)}`));
    return {
      source: tensor(Int32Array.from(source), [batch, 2 * digits + 2]),
      target: tensor(Int32Array.from(target), [batch, digits + 2]),
    };
  });
}

const padded = (n: number, digits: number): string => String(n).padStart(digits, "0");
