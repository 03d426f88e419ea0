/** @file The layers of T5 (Raffel et al. 2020). */

import type { Tensor } from "../core/tensor.ts";
import { joinHeads, splitHeads } from "../nn/attention-heads.ts";
import { attend } from "../nn/capture-attention.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { constant, normal } from "../nn/init.ts";
import type { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { RMSNorm } from "../nn/rms-norm.ts";
import { add, mul } from "../ops/arithmetic.ts";
import { concat } from "../ops/join.ts";
import type { Activation } from "./activations.ts";
import { dense } from "./dense.ts";
import type { LayerCache } from "./kv-cache.ts";
import { feedForward, type Parts } from "./t5-config.ts";

/** Without bias, from N(0, variance). */
const matrix = (
  { dtype, random, config }: Parts,
  from: number,
  to: number,
  variance: number,
): Linear => {
  const std = config.initializer_factor * Math.sqrt(variance);
  return dense(from, to, { std, bias: false, dtype, ...random });
};

export const norm = ({ config, dtype }: Parts): RMSNorm => {
  const layer = new RMSNorm(config.d_model, { eps: config.layer_norm_epsilon, dtype });
  constant(layer.weight!, config.initializer_factor);
  return layer;
};

/** What an attention sees beside its queries. */
export interface Sight {
  /** [B or 1, H or 1, T, S]: bool, true takes part, or added to the scores. Default: everything. */
  mask?: Tensor | undefined;
  /** Where the keys and values of earlier steps are; then there is no mask. */
  cache?: LayerCache | undefined;
  /** For the cache: [H, C], see `attendKept`. */
  bias?: Tensor | undefined;
}

/** softmax(Q Kᵀ + bias) V: the scores are not scaled, the initial weights of Q are. */
export class T5Attention extends Module {
  readonly q: Linear;
  readonly k: Linear;
  readonly v: Linear;
  readonly o: Linear;
  /** [buckets, H], in the first layer of a stack, for all of them. */
  readonly relative_attention_bias: Embedding | undefined;
  readonly #build: Parts;

  constructor(build: Parts, biased: boolean) {
    super();
    const { d_model: D, d_kv: E, num_heads: H, ...config } = build.config;
    this.q = matrix(build, D, H * E, 1 / (D * E));
    this.k = matrix(build, D, H * E, 1 / D);
    this.v = matrix(build, D, H * E, 1 / D);
    this.o = matrix(build, H * E, D, 1 / (H * E));
    if (biased) {
      const { dtype, random } = build;
      const table = new Embedding(config.relative_attention_num_buckets, H, { dtype, ...random });
      normal(table.weight, 0, config.initializer_factor / Math.sqrt(D), random.generator);
      this.relative_attention_bias = table;
    }
    this.#build = build;
  }

  /** @param x [B, T, D] @param memory [B, S, D], what keys and values are made of; with a cache of them undefined */
  forward(x: Tensor, memory: Tensor | undefined, { mask, cache, bias }: Sight): Tensor {
    return this.o.forward(
      cache ? this.#step(x, memory, cache, bias) : this.#whole(x, memory!, mask),
    );
  }

  #whole(x: Tensor, memory: Tensor, attnMask: Tensor | undefined): Tensor {
    const { config, random } = this.#build;
    const H = config.num_heads;
    const [q, k, v] = [this.q.forward(x), this.k.forward(memory), this.v.forward(memory)];
    const dropoutP = this.training ? config.dropout_rate : 0;
    const options = { scale: 1, dropoutP, ...(attnMask && { attnMask }), ...random };
    const heads = (x: Tensor): Tensor => splitHeads(x, 1, H)[0]!;
    return joinHeads(attend(this, heads(q), heads(k), heads(v), options));
  }

  #step(
    x: Tensor,
    memory: Tensor | undefined,
    cache: LayerCache,
    bias: Tensor | undefined,
  ): Tensor {
    const q = this.q.forward(x);
    if (!memory) return cache.attend(q, { causal: false, scale: 1 });
    cache.keep(this.keysAndValues(memory), { keys: 0, values: 1 });
    return cache.attend(q, { causal: true, scale: 1, bias });
  }

  /** Side by side, [B, S, 2 · H · E]: what a cache keeps. */
  keysAndValues(memory: Tensor): Tensor {
    return concat([this.k.forward(memory), this.v.forward(memory)], -1);
  }
}

/** W_o act(W_i x), or W_o (act(W_i0 x) ⊙ W_i1 x) (Shazeer 2020). */
class FeedForward extends Module {
  readonly wi: Linear | undefined;
  readonly wi_0: Linear | undefined;
  readonly wi_1: Linear | undefined;
  readonly wo: Linear;
  readonly dropout: Dropout;
  readonly #act: Activation;

  constructor(build: Parts) {
    super();
    const { d_model: D, d_ff: F, dropout_rate } = build.config;
    const { gated, act } = feedForward(build.config);
    this.wi = gated ? undefined : matrix(build, D, F, 1 / D);
    this.wi_0 = gated ? matrix(build, D, F, 1 / D) : undefined;
    this.wi_1 = gated ? matrix(build, D, F, 1 / D) : undefined;
    this.wo = matrix(build, F, D, 1 / F);
    this.dropout = new Dropout(dropout_rate, build.random);
    this.#act = act;
  }

  forward(x: Tensor): Tensor {
    const y = this.#act((this.wi ?? this.wi_0)!.forward(x));
    const z = this.wi_1 ? mul(y, this.wi_1.forward(x)) : y;
    return this.wo.forward(this.dropout.forward(z));
  }
}

/** x + dropout(f(norm(x))): what every layer is. */
abstract class Residual extends Module {
  readonly layer_norm: RMSNorm;
  readonly dropout: Dropout;

  constructor(build: Parts) {
    super();
    this.layer_norm = norm(build);
    this.dropout = new Dropout(build.config.dropout_rate, build.random);
  }

  protected around(x: Tensor, f: (normed: Tensor) => Tensor): Tensor {
    return add(x, this.dropout.forward(f(this.layer_norm.forward(x))));
  }
}

export class SelfAttentionLayer extends Residual {
  readonly SelfAttention: T5Attention;

  constructor(build: Parts, biased: boolean) {
    super(build);
    this.SelfAttention = new T5Attention(build, biased);
  }

  forward(x: Tensor, sight: Sight): Tensor {
    return this.around(x, (y) => this.SelfAttention.forward(y, y, sight));
  }
}

export class CrossAttentionLayer extends Residual {
  readonly EncDecAttention: T5Attention;

  constructor(build: Parts) {
    super(build);
    this.EncDecAttention = new T5Attention(build, false);
  }

  forward(x: Tensor, memory: Tensor | undefined, sight: Sight): Tensor {
    return this.around(x, (y) => this.EncDecAttention.forward(y, memory, sight));
  }
}

export class FeedForwardLayer extends Residual {
  readonly DenseReluDense: FeedForward;

  constructor(build: Parts) {
    super(build);
    this.DenseReluDense = new FeedForward(build);
  }

  forward(x: Tensor): Tensor {
    return this.around(x, (y) => this.DenseReluDense.forward(y));
  }
}
