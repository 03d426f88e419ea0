/** @file Text from a model, one character at a time. */

import { type Generator, generateSync } from "unrolled";
import { type Model, sessionOf } from "./net.ts";
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

/**
 * Characters that follow `prompt`, as they are drawn, never the unknown one. Without a prompt the text begins as after a line
 * end.
 */
export function* sample(
  model: Model,
  vocabulary: Vocabulary,
  prompt: string,
  { length: maxTokens, ...options }: SamplingOptions,
): Iterable<string> {
  const session = sessionOf(model);
  try {
    const ids = vocabulary.encode(prompt === "" ? "\n" : prompt);
    const choice = { maxTokens, never: [UNKNOWN], ...options };
    for (const id of generateSync(session, ids, choice)) yield vocabulary.decode(id);
  } finally {
    session.free();
  }
}
