import { expectFlags, expectInteger } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { type BlockMask, detectCausal } from "./block-mask.ts";
import type { Layer, ModuleList } from "./containers.ts";
import { clones } from "./copies.ts";
import { Module } from "./module.ts";
import type { EncoderLayerCall } from "./transformer-encoder-layer.ts";

/** Options of `TransformerEncoder`. */
export interface TransformerEncoderOptions {
  /** Applied to the last layer's output. Default none. */
  norm?: Layer | undefined;
  /** Taken and not used: there are no nested tensors here. Default true. */
  enableNestedTensor?: boolean;
  /** Taken and not used, as it belongs to nested tensors. Default true. */
  maskCheck?: boolean;
}

/** Options of a call of `TransformerEncoder`. */
export interface EncoderCall {
  /** [L, L] or [N · H, L, L]. bool: true is BLOCKED; float: added to the scores, and gets its gradient. */
  mask?: BlockMask | undefined;
  /** [N, L], or [L] unbatched. bool: true is BLOCKED, a key that no query sees; float: added to the scores. */
  srcKeyPaddingMask?: BlockMask | undefined;
  /** Says whether `mask` is causal. Default null: finds out. */
  isCausal?: boolean | null | undefined;
}

/** What an encoder is made of: TransformerEncoderLayer, or one's own. */
export type EncoderLayer = Module & {
  readonly batchFirst?: boolean;
  /** The layer's output. */
  forward(src: Tensor, options: EncoderLayerCall): Tensor;
  /** A layer of the same weights, with memory of its own. */
  clone(): EncoderLayer;
};

/**
 * Layers one after another, each a copy of `layer`, with the same initial values: initialise them yourself where they
 * should differ.
 *
 * @throws RangeError or TypeError for what is no layer, and for impossible options
 */
export class TransformerEncoder extends Module {
  readonly layers: ModuleList<EncoderLayer>;
  readonly norm: Layer | undefined;

  constructor(layer: EncoderLayer, numLayers: number, options: TransformerEncoderOptions = {}) {
    super();
    const { norm, enableNestedTensor = true, maskCheck = true } = options;
    expectInteger("TransformerEncoder", "numLayers", numLayers, 1);
    expectFlags("TransformerEncoder", { enableNestedTensor, maskCheck });
    this.layers = clones("TransformerEncoder", layer, numLayers, norm);
    this.norm = norm;
  }

  /**
   * @param src as its layers take it
   * @returns   shaped as src
   * @throws RangeError or TypeError when a shape, dtype, mask or hint does not fit
   */
  forward(src: Tensor, { mask, srcKeyPaddingMask, isCausal }: EncoderCall = {}): Tensor {
    expectTensor("TransformerEncoder", "src", src);
    const call = {
      srcMask: mask,
      srcKeyPaddingMask,
      isCausal: detectCausal(mask, isCausal, src, this.layers.at(0)),
    };
    let x = src;
    for (const layer of this.layers) x = layer.forward(x, call);
    return this.norm ? this.norm.forward(x) : x;
  }
}
