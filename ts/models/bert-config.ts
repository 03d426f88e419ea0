/** @file What a BERT is made from. */

import { LayerNorm } from "../nn/layer-norm.ts";
import type { Linear } from "../nn/linear.ts";
import { dense } from "./dense.ts";
import type { Build, ModelOptions } from "./model-options.ts";

/** The fields of config.json that are read. Defaults are Hugging Face's: BERT base, uncased. */
export interface BERTConfig {
  /** V. Default 30522. */
  vocab_size: number;
  /** D. Default 768. */
  hidden_size: number;
  /** Default 12. */
  num_hidden_layers: number;
  /** H. Default 12. */
  num_attention_heads: number;
  /** Of the feed-forward net. Default 3072. */
  intermediate_size: number;
  /** Default "gelu". */
  hidden_act: string;
  /** Dropout of the embeddings and of what is added to the residual stream. Default 0.1. */
  hidden_dropout_prob: number;
  /** Of the attention weights. Default 0.1. */
  attention_probs_dropout_prob: number;
  /** The longest sequence. Default 512. */
  max_position_embeddings: number;
  /** Kinds of sentences. Default 2. */
  type_vocab_size: number;
  /** σ of the initial weights. Default 0.02. */
  initializer_range: number;
  /** Default 1e-12. */
  layer_norm_eps: number;
  /** The token whose vector starts at 0 and is not trained. Default 0. */
  pad_token_id: number;
  /** Whether the head for masked words is the transposed embedding. Default true. */
  tie_word_embeddings: boolean;
}

export const DEFAULTS: BERTConfig = {
  vocab_size: 30522,
  hidden_size: 768,
  num_hidden_layers: 12,
  num_attention_heads: 12,
  intermediate_size: 3072,
  hidden_act: "gelu",
  hidden_dropout_prob: 0.1,
  attention_probs_dropout_prob: 0.1,
  max_position_embeddings: 512,
  type_vocab_size: 2,
  initializer_range: 0.02,
  layer_norm_eps: 1e-12,
  pad_token_id: 0,
  tie_word_embeddings: true,
};

export const RULES = {
  fixed: {
    is_decoder: false,
    add_cross_attention: false,
    position_embedding_type: "absolute",
  },
};

/** Options of `BERT` besides its configuration. */
export interface BERTOptions extends ModelOptions {
  /** Whether there is the head for masked words. Default true. */
  mlm?: boolean;
  /** Whether there is the head that tells whether the second sentence follows the first. It needs the pooler. Default true. */
  nsp?: boolean;
  /** Whether the first token's state goes through a tanh layer. Default true. */
  pooler?: boolean;
}

export type Parts = Build<BERTConfig>;

/** D to D, or as given. */
export const layer = (
  { config, dtype, random }: Parts,
  from = config.hidden_size,
  to = config.hidden_size,
): Linear => dense(from, to, { std: config.initializer_range, dtype, ...random });

export const norm = ({ config, dtype }: Parts): LayerNorm =>
  new LayerNorm(config.hidden_size, { eps: config.layer_norm_eps, dtype });
