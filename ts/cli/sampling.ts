/** @file Text from a model, one character at a time. */

import {
  type CharLM,
  type CharLMState,
  type Generator,
  noGrad,
  rand,
  scope,
  softmax,
  tensor,
} from "unrolled";
import { UNKNOWN, type Vocabulary } from "./vocabulary.ts";

export interface SamplingOptions {
  /** How many characters. */
  length: number;
  /** Below 1 it keeps to what is likely; 0 always takes the likeliest. */
  temperature: number;
  /** Chooses among this many likeliest characters only; 0: among all. */
  topK: number;
  generator: Generator;
}

/** Characters that follow `prompt`, as they are drawn. Without a prompt the text begins as after a line end. */
export function* sample(
  model: CharLM,
  vocabulary: Vocabulary,
  prompt: string,
  options: SamplingOptions,
): Iterable<string> {
  model.eval();
  let state: CharLMState | undefined;
  const read = (ids: Int32Array): Float32Array => {
    const { logits, state: after } = step(model, ids, state);
    state?.forEach((t) => t.free());
    state = after;
    return logits;
  };
  try {
    const ids = vocabulary.encode(prompt === "" ? "\n" : prompt);
    let logits: Float32Array = new Float32Array();
    for (let at = 0; at < ids.length; at += PIECE) logits = read(ids.subarray(at, at + PIECE));
    for (let n = 0; n < options.length; n++) {
      const id = choose(logits, options);
      yield vocabulary.decode(id);
      logits = read(Int32Array.of(id));
    }
  } finally {
    state?.forEach((t) => t.free());
  }
}

/** A prompt is read this many characters at a time. */
const PIECE = 256;

/** Reads `ids`; gives the logits for what follows. */
function step(model: CharLM, ids: Int32Array, before: CharLMState | undefined) {
  return scope(() =>
    noGrad(() => {
      const { logits, state } = model.forward(tensor(ids, [ids.length, 1]), before); // [T, 1, V]
      return {
        logits: logits.data().slice(-model.vocabulary) as Float32Array, // the model is float32
        state,
      };
    }),
  );
}

/** Below this temperature all but the likeliest have probability 0. */
const COLD = 1e-6;

/**
 * A character from softmax(logits / temperature) over the top k. The unknown character is never chosen. Equal
 * logits count in the order of the vocabulary.
 */
export function choose(
  logits: Float32Array,
  { temperature, topK, generator }: SamplingOptions,
): number {
  const known = [...logits.keys()].filter((id) => id !== UNKNOWN || logits.length === 1);
  const likely = known.sort((a, b) => logits[b]! - logits[a]! || a - b).slice(0, topK || undefined);
  const most = logits[likely[0]!]!;
  if (temperature < COLD) return likely[0]!;
  return scope(() => {
    const among = tensor(Float32Array.from(likely, (id) => (logits[id]! - most) / temperature));
    const p = softmax(among, -1).data();
    const u = rand([1], { generator }).item();
    let sum = 0;
    for (const [i, id] of likely.entries()) {
      sum += p[i]!;
      if (u < sum) return id;
    }
    return likely[0]!; // p sums to 1 up to rounding
  });
}
