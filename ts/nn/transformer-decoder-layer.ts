import type { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import type { BlockMask } from "./block-mask.ts";
import { copyOf } from "./copies.ts";
import { Dropout } from "./dropout.ts";
import type { KeyValueCache } from "./kept-attention.ts";
import { LayerNorm } from "./layer-norm.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { MultiheadAttention } from "./multihead-attention.ts";
import { layerOptions, type TransformerLayerOptions } from "./transformer-options.ts";

/** Options of a call of `TransformerDecoderLayer`. */
export interface DecoderLayerCall {
  /** [L, L] or [N · H, L, L]. bool: true is BLOCKED; float: added to the scores, and gets its gradient. */
  tgtMask?: BlockMask | undefined;
  /** [L, S] or [N · H, L, S], as tgtMask. */
  memoryMask?: BlockMask | undefined;
  /** [N, L], or [L] unbatched. bool: true is BLOCKED, a key that no query sees; float: added to the scores. */
  tgtKeyPaddingMask?: BlockMask | undefined;
  /** [N, S], or [S] unbatched, as tgtKeyPaddingMask. */
  memoryKeyPaddingMask?: BlockMask | undefined;
  /** Says that `tgtMask` is causal, and need not be read. Default false. */
  tgtIsCausal?: boolean;
  /** Says that `memoryMask` is causal, and need not be read. Default false. */
  memoryIsCausal?: boolean;
}

/** What a layer keeps from step to step. */
export interface DecoderLayerCache {
  /** Of the tokens that were read. */
  own: KeyValueCache;
  /** Of the encoder's output, by `multihead_attn.remember`. */
  memory: KeyValueCache;
}

/**
 * Self-attention, attention to the encoder's output and a feed-forward net, each around a residual connection (Vaswani
 * et al. 2017).
 *
 *     x = norm1(x + attention(x, x));          x = x + attention(norm1(x), norm1(x))
 *     x = norm2(x + attention(x, memory));     x = x + attention(norm2(x), memory)
 *     y = norm3(x + W₂ f(W₁ x + b₁) + b₂)      y = x + W₂ f(W₁ norm3(x) + b₁) + b₂          with normFirst
 *
 * @throws RangeError or TypeError for impossible sizes and options
 */
export class TransformerDecoderLayer extends Module {
  readonly self_attn: MultiheadAttention;
  readonly multihead_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly norm3: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly dropout3: Dropout;
  readonly batchFirst: boolean;
  readonly #options: ReturnType<typeof layerOptions>;

  constructor(
    readonly dModel: number,
    readonly nhead: number,
    options: TransformerLayerOptions = {},
  ) {
    super();
    const given = layerOptions("TransformerDecoderLayer", dModel, nhead, options);
    const { dimFeedforward, dropout: p, batchFirst, bias, dtype, generator } = given;
    const shared = { bias, dtype, generator };
    const norms = { eps: given.layerNormEps, bias, dtype };
    this.#options = given;
    this.batchFirst = given.batchFirst;
    this.self_attn = new MultiheadAttention(dModel, nhead, { dropout: p, batchFirst, ...shared });
    this.multihead_attn = new MultiheadAttention(dModel, nhead, {
      dropout: p,
      batchFirst,
      ...shared,
    });
    this.linear1 = new Linear(dModel, dimFeedforward, shared);
    this.dropout = new Dropout(p, { generator });
    this.linear2 = new Linear(dimFeedforward, dModel, shared);
    this.norm1 = new LayerNorm(dModel, norms);
    this.norm2 = new LayerNorm(dModel, norms);
    this.norm3 = new LayerNorm(dModel, norms);
    this.dropout1 = new Dropout(p, { generator });
    this.dropout2 = new Dropout(p, { generator });
    this.dropout3 = new Dropout(p, { generator });
  }

  /**
   * @param tgt    [L, N, E], [N, L, E] with batchFirst, or [L, E]
   * @param memory the encoder's output: [S, N, E], [N, S, E] or [S, E]
   * @returns      shaped as tgt
   * @throws RangeError or TypeError when a shape, dtype, mask or hint does not fit
   */
  forward(tgt: Tensor, memory: Tensor, options: DecoderLayerCall = {}): Tensor {
    return this.#run(
      tgt,
      (x) => this.#attention(x, options),
      (x) => this.#crossAttention(x, memory, options),
    );
  }

  /**
   * The next tokens of tgt, after those that the cache has kept: see `MultiheadAttention.step`. For evaluation.
   *
   * @param tgt [L, N, E], or [N, L, E] with batchFirst
   */
  step(tgt: Tensor, { own, memory }: DecoderLayerCache): Tensor {
    return this.#run(
      tgt,
      (x) => this.self_attn.step(x, own),
      (x) => this.multihead_attn.lookUp(x, memory),
    );
  }

  /** The three parts and their norms, in their order. */
  #run(tgt: Tensor, attention: Part, crossAttention: Part): Tensor {
    const { norm1, norm2, norm3 } = this;
    const feedForward = (x: Tensor): Tensor => this.#feedForward(x);
    if (this.#options.normFirst) {
      const x = add(tgt, attention(norm1.forward(tgt)));
      const y = add(x, crossAttention(norm2.forward(x)));
      return add(y, feedForward(norm3.forward(y)));
    }
    const x = norm1.forward(add(tgt, attention(tgt)));
    const y = norm2.forward(add(x, crossAttention(x)));
    return norm3.forward(add(y, feedForward(y)));
  }

  #attention(x: Tensor, options: DecoderLayerCall): Tensor {
    const [y] = this.self_attn.forward(x, x, x, {
      attnMask: options.tgtMask,
      keyPaddingMask: options.tgtKeyPaddingMask,
      isCausal: options.tgtIsCausal ?? false,
      needWeights: false,
    });
    return this.dropout1.forward(y);
  }

  #crossAttention(x: Tensor, memory: Tensor, options: DecoderLayerCall): Tensor {
    const [y] = this.multihead_attn.forward(x, memory, memory, {
      attnMask: options.memoryMask,
      keyPaddingMask: options.memoryKeyPaddingMask,
      isCausal: options.memoryIsCausal ?? false,
      needWeights: false,
    });
    return this.dropout2.forward(y);
  }

  #feedForward(x: Tensor): Tensor {
    const inner = this.#options.activation(this.linear1.forward(x));
    return this.dropout3.forward(this.linear2.forward(this.dropout.forward(inner)));
  }

  /** Another layer with the same options and values, and parameters of its own. */
  clone(): TransformerDecoderLayer {
    const { generator } = this.#options;
    return copyOf(
      this,
      generator,
      () => new TransformerDecoderLayer(this.dModel, this.nhead, this.#options),
    );
  }
}

type Part = (x: Tensor) => Tensor;
