/** @file The memory that threads share: cells to meet at, and room for gradients. */

/** Of 32-bit integers, then of float64 numbers. */
export interface Shared {
  threads: number;
  /** The barrier's cells, and what the threads agree on. */
  cells: SharedArrayBuffer;
  /** Grows to what the gradients need. */
  gradients: SharedArrayBuffer;
}

/** Address space is asked for, not memory: less where an engine has less. */
const SIZES = [2 ** 33, 2 ** 32 - 2 ** 16, 2 ** 31, 2 ** 30, 2 ** 28];

export function makeShared(threads: number): Shared {
  return { threads, cells: new SharedArrayBuffer(64), gradients: growable() };
}

function growable(): SharedArrayBuffer {
  for (const maxByteLength of SIZES) {
    try {
      return new SharedArrayBuffer(0, { maxByteLength });
    } catch (error) {
      if (!(error instanceof RangeError)) throw error;
    }
  }
  throw new RangeError("train: no room for the gradients that threads share");
}
