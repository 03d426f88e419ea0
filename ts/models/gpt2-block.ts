/** @file A block of GPT-2. */

import type { Tensor } from "../core/tensor.ts";
import { joinHeads, splitHeads } from "../nn/attention-heads.ts";
import { attend } from "../nn/capture-attention.ts";
import { Dropout } from "../nn/dropout.ts";
import { LayerNorm } from "../nn/layer-norm.ts";
import { Module } from "../nn/module.ts";
import { add } from "../ops/arithmetic.ts";
import { type Activation, activationOf } from "./activations.ts";
import { Conv1D } from "./conv1d.ts";
import type { Parts } from "./gpt2-config.ts";
import type { LayerCache } from "./kv-cache.ts";

class GPT2Attention extends Module {
  readonly c_attn: Conv1D;
  readonly c_proj: Conv1D;
  readonly resid_dropout: Dropout;
  readonly #scale: number;
  readonly #H: number;
  readonly #p: number;
  readonly #random: Parts["random"];

  constructor({ config, dtype, random }: Parts, layer: number) {
    super();
    const { n_embd: D, n_head: H, n_layer, initializer_range: std } = config;
    this.c_attn = new Conv1D(D, 3 * D, { std, dtype, ...random });
    this.c_proj = new Conv1D(D, D, { std: std / Math.sqrt(2 * n_layer), dtype, ...random });
    this.resid_dropout = new Dropout(config.resid_pdrop, random);
    const scale = config.scale_attn_weights ? 1 / Math.sqrt(D / H) : 1;
    this.#scale = config.scale_attn_by_inverse_layer_idx ? scale / (layer + 1) : scale;
    this.#H = H;
    this.#p = config.attn_pdrop;
    this.#random = random;
  }

  /** @param x [B, T, D] @param mask bool, true takes part; default: all that came before */
  forward(x: Tensor, mask?: Tensor, cache?: LayerCache): Tensor {
    const qkv = this.c_attn.forward(x); // [B, T, 3 D]
    const y = cache ? this.#step(qkv, cache) : this.#whole(qkv, mask); // [B, T, D]
    return this.resid_dropout.forward(this.c_proj.forward(y));
  }

  #whole(qkv: Tensor, mask: Tensor | undefined): Tensor {
    const [q, k, v] = splitHeads(qkv, 3, this.#H) as [Tensor, Tensor, Tensor];
    const dropoutP = this.training ? this.#p : 0;
    const sight = mask ? { attnMask: mask } : { isCausal: true };
    return joinHeads(
      attend(this, q, k, v, { ...sight, dropoutP, scale: this.#scale, ...this.#random }),
    );
  }

  #step(qkv: Tensor, cache: LayerCache): Tensor {
    cache.keep(qkv, { keys: 1, values: 2 });
    return cache.attend(qkv, { causal: true, scale: this.#scale });
  }
}

class GPT2MLP extends Module {
  readonly c_fc: Conv1D;
  readonly c_proj: Conv1D;
  readonly dropout: Dropout;
  readonly #act: Activation;

  constructor({ config, dtype, random }: Parts) {
    super();
    const { n_embd: D, n_layer, initializer_range: std } = config;
    const inner = config.n_inner ?? 4 * D;
    this.c_fc = new Conv1D(D, inner, { std, dtype, ...random });
    this.c_proj = new Conv1D(inner, D, { std: std / Math.sqrt(2 * n_layer), dtype, ...random });
    this.dropout = new Dropout(config.resid_pdrop, random);
    this.#act = activationOf("GPT2", config.activation_function);
  }

  forward(x: Tensor): Tensor {
    return this.dropout.forward(this.c_proj.forward(this.#act(this.c_fc.forward(x))));
  }
}

export class GPT2Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: GPT2Attention;
  readonly ln_2: LayerNorm;
  readonly mlp: GPT2MLP;

  constructor(build: Parts, layer: number) {
    super();
    const { n_embd: D, layer_norm_epsilon: eps } = build.config;
    this.ln_1 = new LayerNorm(D, { eps, dtype: build.dtype });
    this.attn = new GPT2Attention(build, layer);
    this.ln_2 = new LayerNorm(D, { eps, dtype: build.dtype });
    this.mlp = new GPT2MLP(build);
  }

  forward(x: Tensor, mask?: Tensor, cache?: LayerCache): Tensor {
    const y = add(x, this.attn.forward(this.ln_1.forward(x), mask, cache));
    return add(y, this.mlp.forward(this.ln_2.forward(y)));
  }
}
