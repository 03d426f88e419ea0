/** @file GPT-2: a decoder of masked self-attention (Radford et al. 2019), under Hugging Face's names. */

import type { FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { dims, expectNumber, expectShape, fail } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { attend } from "../nn/capture-attention.ts";
import { ModuleList } from "../nn/containers.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { normal } from "../nn/init.ts";
import { LayerNorm } from "../nn/layer-norm.ts";
import { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { add } from "../ops/arithmetic.ts";
import { arange } from "../ops/create.ts";
import { linear } from "../ops/linear.ts";
import { type Activation, activationOf } from "./activations.ts";
import { type GivenConfig, readConfig } from "./config.ts";
import { Conv1D } from "./conv1d.ts";
import { DecoderSession } from "./decoder-session.ts";
import { mergeHeads, splitQkv } from "./heads.ts";
import type { LayerCache } from "./kv-cache.ts";
import { causalAndPadding } from "./masks.ts";
import { type CheckpointFiles, configOf, fill, shardsOf } from "./pretrained.ts";

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

const DEFAULTS: GPT2Config = {
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

/** Features of some configs that would make another model. */
const FIXED = { add_cross_attention: false };

export interface ModelOptions {
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws the initial values and what dropout drops. Default: the global one. */
  generator?: Generator;
}

/** What the parts are made from. */
interface Build {
  config: GPT2Config;
  dtype: FloatDType;
  random: { generator?: Generator };
}

class GPT2Attention extends Module {
  readonly c_attn: Conv1D;
  readonly c_proj: Conv1D;
  readonly resid_dropout: Dropout;
  readonly #scale: number;
  readonly #H: number;
  readonly #dropout: { p: number; generator?: Generator };

  constructor({ config, dtype, random }: Build, layer: number) {
    super();
    const { n_embd: D, n_head: H, n_layer, initializer_range: std } = config;
    this.c_attn = new Conv1D(D, 3 * D, { std, dtype, ...random });
    this.c_proj = new Conv1D(D, D, { std: std / Math.sqrt(2 * n_layer), dtype, ...random });
    this.resid_dropout = new Dropout(config.resid_pdrop, random);
    const scale = config.scale_attn_weights ? 1 / Math.sqrt(D / H) : 1;
    this.#scale = config.scale_attn_by_inverse_layer_idx ? scale / (layer + 1) : scale;
    this.#H = H;
    this.#dropout = { p: config.attn_pdrop, ...random };
  }

  /** @param x [B, T, D] @param mask bool, true takes part; default: all that came before */
  forward(x: Tensor, mask?: Tensor, cache?: LayerCache): Tensor {
    const qkv = this.c_attn.forward(x); // [B, T, 3 D]
    const y = cache ? this.#step(qkv, cache) : this.#whole(qkv, mask); // [B, T, D]
    return this.resid_dropout.forward(this.c_proj.forward(y));
  }

  #whole(qkv: Tensor, mask: Tensor | undefined): Tensor {
    const [q, k, v] = splitQkv(qkv, this.#H);
    const { p, ...random } = this.#dropout;
    const dropoutP = this.training ? p : 0;
    const sight = mask ? { attnMask: mask } : { isCausal: true };
    return mergeHeads(attend(this, q, k, v, { ...sight, dropoutP, scale: this.#scale, ...random }));
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

  constructor({ config, dtype, random }: Build) {
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

class GPT2Block extends Module {
  readonly ln_1: LayerNorm;
  readonly attn: GPT2Attention;
  readonly ln_2: LayerNorm;
  readonly mlp: GPT2MLP;

  constructor(build: Build, layer: number) {
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

class GPT2Model extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly drop: Dropout;
  readonly h: ModuleList<GPT2Block>;
  readonly ln_f: LayerNorm;

  constructor(build: Build) {
    super();
    const { config, dtype, random } = build;
    const { vocab_size: V, n_positions: T, n_embd: D, initializer_range: std } = config;
    this.wte = new Embedding(V, D, { dtype, ...random });
    this.wpe = new Embedding(T, D, { dtype, ...random });
    for (const { weight } of [this.wte, this.wpe]) normal(weight, 0, std, random.generator);
    this.drop = new Dropout(config.embd_pdrop, random);
    this.h = new ModuleList(
      Array.from({ length: config.n_layer }, (_, l) => new GPT2Block(build, l)),
    );
    this.ln_f = new LayerNorm(D, { eps: config.layer_norm_epsilon, dtype });
  }

  /** Every state of the residual stream [B, T, D]: the embeddings, then what each block gives, the last normalised. */
  forward(
    ids: Tensor,
    positions: Tensor,
    mask?: Tensor,
    cache?: (layer: number) => LayerCache,
  ): Tensor[] {
    let x = this.drop.forward(add(this.wte.forward(ids), this.wpe.forward(positions)));
    const states = [x];
    for (const [l, block] of [...this.h].entries()) {
      x = block.forward(x, mask, cache?.(l));
      states.push(x);
    }
    states[states.length - 1] = this.ln_f.forward(x);
    return states;
  }
}

export interface GPT2Inputs {
  /** int32 or bool [B, T]: 0 at padding, which nothing attends to. Default: all are tokens. */
  attentionMask?: Tensor;
  /** int32 [B, T] or [T]: where each token stands. Default: 0 to T − 1. */
  positions?: Tensor;
}

export interface GPT2Outputs {
  /** For the token after each one: [B, T, V]. */
  logits: Tensor;
  /** The embeddings, and what each block gives, the last of them normalised: [B, T, D] each. */
  hiddenStates: Tensor[];
}

/**
 * x ← x + attention(norm(x)), x ← x + mlp(norm(x)) in each block, of the sum of a token's and its place's vector; then
 * logits = norm(x) Wᵀ, where W are the tokens' vectors (Radford et al. 2019).
 *
 *     const model = new GPT2({ vocab_size: 65, n_positions: 128, n_embd: 64, n_layer: 4, n_head: 4 });
 *     const { logits } = model.forward(ids);                           // [B, T, 65]
 *     const gpt2 = GPT2.fromPretrained(readFileSync("model.safetensors"), config).eval();
 *
 * Weights start from N(0, σ²), those that write to the residual stream from N(0, σ² / (2 n_layer)), biases at 0.
 * `nn.captureAttention` gives the attention of each "transformer.h.0.attn".
 */
export class GPT2 extends Module {
  readonly config: Readonly<GPT2Config>;
  readonly dtype: FloatDType;
  readonly transformer: GPT2Model;
  /** Only if the embedding does not serve. */
  readonly lm_head: Linear | undefined;

  /**
   * @param config fields of Hugging Face's config.json; others are ignored
   * @throws RangeError or TypeError for a field that does not fit, or a feature that is not built
   */
  constructor(
    config: GivenConfig<GPT2Config> = {},
    { dtype = "float32", generator }: ModelOptions = {},
  ) {
    super();
    this.config = readConfig("GPT2", "gpt2", DEFAULTS, config, FIXED);
    const { n_embd: D, n_head: H, vocab_size: V, initializer_range: std } = this.config;
    if (D % H !== 0) fail("GPT2", "n_embd", `to be a multiple of n_head = ${H}`, String(D));
    for (const p of ["resid_pdrop", "embd_pdrop", "attn_pdrop"] as const) {
      expectNumber("GPT2", p, this.config[p], 0, 1);
    }
    activationOf("GPT2", this.config.activation_function); // before anything is made
    const random = generator ? { generator } : {};
    this.dtype = dtype;
    this.transformer = new GPT2Model({ config: this.config, dtype, random });
    if (!this.config.tie_word_embeddings) {
      this.lm_head = new Linear(D, V, { bias: false, dtype, ...random });
      normal(this.lm_head.weight, 0, std, generator);
    }
  }

  /**
   * The model of a Hugging Face checkpoint, with or without its head and the prefix "transformer.". float16 and bfloat16 are
   * widened.
   *
   * @param config default: config.json among the files
   * @throws Error that lists what is missing, unexpected or of another shape
   */
  static fromPretrained(
    files: CheckpointFiles,
    config?: GivenConfig<GPT2Config>,
    options: ModelOptions = {},
  ): GPT2 {
    const shards = shardsOf("GPT2", files);
    const model = new GPT2(configOf("GPT2", files, config), options);
    fill(model, shards, {
      prefix: "transformer.",
      ignored: /^lm_head\.weight$|\.attn\.(masked_)?bias$/,
    });
    return model;
  }

  /**
   * @param ids int32 [B, T]
   * @throws RangeError when the sequence is longer than n_positions, or a shape does not fit
   */
  forward(ids: Tensor, { attentionMask, positions }: GPT2Inputs = {}): GPT2Outputs {
    expectTensor("GPT2", "ids", ids);
    const [B, T] = dims("GPT2", { ids }, 2);
    if (T > this.config.n_positions) {
      fail("GPT2", "ids", `to be at most n_positions = ${this.config.n_positions} long`, String(T));
    }
    if (attentionMask) expectShape("GPT2", { attentionMask }, [B, T]);
    const hiddenStates = this.transformer.forward(
      ids,
      positions ?? arange(T, { dtype: "int32" }),
      attentionMask && causalAndPadding(attentionMask),
    );
    return { logits: this.#logits(hiddenStates.at(-1)!), hiddenStates };
  }

  #logits(x: Tensor): Tensor {
    return this.lm_head ? this.lm_head.forward(x) : linear(x, this.transformer.wte.weight);
  }

  /**
   * Reads a text piece by piece and keeps keys and values: see `DecoderSession`.
   *
   * @param options.batch how many independent texts are read side by side; default 1
   */
  session({ batch = 1 }: { batch?: number } = {}): DecoderSession {
    const { n_layer: layers, n_head: heads, n_embd: D, n_positions, vocab_size } = this.config;
    return new DecoderSession(
      { layers, batch, heads, size: D / heads, dtype: this.dtype },
      { vocabulary: vocab_size, longest: n_positions },
      (ids, positions, cache) => this.transformer.forward(ids, positions, undefined, cache).at(-1)!,
      (x) => this.#logits(x),
      this,
    );
  }
}
