/** @file Checkpoints as models: those of `unrolled train`, and of a GPT-2 over characters. */

import { type GPT2Config, loadSafetensors, saveSafetensors, scope, type Tensor } from "unrolled";
import { gpt2Config } from "../cli/net.ts";
import { settingsIn } from "../cli/settings.ts";
import { type Vocabulary, vocabularyOf } from "../cli/vocabulary.ts";
import type { LanguageModel } from "./language-model.ts";
import { RecurrentLM } from "./recurrent-lm.ts";
import { TransformerLM } from "./transformer-lm.ts";

const PREFIX = "unrolled.";
const GPT2_FORMAT = "char-gpt2 1";

/** The model of a checkpoint. @throws Error when the bytes are neither kind */
export function modelOf(bytes: Uint8Array): LanguageModel {
  return scope(() => {
    const { tensors, metadata } = loadSafetensors(bytes);
    const meta = (name: string): string => {
      const value = metadata.get(PREFIX + name);
      if (value === undefined) throw new Error(`the checkpoint has no ${PREFIX}${name}`);
      return value;
    };
    const format = meta("format");
    const vocabulary = vocabularyOf(JSON.parse(meta("vocabulary")) as string[]);
    const weights = new Map([...tensors].filter(([name]) => !name.startsWith(PREFIX)));
    if (format === GPT2_FORMAT) {
      const config = JSON.parse(meta("config")) as Partial<GPT2Config>;
      return new TransformerLM(vocabulary, config, weights);
    }
    if (format !== "char-lm 1") throw new Error(`no checkpoint of this service: ${format}`);
    const settings = settingsIn(JSON.parse(meta("options")));
    if (settings.model === "transformer") {
      const config = gpt2Config({ ...settings, dropout: 0 }, vocabulary.characters.length);
      return new TransformerLM(vocabulary, config, weights);
    }
    const { model: net, embedding, hidden, layers } = settings;
    return new RecurrentLM(vocabulary, { net, embedding, hidden, layers }, weights);
  });
}

/** The checkpoint of a GPT-2 over the characters of a vocabulary. */
export function gpt2Checkpoint(
  weights: ReadonlyMap<string, Tensor>,
  config: Partial<GPT2Config>,
  vocabulary: Vocabulary,
): Uint8Array {
  const metadata = {
    format: "pt",
    [`${PREFIX}format`]: GPT2_FORMAT,
    [`${PREFIX}config`]: JSON.stringify(config),
    [`${PREFIX}vocabulary`]: JSON.stringify(vocabulary.characters),
  };
  return saveSafetensors(new Map(weights), new Map(Object.entries(metadata)));
}
