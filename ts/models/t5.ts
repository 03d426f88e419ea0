/** @file T5: an encoder and a decoder with relative positions (Raffel et al. 2020), under Hugging Face's names. */

import { noGrad } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { scope } from "../core/lifetime.ts";
import { dims, expectShape } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { Embedding } from "../nn/embedding.ts";
import { normal } from "../nn/init.ts";
import type { Linear } from "../nn/linear.ts";
import { Module } from "../nn/module.ts";
import { mul } from "../ops/arithmetic.ts";
import { full, ones } from "../ops/create.ts";
import { concat } from "../ops/join.ts";
import { linear } from "../ops/linear.ts";
import { slice } from "../ops/slice.ts";
import { tril } from "../ops/triangle.ts";
import type { GivenConfig } from "./config.ts";
import { DecoderSession } from "./decoder-session.ts";
import { dense } from "./dense.ts";
import { KVCache } from "./kv-cache.ts";
import { causalAndPadding, padding, tokensFirst } from "./masks.ts";
import type { ModelOptions } from "./model-options.ts";
import { type CheckpointFiles, configOf, fill, namesIn, shardsOf } from "./pretrained.ts";
import { t5Config, type T5Config } from "./t5-config.ts";
import { T5Stack } from "./t5-stack.ts";

/** What `T5` is given besides the ids. */
export interface T5Inputs {
  /** int32 or bool [B, S]: 0 at padding of the encoder's tokens. Default: all are tokens. */
  attentionMask?: Tensor;
  /** The same of the decoder's, [B, T]. */
  decoderAttentionMask?: Tensor;
}

/** What `T5` gives. */
export interface T5Outputs {
  /** For the token after each one that the decoder reads: [B, T, V]. */
  logits: Tensor;
  /** The decoder's embeddings, and what each of its blocks gives, the last normalised: [B, T, D] each. */
  hiddenStates: Tensor[];
  /** The encoder's, [B, S, D] each. */
  encoderHiddenStates: Tensor[];
}

/**
 * Both stacks add to x what attention and a feed-forward net make of x / √(mean x²); the scores of attention are q·k plus what
 * is learnt for the distance, the same in all layers (Raffel et al. 2020).
 *
 *     const t5 = T5.fromPretrained(readFileSync("model.safetensors"), config);
 *     const { logits } = t5.forward(ids, t5.shiftRight(labels));        // [B, T, V]
 *
 * Weights start as in the paper's code, each matrix from N(0, 1 / inputs). `nn.captureAttention` gives the attention of each
 * "encoder.block.0.layer.0.SelfAttention", "decoder.block.0.layer.1.EncDecAttention", ...
 */
export class T5 extends Module {
  readonly config: Readonly<T5Config>;
  readonly dtype: FloatDType;
  readonly shared: Embedding;
  readonly encoder: T5Stack;
  readonly decoder: T5Stack;
  /** Only if the embedding does not serve. */
  readonly lm_head: Linear | undefined;

  /**
   * @param config fields of Hugging Face's config.json; others are ignored
   * @throws RangeError or TypeError for a field that does not fit, or a feature that is not built
   */
  constructor(
    config: GivenConfig<T5Config> = {},
    { dtype = "float32", generator }: ModelOptions = {},
  ) {
    super();
    this.config = t5Config(config);
    const { vocab_size: V, d_model: D, num_layers, initializer_factor: std } = this.config;
    const build = { config: this.config, dtype, random: generator ? { generator } : {} };
    this.dtype = dtype;
    this.shared = new Embedding(V, D, { dtype, ...build.random });
    normal(this.shared.weight, 0, std, generator);
    this.encoder = new T5Stack(build, num_layers, false);
    this.decoder = new T5Stack(build, this.config.num_decoder_layers ?? num_layers, true);
    if (!this.config.tie_word_embeddings) {
      this.lm_head = dense(D, V, { std, bias: false, dtype, ...build.random });
    }
  }

  /**
   * The model of a Hugging Face checkpoint. float16 and bfloat16 are widened, and the model is in evaluation mode.
   *
   * @param config default: config.json among the files
   * @throws Error that lists what is missing, unexpected or of another shape
   */
  static fromPretrained(
    files: CheckpointFiles,
    config?: GivenConfig<T5Config>,
    options: ModelOptions = {},
  ): T5 {
    const shards = shardsOf("T5", files);
    const given = configOf("T5", files, config);
    // Some writers tie, and keep apart whether outputs are scaled; others keep a head that is not tied. The file knows.
    const scaled = given.scale_decoder_outputs ?? given.tie_word_embeddings ?? true;
    const own = !scaled && namesIn(shards).includes("lm_head.weight");
    const read = { ...given, scale_decoder_outputs: scaled, tie_word_embeddings: !own };
    const model = new T5(read, options);
    fill(model, shards, {
      prefix: "",
      ignored:
        /^(lm_head|(en|de)coder\.embed_tokens)\.weight$|EncDecAttention\.relative_attention_bias/,
    });
    return model.eval();
  }

  /**
   * @param ids        int32 [B, S], for the encoder
   * @param decoderIds int32 [B, T], what the decoder has read: it begins with decoder_start_token_id
   * @throws RangeError or TypeError when a shape or dtype does not fit
   */
  forward(ids: Tensor, decoderIds: Tensor, inputs: T5Inputs = {}): T5Outputs {
    const { attentionMask, decoderAttentionMask } = inputs;
    const encoderHiddenStates = this.encode(ids, inputs);
    expectTensor("T5", "decoderIds", decoderIds);
    const [B, T] = dims("T5", { decoderIds }, 2);
    expectShape("T5", { ids }, [B, ids.shape[1]!]);
    if (decoderAttentionMask) expectShape("T5", { decoderAttentionMask }, [B, T]);
    const hiddenStates = this.decoder.forward(this.shared.forward(decoderIds), {
      mask: decoderAttentionMask
        ? causalAndPadding(decoderAttentionMask)
        : tril(ones([T, T], { dtype: "bool" })),
      memory: encoderHiddenStates.at(-1)!,
      memoryMask: attentionMask && padding(attentionMask),
    });
    return { logits: this.#logits(hiddenStates.at(-1)!), hiddenStates, encoderHiddenStates };
  }

  /** The encoder's states [B, S, D]: the embeddings, and what each block gives, the last normalised. @param ids int32 [B, S] */
  encode(ids: Tensor, { attentionMask }: Pick<T5Inputs, "attentionMask"> = {}): Tensor[] {
    expectTensor("T5", "ids", ids);
    const [B, S] = dims("T5", { ids }, 2);
    if (attentionMask) expectShape("T5", { attentionMask }, [B, S]);
    const mask = attentionMask && padding(attentionMask);
    return this.encoder.forward(this.shared.forward(ids), { mask });
  }

  /** What the decoder reads to learn `labels`, [B, T]: first `decoder_start_token_id`, then all but the last. */
  shiftRight(labels: Tensor): Tensor {
    expectTensor("T5", "labels", labels);
    const [B] = dims("T5", { labels }, 2);
    const start = full([B, 1], this.start, { dtype: "int32" });
    return concat([start, slice(labels, 1, 0, -1)], 1);
  }

  /** The token that the decoder reads first. */
  get start(): number {
    return this.config.decoder_start_token_id ?? this.config.pad_token_id;
  }

  #logits(x: Tensor): Tensor {
    const { d_model: D, tie_word_embeddings, scale_decoder_outputs } = this.config;
    const y = (scale_decoder_outputs ?? tie_word_embeddings) ? mul(x, 1 / Math.sqrt(D)) : x;
    return this.lm_head ? this.lm_head.forward(y) : linear(y, this.shared.weight);
  }

  /**
   * A decoder that answers `ids`, token by token: see `DecoderSession`. The first token that it is to read is `start`.
   *
   * @param ids int32 [B, S], what the encoder reads, once
   */
  session(ids: Tensor, inputs: Pick<T5Inputs, "attentionMask"> = {}): DecoderSession {
    expectTensor("T5", "ids", ids);
    const [batch] = dims("T5", { ids }, 2);
    const { num_heads: heads, d_kv: size } = this.config;
    const { block } = this.decoder;
    const sizes = { layers: block.length, batch, heads, size, dtype: this.dtype };
    const memory = new KVCache(sizes);
    const session = new DecoderSession({
      sizes,
      model: this,
      memory,
      read: (ids, _positions, own) => {
        const caches = { own, memory: (l: number) => memory.layer(l) };
        return this.decoder.forward(this.shared.forward(ids), { caches }).at(-1)!;
      },
      logits: (x) => this.#logits(x),
    });
    try {
      session.evaluate(() => scope(() => noGrad(() => this.#keepMemory(memory, ids, inputs))));
    } catch (error) {
      session.free();
      throw error;
    }
    return session;
  }

  /** Keys and values of what the encoder makes of `ids`, for each layer of the decoder. */
  #keepMemory(memory: KVCache, ids: Tensor, inputs: Pick<T5Inputs, "attentionMask">): void {
    const states = this.encode(ids, inputs).at(-1)!;
    const { x, lengths } = tokensFirst(states, inputs.attentionMask);
    memory.reserve(x.shape[1]!);
    for (const [l, { cross }] of [...this.decoder.block].entries()) {
      memory.layer(l).keep(cross!.keysAndValues(x), { keys: 0, values: 1 });
    }
    memory.advance(lengths);
  }
}
