/** @file What a T5 is made from. */

import { expectInteger, expectNumber, fail } from "../core/shape.ts";
import { activationOf } from "./activations.ts";
import { type GivenConfig, readConfig } from "./config.ts";
import type { Build } from "./model-options.ts";

/** The fields of config.json that are read. Defaults are Hugging Face's: the small T5. */
export interface T5Config {
  /** V. Default 32128. */
  vocab_size: number;
  /** D. Default 512. */
  d_model: number;
  /** E, of a head. Default 64. */
  d_kv: number;
  /** Of the feed-forward net. Default 2048. */
  d_ff: number;
  /** Of the encoder. Default 6. */
  num_layers: number;
  /** Default null: as many as the encoder's. */
  num_decoder_layers: number | null;
  /** H. Default 8. */
  num_heads: number;
  /** How many relative positions are told apart. Default 32. */
  relative_attention_num_buckets: number;
  /** From here on they are one. Default 128. */
  relative_attention_max_distance: number;
  /** Default 0.1. */
  dropout_rate: number;
  /** Default 1e-6. */
  layer_norm_epsilon: number;
  /** Of the initial weights. Default 1. */
  initializer_factor: number;
  /** An activation, or "gated-" and one. "gated-gelu" has GPT-2's gelu. Default "relu". */
  feed_forward_proj: string;
  /** Whether the head is the transposed embedding. Default true. */
  tie_word_embeddings: boolean;
  /** Whether the decoder's states are divided by √D before the head. Default null: if the head is the embedding. */
  scale_decoder_outputs: boolean | null;
  /** Default 0. */
  pad_token_id: number;
  /** What the decoder reads first. Default null: `pad_token_id`. */
  decoder_start_token_id: number | null;
}

const DEFAULTS: T5Config = {
  vocab_size: 32128,
  d_model: 512,
  d_kv: 64,
  d_ff: 2048,
  num_layers: 6,
  num_decoder_layers: null,
  num_heads: 8,
  relative_attention_num_buckets: 32,
  relative_attention_max_distance: 128,
  dropout_rate: 0.1,
  layer_norm_epsilon: 1e-6,
  initializer_factor: 1,
  feed_forward_proj: "relu",
  tie_word_embeddings: true,
  scale_decoder_outputs: null,
  pad_token_id: 0,
  decoder_start_token_id: null,
};

const RULES = {
  fixed: { is_encoder_decoder: true, is_decoder: false },
  fractions: ["initializer_factor"],
};

export type Parts = Build<T5Config>;

/** @throws RangeError or TypeError for a field that does not fit, or a feature that is not built */
export function t5Config(given: GivenConfig<T5Config>): T5Config {
  const config = readConfig("T5", "t5", DEFAULTS, given, RULES);
  expectNumber("T5", "dropout_rate", config.dropout_rate, 0, 1);
  expectInteger("T5", "num_decoder_layers", config.num_decoder_layers ?? 1, 1);
  expectInteger("T5", "decoder_start_token_id", config.decoder_start_token_id ?? 0);
  const { relative_attention_num_buckets: buckets } = config;
  if (buckets < 4) {
    fail("T5", "relative_attention_num_buckets", "to be at least 4", String(buckets));
  }
  feedForward(config);
  return config;
}

/** @throws RangeError for an unknown activation */
export function feedForward({ feed_forward_proj: given }: Readonly<T5Config>) {
  const gated = given.startsWith("gated-");
  const name = gated ? given.slice("gated-".length) : given;
  return { gated, act: activationOf("T5", given === "gated-gelu" ? "gelu_new" : name) };
}
