import type { Tensor } from "../core/tensor.ts";
import { add } from "../ops/arithmetic.ts";
import type { BlockMask } from "./block-mask.ts";
import { copyOf } from "./copies.ts";
import { Dropout } from "./dropout.ts";
import { LayerNorm } from "./layer-norm.ts";
import { Linear } from "./linear.ts";
import { Module } from "./module.ts";
import { MultiheadAttention } from "./multihead-attention.ts";
import { layerOptions, type TransformerLayerOptions } from "./transformer-options.ts";

/** Options of a call of `TransformerEncoderLayer`. */
export interface EncoderLayerCall {
  /** [L, L] or [N · H, L, L]. bool: true is BLOCKED; float: added to the scores, and gets its gradient. */
  srcMask?: BlockMask | undefined;
  /** [N, L], or [L] unbatched. bool: true is BLOCKED, a key that no query sees; float: added to the scores. */
  srcKeyPaddingMask?: BlockMask | undefined;
  /** Says that `srcMask` is causal, and need not be read. Default false. */
  isCausal?: boolean;
}

/**
 * Self-attention and a feed-forward net, each around a residual connection (Vaswani et al. 2017).
 *
 *     x = norm1(x + attention(x));   y = norm2(x + W₂ f(W₁ x + b₁) + b₂)
 *     x = x + attention(norm1(x));   y = x + W₂ f(W₁ norm2(x) + b₁) + b₂          with normFirst
 *
 * @throws RangeError or TypeError for impossible sizes and options
 */
export class TransformerEncoderLayer extends Module {
  readonly self_attn: MultiheadAttention;
  readonly linear1: Linear;
  readonly dropout: Dropout;
  readonly linear2: Linear;
  readonly norm1: LayerNorm;
  readonly norm2: LayerNorm;
  readonly dropout1: Dropout;
  readonly dropout2: Dropout;
  readonly batchFirst: boolean;
  readonly #options: ReturnType<typeof layerOptions>;

  constructor(
    readonly dModel: number,
    readonly nhead: number,
    options: TransformerLayerOptions = {},
  ) {
    super();
    const given = layerOptions("TransformerEncoderLayer", dModel, nhead, options);
    const {
      dimFeedforward,
      dropout,
      layerNormEps: eps,
      batchFirst,
      bias,
      dtype,
      generator,
    } = given;
    this.#options = given;
    this.batchFirst = given.batchFirst;
    this.self_attn = new MultiheadAttention(dModel, nhead, {
      dropout,
      batchFirst,
      bias,
      dtype,
      generator,
    });
    this.linear1 = new Linear(dModel, dimFeedforward, { bias, dtype, generator });
    this.dropout = new Dropout(dropout, { generator });
    this.linear2 = new Linear(dimFeedforward, dModel, { bias, dtype, generator });
    this.norm1 = new LayerNorm(dModel, { eps, bias, dtype });
    this.norm2 = new LayerNorm(dModel, { eps, bias, dtype });
    this.dropout1 = new Dropout(dropout, { generator });
    this.dropout2 = new Dropout(dropout, { generator });
  }

  /**
   * @param src [L, N, E], [N, L, E] with batchFirst, or [L, E]
   * @returns   shaped as src
   * @throws RangeError or TypeError when a shape, dtype, mask or hint does not fit
   */
  forward(src: Tensor, options: EncoderLayerCall = {}): Tensor {
    if (this.#options.normFirst) {
      const x = add(src, this.#attention(this.norm1.forward(src), options));
      return add(x, this.#feedForward(this.norm2.forward(x)));
    }
    const x = this.norm1.forward(add(src, this.#attention(src, options)));
    return this.norm2.forward(add(x, this.#feedForward(x)));
  }

  #attention(
    x: Tensor,
    { srcMask, srcKeyPaddingMask, isCausal = false }: EncoderLayerCall,
  ): Tensor {
    const [y] = this.self_attn.forward(x, x, x, {
      attnMask: srcMask,
      keyPaddingMask: srcKeyPaddingMask,
      isCausal,
      needWeights: false,
    });
    return this.dropout1.forward(y);
  }

  #feedForward(x: Tensor): Tensor {
    const inner = this.#options.activation(this.linear1.forward(x));
    return this.dropout2.forward(this.linear2.forward(this.dropout.forward(inner)));
  }

  /** Another layer with the same options and values, and parameters of its own. */
  clone(): TransformerEncoderLayer {
    const { generator } = this.#options;
    return copyOf(
      this,
      generator,
      () => new TransformerEncoderLayer(this.dModel, this.nhead, this.#options),
    );
  }
}
