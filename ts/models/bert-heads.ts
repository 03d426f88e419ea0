/** @file The heads of BERT. */

import type { Tensor } from "../core/tensor.ts";
import type { LayerNorm } from "../nn/layer-norm.ts";
import type { Linear } from "../nn/linear.ts";
import { Module, parameter } from "../nn/module.ts";
import { zeros } from "../ops/create.ts";
import { linear } from "../ops/linear.ts";
import { type Activation, activationOf } from "./activations.ts";
import { layer, norm, type Parts } from "./bert-config.ts";

class Transform extends Module {
  readonly dense: Linear;
  readonly LayerNorm: LayerNorm;
  readonly #act: Activation;

  constructor(build: Parts) {
    super();
    this.dense = layer(build);
    this.LayerNorm = norm(build);
    this.#act = activationOf("BERT", build.config.hidden_act);
  }

  forward(x: Tensor): Tensor {
    return this.LayerNorm.forward(this.#act(this.dense.forward(x)));
  }
}

/** The head for masked words: with the embedding as its matrix, or with one of its own. */
class Predictions extends Module {
  readonly transform: Transform;
  readonly bias: Tensor | undefined;
  readonly decoder: Linear | undefined;

  constructor(build: Parts) {
    super();
    const { vocab_size: V, hidden_size: D, tie_word_embeddings } = build.config;
    this.transform = new Transform(build);
    this.bias = tie_word_embeddings ? parameter(zeros([V], { dtype: build.dtype })) : undefined;
    this.decoder = tie_word_embeddings ? undefined : layer(build, D, V);
  }

  forward(x: Tensor, embedding: Tensor): Tensor {
    const y = this.transform.forward(x);
    return this.decoder ? this.decoder.forward(y) : linear(y, embedding, this.bias);
  }
}

export class Heads extends Module {
  readonly predictions: Predictions | undefined;
  readonly seq_relationship: Linear | undefined;

  constructor(build: Parts, { mlm, nsp }: { mlm: boolean; nsp: boolean }) {
    super();
    this.predictions = mlm ? new Predictions(build) : undefined;
    this.seq_relationship = nsp ? layer(build, build.config.hidden_size, 2) : undefined;
  }
}
