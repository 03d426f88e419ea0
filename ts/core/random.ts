/** @file Randomness: a counter-based generator whose whole state is a seed and a counter. */

import { expectInteger } from "./shape.ts";

/** Where a generator stands: all it takes to go on from there. */
export interface GeneratorState {
  seed: number;
  counter: number;
}

/**
 * A stream of random numbers (Philox4x32-10: Salmon et al. 2011), the same on every machine. Each use takes the next
 * blocks of four 32-bit words; nothing else changes.
 *
 * @example
 * const generator = new Generator(7);
 * const start = generator.state();
 * const first = randn([2], { generator }).toArray();
 * generator.setState(start);
 * String(randn([2], { generator }).toArray()) === String(first); // true
 */
export class Generator {
  #seed: number;
  #counter = 0;

  /** @param seed an integer from 0 to 2^53 − 1 */
  constructor(seed = 0) {
    this.#seed = expectInteger("Generator", "seed", seed);
  }

  /** Starts over from a seed. */
  manualSeed(seed: number): this {
    this.#seed = expectInteger("manualSeed", "seed", seed);
    this.#counter = 0;
    return this;
  }

  /** @internal Takes `blocks` blocks: [seed low, seed high, counter low, counter high]. */
  take(blocks: number): [number, number, number, number] {
    const at = this.#counter;
    this.#counter += blocks;
    return [...words(this.#seed), ...words(at)];
  }

  /** Everything it takes to go on from here; plain numbers. */
  state(): GeneratorState {
    return { seed: this.#seed, counter: this.#counter };
  }

  /** Goes on from where `state()` was taken. @throws RangeError for numbers that no generator can have */
  setState({ seed, counter }: GeneratorState): this {
    expectInteger("setState", "seed", seed);
    this.#counter = expectInteger("setState", "counter", counter);
    this.#seed = seed;
    return this;
  }
}

const words = (n: number): [number, number] => [n >>> 0, Math.floor(n / 2 ** 32)];

/** What random functions use when no generator is given. */
export const defaultGenerator = /*#__PURE__*/ new Generator(0);

/**
 * Seeds the default generator, which starts from seed 0.
 *
 * @example
 * manualSeed(1);
 * const first = rand([2]).toArray();
 * manualSeed(1);
 * String(rand([2]).toArray()) === String(first); // true
 */
export function manualSeed(seed: number): Generator {
  return defaultGenerator.manualSeed(seed);
}
