import { concat, full, type Generator, log, randint, scope, tensor, type Tensor } from "unrolled";

/** Categories: 0 is the blank, 1 … 8 are the symbols, 9 is the delimiter. */
export const COPY_CATEGORIES = 10;
const SYMBOLS = 8;
const LENGTH = 10;
const DELIMITER = 9;

/** Options of `copyMemory`. */
export interface CopyMemoryOptions {
  /** T, from the last symbol to the delimiter, at least 1. */
  delay: number;
  /** B, how many sequences. */
  batch: number;
  /** Default: the global one. */
  generator?: Generator;
}

/**
 * Copy memory: ten symbols of eight, T − 1 blanks, a delimiter and ten blanks; to be answered with blanks up to the
 * delimiter, then with the symbols (Hochreiter & Schmidhuber 1997, in the form of Arjovsky, Shah & Bengio 2016).
 *
 * @returns input and target, int32 [T + 20, B]
 * @throws RangeError for a delay below 1
 *
 * @example
 * const { input, target } = copyMemory({ delay: 5, batch: 3 });
 * [input.shape, target.shape]; // [[25, 3], [25, 3]]
 */
export function copyMemory({ delay: T, batch: B, generator }: CopyMemoryOptions): {
  input: Tensor;
  target: Tensor;
} {
  if (!Number.isInteger(T) || T < 1) {
    throw new RangeError(`copyMemory: expected a delay of at least 1, got ${T}`);
  }
  return scope(() => {
    const symbols = randint(1, SYMBOLS + 1, [LENGTH, B], { generator });
    const blanks = (n: number): Tensor => full([n, B], 0, { dtype: "int32" });
    const delimiter = full([1, B], DELIMITER, { dtype: "int32" });
    return {
      input: concat([symbols, blanks(T - 1), delimiter, blanks(LENGTH)]),
      target: concat([blanks(T + LENGTH), symbols]),
    };
  });
}

/** The cross-entropy a step of a net without memory, which knows only where the symbols come: 10 ln 8 / (T + 20). */
export function copyMemoryBaseline(delay: number): number {
  const ln8 = scope(() => log(tensor(SYMBOLS, { dtype: "float64" })).item());
  return (LENGTH * ln8) / (delay + 2 * LENGTH);
}
