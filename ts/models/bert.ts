/** @file BERT: an encoder of self-attention in both directions (Devlin et al. 2019), under Hugging Face's names. */

import type { FloatDType } from "../core/dtype.ts";
import { dims, expectNumber, expectShape, fail } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { Module } from "../nn/module.ts";
import { arange, zeros } from "../ops/create.ts";
import { activationOf } from "./activations.ts";
import { type BERTConfig, type BERTOptions, DEFAULTS, RULES } from "./bert-config.ts";
import { BERTModel } from "./bert-encoder.ts";
import { Heads } from "./bert-heads.ts";
import { type GivenConfig, readConfig } from "./config.ts";
import { padding } from "./masks.ts";
import type { ModelOptions } from "./model-options.ts";
import { type CheckpointFiles, configOf, fill, namesIn, shardsOf } from "./pretrained.ts";

/** What `BERT` is given besides the ids. */
export interface BERTInputs {
  /** int32 or bool [B, T]: 0 at padding, which nothing attends to. Default: all are tokens. */
  attentionMask?: Tensor;
  /** int32 [B, T]: 0 in the first sentence, 1 in the second. Default 0. */
  tokenTypes?: Tensor;
  /** int32 [B, T] or [T]: where each token stands. Default: 0 to T − 1. */
  positions?: Tensor;
}

/** What `BERT` gives. */
export interface BERTOutputs {
  /** Of the words that may stand at each place, [B, T, V]; without that head undefined. */
  logits: Tensor | undefined;
  /** That the second sentence follows the first, and that it does not, [B, 2]; without that head undefined. */
  nextSentenceLogits: Tensor | undefined;
  /** Of the first token, [B, D]; without the pooler undefined. */
  pooled: Tensor | undefined;
  /** The embeddings, and what each layer gives: [B, T, D] each. */
  hiddenStates: Tensor[];
}

/**
 * x ← norm(x + attention(x)), x ← norm(x + mlp(x)) in each layer, of the normalised sum of a token's, its sentence's and its
 * place's vector (Devlin et al. 2019).
 *
 *     const model = new BERT({ vocab_size: 18, hidden_size: 12, num_attention_heads: 3, intermediate_size: 6 });
 *     const { logits } = model.forward(ids);                            // [B, T, 18]
 *     const bert = BERT.fromPretrained(readFileSync("model.safetensors"), config);
 *
 * Weights start from N(0, σ²), biases at 0. `nn.captureAttention` gives the attention of each
 * "bert.encoder.layer.0.attention.self".
 */
export class BERT extends Module {
  readonly config: Readonly<BERTConfig>;
  readonly dtype: FloatDType;
  readonly bert: BERTModel;
  readonly cls: Heads;

  /**
   * @param config fields of Hugging Face's config.json; others are ignored
   * @throws RangeError or TypeError for a field that does not fit, or a feature that is not built
   */
  constructor(
    config: GivenConfig<BERTConfig> = {},
    { dtype = "float32", generator, mlm = true, nsp = true, pooler = true }: BERTOptions = {},
  ) {
    super();
    this.config = readConfig("BERT", "bert", DEFAULTS, config, RULES);
    const { hidden_size: D, num_attention_heads: H } = this.config;
    if (D % H !== 0) {
      fail("BERT", "hidden_size", `to be a multiple of num_attention_heads = ${H}`, String(D));
    }
    for (const p of ["hidden_dropout_prob", "attention_probs_dropout_prob"] as const) {
      expectNumber("BERT", p, this.config[p], 0, 1);
    }
    if (nsp && !pooler)
      throw new TypeError("BERT: expected the pooler with nsp: it reads the pooled state");
    activationOf("BERT", this.config.hidden_act); // before anything is made
    const build = { config: this.config, dtype, random: generator ? { generator } : {} };
    this.dtype = dtype;
    this.bert = new BERTModel(build, pooler);
    this.cls = new Heads(build, { mlm, nsp });
  }

  /**
   * The model of a Hugging Face checkpoint, with the heads that it has, with or without the prefix "bert.". float16 and
   * bfloat16 are widened, and the model is in evaluation mode.
   *
   * @param config default: config.json among the files
   * @throws Error that lists what is missing, unexpected or of another shape
   */
  static fromPretrained(
    files: CheckpointFiles,
    config?: GivenConfig<BERTConfig>,
    options: ModelOptions = {},
  ): BERT {
    const shards = shardsOf("BERT", files);
    const names = namesIn(shards);
    const has = (part: RegExp): boolean => names.some((name) => part.test(name));
    const model = new BERT(configOf("BERT", files, config), {
      ...options,
      pooler: has(/^(bert\.)?pooler\./),
      mlm: has(/^cls\.predictions\./),
      nsp: has(/^cls\.seq_relationship\./),
    });
    fill(model, shards, {
      prefix: "bert.",
      ignored: /(^|\.)(position|token_type)_ids$|^cls\.predictions\.(decoder\.)?(weight|bias)$/,
    });
    return model.eval();
  }

  /**
   * @param ids int32 [B, T]
   * @throws RangeError when the sequence is longer than max_position_embeddings, or a shape does not fit
   */
  forward(ids: Tensor, { attentionMask, tokenTypes, positions }: BERTInputs = {}): BERTOutputs {
    expectTensor("BERT", "ids", ids);
    const [B, T] = dims("BERT", { ids }, 2);
    const { max_position_embeddings: longest } = this.config;
    if (T > longest) {
      fail("BERT", "ids", `to be at most max_position_embeddings = ${longest} long`, String(T));
    }
    if (attentionMask) expectShape("BERT", { attentionMask }, [B, T]);
    if (tokenTypes) expectShape("BERT", { tokenTypes }, [B, T]);
    const mask = attentionMask && padding(attentionMask);
    const { embeddings, encoder, pooler } = this.bert;
    let x = embeddings.forward(
      ids,
      tokenTypes ?? zeros([B, T], { dtype: "int32" }),
      positions ?? arange(T, { dtype: "int32" }),
    );
    const hiddenStates = [x];
    for (const layer of encoder.layer) hiddenStates.push((x = layer.forward(x, mask)));
    const pooled = pooler?.forward(x);
    return {
      logits: this.cls.predictions?.forward(x, embeddings.word_embeddings.weight),
      nextSentenceLogits: pooled && this.cls.seq_relationship?.forward(pooled),
      pooled,
      hiddenStates,
    };
  }
}
