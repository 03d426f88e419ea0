import { type Generator, randn, scope, tensor, type Tensor } from "unrolled";
import { dice } from "./dice.ts";

/** Options of `eventTask`. */
export interface EventTaskOptions {
  /** T, how long the sequences are. */
  length: number;
  /** B, how many of them. */
  batch: number;
  /** How many kinds of event there are. */
  kinds: number;
  /** The steps, from 0, at which the event may happen: from, and up to but not including. */
  places: readonly [from: number, to: number];
  generator: Generator;
}

/**
 * Something happens once in a noisy sequence; what was it?
 *
 * @returns x [T, B, kinds]: noise of 0.1, and 1 more for the kind of the event at its step; y int32 [T, B]: the kind,
 *   and −100 as long as nothing has happened
 */
export function eventTask({ length: T, batch: B, kinds, places, generator }: EventTaskOptions): {
  x: Tensor;
  y: Tensor;
} {
  const draw = dice(generator);
  const events = new Float32Array(T * B * kinds);
  const answers = new Int32Array(T * B).fill(-100);
  for (let b = 0; b < B; b++) {
    const kind = Math.floor(draw() * kinds);
    const at = places[0] + Math.floor(draw() * (places[1] - places[0]));
    events[(at * B + b) * kinds + kind] = 1;
    for (let t = at; t < T; t++) answers[t * B + b] = kind;
  }
  return scope(() => {
    const shape = [T, B, kinds];
    const x = tensor(events, shape).add(randn(shape, { generator }).mul(0.1));
    return { x, y: tensor(answers, [T, B]) };
  });
}
