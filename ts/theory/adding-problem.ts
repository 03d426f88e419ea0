import { mul, type Generator, rand, randint, reshape, scope, stack, sum, tensor, type Tensor } from "unrolled"; // prettier-ignore

/** Options of `addingProblem`. */
export interface AddingProblemOptions {
  /** T, how long the sequences are, at least 2. */
  length: number;
  /** B, how many of them. */
  batch: number;
  /** Default: the global one. */
  generator?: Generator;
}

/** The mean squared error of always saying 1, the mean: the variance of the sum of two uniform numbers. */
export const ADDING_BASELINE = 1 / 6;

/**
 * The adding problem: of the numbers u_1 … u_T, from U[0, 1), add the two that are marked, one in each half (Hochreiter &
 * Schmidhuber 1997, in the form of Arjovsky, Shah & Bengio 2016).
 *
 * @returns x [T, B, 2]: each number and whether it is marked; y [B, 1]: the sum
 * @throws RangeError for a length below 2
 *
 * @example
 * const { x, y } = addingProblem({ length: 10, batch: 4 });
 * [x.shape, y.shape]; // [[10, 4, 2], [4, 1]]
 */
export function addingProblem({ length: T, batch: B, generator }: AddingProblemOptions): {
  x: Tensor;
  y: Tensor;
} {
  if (!Number.isInteger(T) || T < 2) {
    throw new RangeError(`addingProblem: expected a length of at least 2, got ${T}`);
  }
  return scope(() => {
    const u = rand([T, B], { generator });
    const marks = new Float32Array(T * B);
    const half = Math.floor(T / 2);
    for (const places of [
      randint(0, half, [B], { generator }),
      randint(half, T, [B], { generator }),
    ]) {
      places.data().forEach((t, b) => (marks[t * B + b] = 1));
    }
    const marked = tensor(marks, [T, B]);
    return { x: stack([u, marked], 2), y: reshape(sum(mul(u, marked), 0), [B, 1]) };
  });
}
