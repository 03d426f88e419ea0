import { expectInteger } from "../core/shape.ts";
import { expectTensor, type Tensor } from "../core/tensor.ts";
import { detectCausal } from "./block-mask.ts";
import type { Layer, ModuleList } from "./containers.ts";
import { clones } from "./copies.ts";
import { Module } from "./module.ts";
import type { DecoderLayerCall } from "./transformer-decoder-layer.ts";

/** Options of a call of `TransformerDecoder`. */
export interface DecoderCall extends Omit<DecoderLayerCall, "tgtIsCausal"> {
  /** Says whether `tgtMask` is causal. Default null: finds out. */
  tgtIsCausal?: boolean | null | undefined;
}

/** What a decoder is made of: TransformerDecoderLayer, or one's own. */
export type DecoderLayer = Module & {
  readonly batchFirst?: boolean;
  /** The layer's output. */
  forward(tgt: Tensor, memory: Tensor, options: DecoderLayerCall): Tensor;
  /** A layer of the same weights, with memory of its own. */
  clone(): DecoderLayer;
};

/**
 * Layers one after another, each a copy of `layer`, with the same initial values: initialise them yourself where they
 * should differ.
 *
 * @throws RangeError or TypeError for what is no layer, and for impossible options
 */
export class TransformerDecoder extends Module {
  readonly layers: ModuleList<DecoderLayer>;
  readonly norm: Layer | undefined;

  /** @param options norm: applied to the last layer's output; default none */
  constructor(layer: DecoderLayer, numLayers: number, { norm }: { norm?: Layer | undefined } = {}) {
    super();
    expectInteger("TransformerDecoder", "numLayers", numLayers, 1);
    this.layers = clones("TransformerDecoder", layer, numLayers, norm);
    this.norm = norm;
  }

  /**
   * @param tgt    as its layers take it
   * @param memory the encoder's output
   * @returns      shaped as tgt
   * @throws RangeError or TypeError when a shape, dtype, mask or hint does not fit
   */
  forward(tgt: Tensor, memory: Tensor, options: DecoderCall = {}): Tensor {
    expectTensor("TransformerDecoder", "tgt", tgt);
    const tgtIsCausal = detectCausal(options.tgtMask, options.tgtIsCausal, tgt, this.layers.at(0));
    let x = tgt;
    for (const layer of this.layers) x = layer.forward(x, memory, { ...options, tgtIsCausal });
    return this.norm ? this.norm.forward(x) : x;
  }
}
