/** @file The transformer of the example, trained from nothing on a text. */

import { Generator, GPT2, scope } from "unrolled";
import { learnVocabulary } from "../cli/vocabulary.ts";
import { gpt2Checkpoint } from "./checkpoint.ts";
import { learn } from "./training.ts";
import { TransformerLM } from "./transformer-lm.ts";

export interface PretrainingOptions {
  steps?: number;
  /** D, and how many layers and heads. */
  width?: number;
  layers?: number;
  heads?: number;
  /** The longest text. */
  positions?: number;
}

/** The checkpoint of a small GPT-2 over the characters of a text. */
export function pretrain(
  text: string,
  { steps = 400, width = 96, layers = 3, heads = 4, positions = 256 }: PretrainingOptions = {},
): Uint8Array {
  const vocabulary = learnVocabulary(text);
  const config = {
    vocab_size: vocabulary.characters.length,
    n_positions: positions,
    n_embd: width,
    n_layer: layers,
    n_head: heads,
    resid_pdrop: 0,
    embd_pdrop: 0,
    attn_pdrop: 0,
  };
  const start = new GPT2(config, { generator: new Generator(1) });
  const model = new TransformerLM(vocabulary, config, start.stateDict());
  start.free();
  const lesson = { text, steps, lr: 2e-3, windows: { T: positions - 1, B: 4 } };
  for (const _ of learn(model, lesson, 1));
  const bytes = scope(() => gpt2Checkpoint(model.weights(), config, vocabulary));
  model.free();
  return bytes;
}
