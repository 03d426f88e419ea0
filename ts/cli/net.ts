/** @file The nets that the program trains, and what they have in common. */

import { CharLM, type CharLMState, GPT2, type GPT2Config, transpose } from "unrolled";
import type { Generator, Tensor, TokenSession } from "unrolled";
import type { Settings, TransformerSettings } from "./settings.ts";
import { slidingSession } from "./sliding-session.ts";

export type Model = CharLM | GPT2;

/** @param V how many characters there are */
export function netOf(settings: Settings, V: number, generator?: Generator): Model {
  const random = generator ? { generator } : {};
  if (settings.model === "transformer") return new GPT2({ ...gpt2Config(settings, V) }, random);
  const { model: net, embedding, hidden, layers, dropout } = settings;
  return new CharLM(V, { net, embedding, hidden, layers, dropout, ...random });
}

/** What makes it a GPT-2, in the words of Hugging Face's config.json. */
export function gpt2Config(settings: TransformerSettings, V: number): Partial<GPT2Config> {
  const { hidden, layers, heads, dropout, seq } = settings;
  return {
    vocab_size: V,
    n_positions: seq,
    n_embd: hidden,
    n_layer: layers,
    n_head: heads,
    resid_pdrop: dropout,
    embd_pdrop: dropout,
    attn_pdrop: dropout,
  };
}

/**
 * @param ids   int32 [T, B]
 * @param state what an earlier piece gave; a transformer carries nothing on, each piece is a text of its own to it
 * @returns     logits [T, B, V], for the character after each one
 */
export function read(
  model: Model,
  ids: Tensor,
  state?: CharLMState,
): { logits: Tensor; state: CharLMState } {
  if (model instanceof CharLM) return model.forward(ids, state);
  const { logits } = model.forward(transpose(ids, 0, 1)); // [B, T, V]
  return { logits: transpose(logits, 0, 1), state: [] };
}

/** A text that nothing has been read of, and that may get as long as it likes. */
export const sessionOf = (model: Model): TokenSession & { free(): void } =>
  model instanceof CharLM ? model.session() : slidingSession(model);
