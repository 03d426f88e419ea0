import { expectInteger, fail, show } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { generateSquareSubsequentMask, type BlockMask } from "./block-mask.ts";
import { xavierUniform } from "./init.ts";
import { LayerNorm } from "./layer-norm.ts";
import { Module } from "./module.ts";
import { type DecoderCall, TransformerDecoder } from "./transformer-decoder.ts";
import { TransformerDecoderLayer } from "./transformer-decoder-layer.ts";
import { type EncoderCall, TransformerEncoder } from "./transformer-encoder.ts";
import { TransformerEncoderLayer } from "./transformer-encoder-layer.ts";
import { layerOptions, type TransformerLayerOptions } from "./transformer-options.ts";

/** Options of `Transformer`. */
export interface TransformerOptions extends TransformerLayerOptions {
  /** Default 6. */
  numEncoderLayers?: number;
  /** Default 6. */
  numDecoderLayers?: number;
  /** Stands for the encoder. Default a TransformerEncoder with a last LayerNorm. */
  customEncoder?: (Module & { forward(src: Tensor, options: EncoderCall): Tensor }) | undefined;
  /** Stands for the decoder. Default a TransformerDecoder with a last LayerNorm. */
  customDecoder?:
    (Module & { forward(tgt: Tensor, memory: Tensor, options: DecoderCall): Tensor }) | undefined;
}

/** Options of a call of `Transformer`. */
export interface TransformerCall extends DecoderCall {
  /** [S, S] or [N · H, S, S]. bool: true is BLOCKED; float: added to the scores, and gets its gradient. */
  srcMask?: BlockMask | undefined;
  /** [N, S], or [S] unbatched. bool: true is BLOCKED, a key that no query sees; float: added to the scores. */
  srcKeyPaddingMask?: BlockMask | undefined;
  /** Says whether `srcMask` is causal. Default null: finds out. */
  srcIsCausal?: boolean | null | undefined;
}

/**
 * An encoder and a decoder that attends to what it gives (Vaswani et al. 2017), without embeddings and positions.
 *
 *     const net = new nn.Transformer(64, 4, { batchFirst: true });
 *     const tgtMask = nn.Transformer.generateSquareSubsequentMask(L);
 *     const y = net.forward(src, tgt, { tgtMask });                       // [N, S, 64], [N, L, 64] to [N, L, 64]
 *
 * Matrices start from xavierUniform, whatever the layers drew.
 *
 * @param dModel default 512 @param nhead default 8
 * @throws RangeError or TypeError for impossible sizes and options
 */
export class Transformer extends Module {
  readonly encoder: NonNullable<TransformerOptions["customEncoder"]>;
  readonly decoder: NonNullable<TransformerOptions["customDecoder"]>;
  readonly batchFirst: boolean;

  constructor(
    readonly dModel = 512,
    readonly nhead = 8,
    options: TransformerOptions = {},
  ) {
    super();
    const { numEncoderLayers = 6, numDecoderLayers = 6, customEncoder, customDecoder } = options;
    const given = layerOptions("Transformer", dModel, nhead, options);
    expectInteger("Transformer", "numEncoderLayers", numEncoderLayers, 1);
    expectInteger("Transformer", "numDecoderLayers", numDecoderLayers, 1);
    for (const [name, part] of Object.entries({ customEncoder, customDecoder })) {
      if (part === undefined || part instanceof Module) continue;
      throw new TypeError(`Transformer: expected ${name} to be a module, got ${typeof part}`);
    }
    const { layerNormEps: eps, bias, dtype, generator } = given;
    const norm = (): LayerNorm => new LayerNorm(dModel, { eps, bias, dtype });
    this.batchFirst = given.batchFirst;
    this.encoder =
      customEncoder ??
      stacked(new TransformerEncoderLayer(dModel, nhead, given), (layer) => {
        return new TransformerEncoder(layer, numEncoderLayers, { norm: norm() });
      });
    this.decoder =
      customDecoder ??
      stacked(new TransformerDecoderLayer(dModel, nhead, given), (layer) => {
        return new TransformerDecoder(layer, numDecoderLayers, { norm: norm() });
      });
    for (const p of this.parameters()) if (p.ndim > 1) xavierUniform(p, { generator });
  }

  /**
   * @param src [S, N, E], [N, S, E] with batchFirst, or [S, E]
   * @param tgt [L, N, E], [N, L, E] or [L, E]
   * @returns   shaped as tgt
   * @throws RangeError or TypeError when a shape, dtype, mask or hint does not fit
   */
  forward(src: Tensor, tgt: Tensor, options: TransformerCall = {}): Tensor {
    const { srcMask, srcKeyPaddingMask, srcIsCausal, ...rest } = options;
    expectTensor("Transformer", "src", src);
    expectTensor("Transformer", "tgt", tgt);
    for (const [name, { shape }] of Object.entries({ src, tgt })) {
      if (shape.at(-1) !== this.dModel) {
        fail("Transformer", name, `to be [..., ${this.dModel}] (dModel)`, show(shape));
      }
    }
    const batch = this.batchFirst ? 0 : 1;
    if (src.ndim === 3 && src.shape[batch] !== tgt.shape[batch]) {
      const both = `${show(src.shape)} and ${show(tgt.shape)}`;
      fail("Transformer", "src and tgt", `to have one batch size on axis ${batch}`, both);
    }
    const memory = this.encoder.forward(src, {
      mask: srcMask,
      srcKeyPaddingMask,
      isCausal: srcIsCausal,
    });
    return this.decoder.forward(tgt, memory, rest);
  }

  /** See `nn.generateSquareSubsequentMask`. */
  static generateSquareSubsequentMask(
    ...args: Parameters<typeof generateSquareSubsequentMask>
  ): BlockMask {
    return generateSquareSubsequentMask(...args);
  }
}

/** A stack of copies of a layer, which is not used itself. */
function stacked<L extends Module, S>(layer: L, stack: (layer: L) => S): S {
  try {
    return stack(layer);
  } finally {
    layer.free();
  }
}
