/** @file A text as B streams that are read side by side, a piece at a time. */

/**
 * The text cut into B equal streams. Piece k holds characters kT ... kT + T − 1 of each; a net that carries its state
 * from piece to piece reads each stream from left to right (truncated backpropagation through time).
 */
export interface Streams {
  readonly T: number;
  readonly B: number;
  /** How many pieces there are. */
  readonly pieces: number;
  /** Characters [T, B], row by row. */
  inputs(piece: number): Int32Array;
  /** The character after each of them. */
  targets(piece: number): Int32Array;
  /** Where in the text the targets of the first `pieces` pieces stand. */
  places(pieces: number): Iterable<number>;
}

/** How long a text must be for B streams of one piece. */
export const leastLength = (T: number, B: number): number => T * B + 1;

export function streamsOf(ids: Int32Array, T: number, B: number): Streams {
  const stride = Math.floor((ids.length - 1) / B);
  const read = (piece: number, shift: number): Int32Array => {
    const xs = new Int32Array(T * B);
    for (let t = 0; t < T; t++) {
      for (let b = 0; b < B; b++) xs[t * B + b] = ids[b * stride + piece * T + t + shift]!;
    }
    return xs;
  };
  return {
    T,
    B,
    pieces: Math.floor(stride / T),
    inputs: (piece) => read(piece, 0),
    targets: (piece) => read(piece, 1),
    *places(pieces) {
      for (let b = 0; b < B; b++) {
        for (let i = 0; i < pieces * T; i++) yield b * stride + i + 1;
      }
    },
  };
}
