/** @file What a GPT-2 is made from. */

import type { Build } from "./model-options.ts";

/** The fields of config.json that are read. Defaults are Hugging Face's: the smallest GPT-2. */
export interface GPT2Config {
  /** V. Default 50257. */
  vocab_size: number;
  /** The longest sequence. Default 1024. */
  n_positions: number;
  /** D. Default 768. */
  n_embd: number;
  /** Default 12. */
  n_layer: number;
  /** H. Default 12. */
  n_head: number;
  /** Of the feed-forward net. Default null: 4 D. */
  n_inner: number | null;
  /** Default "gelu_new". */
  activation_function: string;
  /** Dropout of what is added to the residual stream. Default 0.1. */
  resid_pdrop: number;
  /** Of the embeddings. Default 0.1. */
  embd_pdrop: number;
  /** Of the attention weights. Default 0.1. */
  attn_pdrop: number;
  /** Default 1e-5. */
  layer_norm_epsilon: number;
  /** σ of the initial weights. Default 0.02. */
  initializer_range: number;
  /** Whether scores are divided by √(D / H). Default true. */
  scale_attn_weights: boolean;
  /** Whether scores of layer l, from 1, are divided by l too. Default false. */
  scale_attn_by_inverse_layer_idx: boolean;
  /** Whether the head is the transposed embedding. Default true. */
  tie_word_embeddings: boolean;
}

export const DEFAULTS: GPT2Config = {
  vocab_size: 50257,
  n_positions: 1024,
  n_embd: 768,
  n_layer: 12,
  n_head: 12,
  n_inner: null,
  activation_function: "gelu_new",
  resid_pdrop: 0.1,
  embd_pdrop: 0.1,
  attn_pdrop: 0.1,
  layer_norm_epsilon: 1e-5,
  initializer_range: 0.02,
  scale_attn_weights: true,
  scale_attn_by_inverse_layer_idx: false,
  tie_word_embeddings: true,
};

export const RULES = { fixed: { add_cross_attention: false } };

export type Parts = Build<GPT2Config>;
