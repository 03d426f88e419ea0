/** @file GPT-2: a decoder of masked self-attention (Radford et al. 2019), under Hugging Face's names. */

import type { FloatDType } from "../core/dtype.ts";
import { dims, expectInteger, expectNumber, expectShape, fail } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { ModuleList } from "../nn/containers.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { normal } from "../nn/init.ts";
import { LayerNorm } from "../nn/layer-norm.ts";
import type { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { add } from "../ops/arithmetic.ts";
import { arange } from "../ops/create.ts";
import { linear } from "../ops/linear.ts";
import { activationOf } from "./activations.ts";
import { type GivenConfig, readConfig } from "./config.ts";
import { DecoderSession } from "./decoder-session.ts";
import { dense } from "./dense.ts";
import { GPT2Block } from "./gpt2-block.ts";
import { DEFAULTS, RULES, type GPT2Config, type Parts } from "./gpt2-config.ts";
import type { LayerCache } from "./kv-cache.ts";
import { causalAndPadding } from "./masks.ts";
import type { ModelOptions } from "./model-options.ts";
import { type CheckpointFiles, configOf, fill, shardsOf } from "./pretrained.ts";

class GPT2Model extends Module {
  readonly wte: Embedding;
  readonly wpe: Embedding;
  readonly drop: Dropout;
  readonly h: ModuleList<GPT2Block>;
  readonly ln_f: LayerNorm;

  constructor(build: Parts) {
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

/** What `GPT2` is given besides the ids. */
export interface GPT2Inputs {
  /** int32 or bool [B, T]: 0 at padding, which nothing attends to. Default: all are tokens. */
  attentionMask?: Tensor;
  /** int32 [B, T] or [T]: where each token stands. Default: 0 to T − 1. */
  positions?: Tensor;
}

/** What `GPT2` gives. */
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
 *     const gpt2 = GPT2.fromPretrained(readFileSync("model.safetensors"), config);
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
    this.config = readConfig("GPT2", "gpt2", DEFAULTS, config, RULES);
    const { n_embd: D, n_head: H, vocab_size: V, initializer_range: std } = this.config;
    if (D % H !== 0) fail("GPT2", "n_embd", `to be a multiple of n_head = ${H}`, String(D));
    for (const p of ["resid_pdrop", "embd_pdrop", "attn_pdrop"] as const) {
      expectNumber("GPT2", p, this.config[p], 0, 1);
    }
    expectInteger("GPT2", "n_inner", this.config.n_inner ?? 1, 1);
    activationOf("GPT2", this.config.activation_function); // before anything is made
    const random = generator ? { generator } : {};
    this.dtype = dtype;
    this.transformer = new GPT2Model({ config: this.config, dtype, random });
    if (!this.config.tie_word_embeddings) {
      this.lm_head = dense(D, V, { std, bias: false, dtype, ...random });
    }
  }

  /**
   * The model of a Hugging Face checkpoint, with or without its head and the prefix "transformer.". float16 and bfloat16 are
   * widened, and the model is in evaluation mode.
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
    return model.eval();
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
   * @param options batch: how many independent texts are read side by side; default 1
   */
  session({ batch = 1 }: { batch?: number } = {}): DecoderSession {
    const { n_layer: layers, n_head: heads, n_embd: D, n_positions: longest } = this.config;
    return new DecoderSession({
      sizes: { layers, batch, heads, size: D / heads, dtype: this.dtype },
      model: this,
      longest,
      read: (ids, positions, cache) =>
        this.transformer.forward(ids, positions, undefined, cache).at(-1)!,
      logits: (x) => this.#logits(x),
    });
  }
}
