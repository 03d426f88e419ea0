/** @file The encoder and the decoder of T5. */

import type { Tensor } from "../core/tensor.ts";
import { ModuleList } from "../nn/containers.ts";
import { Dropout } from "../nn/dropout.ts";
import { Module } from "../nn/module.ts";
import type { RMSNorm } from "../nn/rms-norm.ts";
import { where } from "../ops/compare.ts";
import { tensor } from "../ops/create.ts";
import { permute, transpose, unsqueeze } from "../ops/shape.ts";
import type { LayerCache } from "./kv-cache.ts";
import { buckets, pairBuckets } from "./relative-position.ts";
import type { Parts } from "./t5-config.ts";
import {
  CrossAttentionLayer,
  FeedForwardLayer,
  norm,
  SelfAttentionLayer,
  type Sight,
} from "./t5-layers.ts";

class T5Block extends Module {
  readonly layer: ModuleList;
  readonly #self: SelfAttentionLayer;
  readonly #cross: CrossAttentionLayer | undefined;
  readonly #ff: FeedForwardLayer;

  constructor(build: Parts, decoder: boolean, first: boolean) {
    super();
    this.#self = new SelfAttentionLayer(build, first);
    this.#cross = decoder ? new CrossAttentionLayer(build) : undefined;
    this.#ff = new FeedForwardLayer(build);
    this.layer = new ModuleList([this.#self, ...(this.#cross ? [this.#cross] : []), this.#ff]);
  }

  get self(): SelfAttentionLayer["SelfAttention"] {
    return this.#self.SelfAttention;
  }

  get cross(): CrossAttentionLayer["EncDecAttention"] | undefined {
    return this.#cross?.EncDecAttention;
  }

  forward(x: Tensor, own: Sight, memory: Tensor | undefined, across: Sight): Tensor {
    const y = this.#self.forward(x, own);
    return this.#ff.forward(this.#cross?.forward(y, memory, across) ?? y);
  }
}

/** What a stack reads beside its own input. */
export interface StackInputs {
  /** bool [B or 1, 1, T or 1, T]: which of its own tokens take part. Default: all. */
  mask?: Tensor | undefined;
  /** The encoder's states [B, S, D], for a decoder without a cache. */
  memory?: Tensor | undefined;
  /** bool [B, 1, 1, S] */
  memoryMask?: Tensor | undefined;
  /** What is kept of a layer's own keys and values, and of the encoder's. */
  caches?:
    { own: (layer: number) => LayerCache; memory: (layer: number) => LayerCache } | undefined;
}

export class T5Stack extends Module {
  readonly block: ModuleList<T5Block>;
  readonly final_layer_norm: RMSNorm;
  readonly dropout: Dropout;
  readonly #build: Parts;
  readonly #decoder: boolean;

  constructor(build: Parts, length: number, decoder: boolean) {
    super();
    this.block = new ModuleList(
      Array.from({ length }, (_, l) => new T5Block(build, decoder, l === 0)),
    );
    this.final_layer_norm = norm(build);
    this.dropout = new Dropout(build.config.dropout_rate, build.random);
    this.#build = build;
    this.#decoder = decoder;
  }

  /**
   * Every state of the residual stream: the embeddings, then what each block gives, the last normalised.
   *
   * @param embedded [B, T, D]
   */
  forward(embedded: Tensor, { mask, memory, memoryMask, caches }: StackInputs): Tensor[] {
    const bias = caches
      ? this.#distanceBias(caches.own(0).capacity)
      : this.#pairBias(embedded.shape[1]!);
    const own = mask ? where(mask, bias, -Infinity) : bias;
    let x = this.dropout.forward(embedded);
    const states = [x];
    for (const [l, block] of [...this.block].entries()) {
      x = caches
        ? block.forward(x, { cache: caches.own(l), bias }, undefined, { cache: caches.memory(l) })
        : block.forward(x, { mask: own }, memory, { mask: memoryMask });
      states.push(x);
    }
    states[states.length - 1] = this.dropout.forward(this.final_layer_norm.forward(x));
    return states;
  }

  /** Of each pair of places: [1, H, T, T]. */
  #pairBias(T: number): Tensor {
    const { relative_attention_num_buckets: count, relative_attention_max_distance: most } =
      this.#build.config;
    const ids = pairBuckets(T, count, most, !this.#decoder);
    return unsqueeze(permute(this.#biases(ids, [T, T]), [2, 0, 1]), 0);
  }

  /** Of each distance back, from C − 1 to 0: [H, C]. */
  #distanceBias(C: number): Tensor {
    const { relative_attention_num_buckets: count, relative_attention_max_distance: most } =
      this.#build.config;
    return transpose(this.#biases(buckets(C, count, most).reverse(), [C]), 0, 1);
  }

  /** [...shape, H] */
  #biases(ids: Int32Array, shape: readonly number[]): Tensor {
    return this.block.at(0).self.relative_attention_bias!.forward(tensor(ids, shape));
  }
}
