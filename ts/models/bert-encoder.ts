/** @file The parts of BERT below its heads. */

import type { Tensor } from "../core/tensor.ts";
import { joinHeads, splitHeads } from "../nn/attention-heads.ts";
import { attend } from "../nn/capture-attention.ts";
import { ModuleList } from "../nn/containers.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { normal } from "../nn/init.ts";
import type { LayerNorm } from "../nn/layer-norm.ts";
import type { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { tanh } from "../ops/activation.ts";
import { add } from "../ops/arithmetic.ts";
import { select } from "../ops/slice.ts";
import { type Activation, activationOf } from "./activations.ts";
import { layer, norm, type Parts } from "./bert-config.ts";

class Embeddings extends Module {
  readonly word_embeddings: Embedding;
  readonly position_embeddings: Embedding;
  readonly token_type_embeddings: Embedding;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(build: Parts) {
    super();
    const { config, dtype, random } = build;
    const table = (rows: number, paddingIdx?: number): Embedding => {
      const padding = paddingIdx === undefined ? {} : { paddingIdx };
      const made = new Embedding(rows, config.hidden_size, { dtype, ...random, ...padding });
      normal(made.weight, 0, config.initializer_range, random.generator);
      const row =
        paddingIdx === undefined ? undefined : select(made.weight.detach(), 0, paddingIdx);
      row?.view().fill(0);
      return made;
    };
    this.word_embeddings = table(config.vocab_size, config.pad_token_id);
    this.position_embeddings = table(config.max_position_embeddings);
    this.token_type_embeddings = table(config.type_vocab_size);
    this.LayerNorm = norm(build);
    this.dropout = new Dropout(config.hidden_dropout_prob, random);
  }

  forward(ids: Tensor, types: Tensor, positions: Tensor): Tensor {
    const x = add(this.word_embeddings.forward(ids), this.token_type_embeddings.forward(types));
    const y = add(x, this.position_embeddings.forward(positions));
    return this.dropout.forward(this.LayerNorm.forward(y));
  }
}

class SelfAttention extends Module {
  readonly query: Linear;
  readonly key: Linear;
  readonly value: Linear;
  readonly #build: Parts;

  constructor(build: Parts) {
    super();
    this.query = layer(build);
    this.key = layer(build);
    this.value = layer(build);
    this.#build = build;
  }

  forward(x: Tensor, attnMask: Tensor | undefined): Tensor {
    const { config, random } = this.#build;
    const [q, k, v] = [this.query, this.key, this.value].flatMap((projection) =>
      splitHeads(projection.forward(x), 1, config.num_attention_heads),
    ) as [Tensor, Tensor, Tensor];
    const dropoutP = this.training ? config.attention_probs_dropout_prob : 0;
    return joinHeads(attend(this, q, k, v, { ...(attnMask && { attnMask }), dropoutP, ...random }));
  }
}

/** norm(x + dropout(W y + b)): what ends both halves of a layer. */
class Output extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly dropout: Dropout;

  constructor(build: Parts, from: number) {
    super();
    this.dense = layer(build, from);
    this.LayerNorm = norm(build);
    this.dropout = new Dropout(build.config.hidden_dropout_prob, build.random);
  }

  forward(y: Tensor, x: Tensor): Tensor {
    return this.LayerNorm.forward(add(this.dropout.forward(this.dense.forward(y)), x));
  }
}

class Attention extends Module {
  readonly self: SelfAttention;
  readonly output: Output;

  constructor(build: Parts) {
    super();
    this.self = new SelfAttention(build);
    this.output = new Output(build, build.config.hidden_size);
  }

  forward(x: Tensor, mask: Tensor | undefined): Tensor {
    return this.output.forward(this.self.forward(x, mask), x);
  }
}

class Intermediate extends Module {
  readonly dense: Linear;
  readonly #act: Activation;

  constructor(build: Parts) {
    super();
    this.dense = layer(build, build.config.hidden_size, build.config.intermediate_size);
    this.#act = activationOf("BERT", build.config.hidden_act);
  }

  forward(x: Tensor): Tensor {
    return this.#act(this.dense.forward(x));
  }
}

class EncoderLayer extends Module {
  readonly attention: Attention;
  readonly intermediate: Intermediate;
  readonly output: Output;

  constructor(build: Parts) {
    super();
    this.attention = new Attention(build);
    this.intermediate = new Intermediate(build);
    this.output = new Output(build, build.config.intermediate_size);
  }

  forward(x: Tensor, mask: Tensor | undefined): Tensor {
    const y = this.attention.forward(x, mask);
    return this.output.forward(this.intermediate.forward(y), y);
  }
}

class Encoder extends Module {
  readonly layer: ModuleList<EncoderLayer>;

  constructor(build: Parts) {
    super();
    const { num_hidden_layers: length } = build.config;
    this.layer = new ModuleList(Array.from({ length }, () => new EncoderLayer(build)));
  }
}

class Pooler extends Module {
  readonly dense: Linear;

  constructor(build: Parts) {
    super();
    this.dense = layer(build);
  }

  /** @param x [B, T, D] @returns of the first token, [B, D] */
  forward(x: Tensor): Tensor {
    return tanh(this.dense.forward(select(x, 1, 0)));
  }
}

export class BERTModel extends Module {
  readonly embeddings: Embeddings;
  readonly encoder: Encoder;
  readonly pooler: Pooler | undefined;

  constructor(build: Parts, pooler: boolean) {
    super();
    this.embeddings = new Embeddings(build);
    this.encoder = new Encoder(build);
    this.pooler = pooler ? new Pooler(build) : undefined;
  }
}
