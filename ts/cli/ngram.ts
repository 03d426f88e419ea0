/** @file What counting alone achieves: the models that a net is compared with. */

/** p(next | the two characters before it). */
export interface NGram {
  probability(before2: number, before: number, next: number): number;
}

/**
 * An interpolated model of order 1, 2 or 3 with Witten and Bell's weights (1991). With N(h) the number of characters
 * seen after the history h, T(h) the number of different ones, and h' the history without its first character,
 *
 *     p(x | h) = (N(h x) + T(h) p(x | h')) / (N(h) + T(h)),
 *
 * and below the unigram stands 1 / V.
 */
export function wittenBell(ids: Int32Array, V: number, order: 1 | 2 | 3): NGram {
  const levels = Array.from({ length: order }, (_, n) => count(ids, V, n + 1));
  return {
    probability(a, b, x) {
      let p = 1 / V;
      for (const [n, { followed, histories }] of levels.entries()) {
        const h = n === 0 ? 0 : n === 1 ? b : a * V + b;
        const seen = histories.get(h);
        if (seen) p = ((followed.get(h * V + x) ?? 0) + seen.T * p) / (seen.N + seen.T);
      }
      return p;
    },
  };
}

interface Counts {
  followed: Map<number, number>;
  histories: Map<number, { N: number; T: number }>;
}

/** How often each character follows each history of n − 1 characters; both are numbers in base V. */
function count(ids: Int32Array, V: number, n: number): Counts {
  const followed = new Map<number, number>();
  const histories = new Map<number, { N: number; T: number }>();
  for (let i = n - 1; i < ids.length; i++) {
    let h = 0;
    for (let j = i - n + 1; j < i; j++) h = h * V + ids[j]!;
    const key = h * V + ids[i]!;
    const before = followed.get(key) ?? 0;
    followed.set(key, before + 1);
    const seen = histories.get(h) ?? { N: 0, T: 0 };
    histories.set(h, { N: seen.N + 1, T: seen.T + (before === 0 ? 1 : 0) });
  }
  return { followed, histories };
}

/** Bits per character of a model on `ids`, at the given places (each at least 1: it has a character before it). */
export function bitsPerCharacter(model: NGram, ids: Int32Array, places: Iterable<number>): number {
  let [bits, n] = [0, 0];
  for (const i of places) {
    // the first character of a text has no second one before it: the one before stands in
    bits -= Math.log2(model.probability(ids[i - 2] ?? ids[i - 1]!, ids[i - 1]!, ids[i]!));
    n++;
  }
  return bits / n;
}
