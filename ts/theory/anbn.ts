import { tensor, type Tensor } from "unrolled";

/** The letters that a net reads and answers: a, b, and what stands before a string and after it. */
export const ANBN_LETTERS = 3;
const [A, B_, EDGE] = [0, 1, 2];

/**
 * Strings aⁿbⁿ, of which a net is to say what comes next wherever that is certain: b until there are as many as a, then the
 * end (Gers & Schmidhuber 2001). It has to count.
 *
 * @param ns the n of each string
 * @returns  x int32 [T, B], T = 1 + 2 · the largest n: the edge, then the string, then edges; y int32 [T, B]: the next
 *   letter, −100 where it is open
 */
export function anbn(ns: readonly number[]): { x: Tensor; y: Tensor } {
  const [T, B] = [1 + 2 * Math.max(...ns), ns.length];
  const [x, y] = [new Int32Array(T * B).fill(EDGE), new Int32Array(T * B).fill(-100)];
  for (const [b, n] of ns.entries()) {
    for (let t = 1; t <= 2 * n; t++) {
      x[t * B + b] = t <= n ? A : B_;
      if (t > n) y[t * B + b] = t < 2 * n ? B_ : EDGE;
    }
  }
  return { x: tensor(x, [T, B]), y: tensor(y, [T, B]) };
}
