/** @file A small transformer from one sequence of symbols to another. */

import {
  argmax,
  concat,
  eq,
  full,
  mul,
  nn,
  noGrad,
  reshape,
  scope,
  slice,
  type Generator,
  type Tensor,
} from "unrolled";

/** Symbol 0 of a source is padding; nothing attends to it. */
export const PADDING = 0;

/** Options of `TransductionNet`. The defaults are the copy task's. */
export interface TransductionNetOptions {
  /** How many symbols there are on each side. */
  sourceSymbols: number;
  targetSymbols: number;
  /** Default 32. */
  dModel?: number;
  /** Default 4. */
  heads?: number;
  /** On each side. Default 2. */
  layers?: number;
  /** Of the feed-forward parts. Default 64. */
  hidden?: number;
  /** Default 0. */
  dropout?: number;
  /** The longest sequence. Default 64. */
  maxLength?: number;
  /** Whether positions are added. Default true. */
  positional?: boolean;
  /** Default: the global one. */
  generator?: Generator;
}

/**
 * Encoder and decoder over embeddings · √d with sinusoidal positions, and a linear layer (Vaswani et al. 2017).
 *
 * @example
 * const net = new TransductionNet({ sourceSymbols: 11, targetSymbols: 11 });
 * const { source, target } = transduction("copy", { batch: 2 });
 * net.forward(source, target).shape; // [2, 10, 11]
 * net.write(source, target.slice(1, 0, 1), 9).shape; // [2, 9]
 */
export class TransductionNet extends nn.Module {
  readonly source: nn.Embedding;
  readonly target: nn.Embedding;
  readonly positions: nn.PositionalEncoding;
  readonly transformer: nn.Transformer;
  readonly head: nn.Linear;
  /** Whether positions are added: without them a source is a set. */
  positional: boolean;

  constructor({
    sourceSymbols,
    targetSymbols,
    dModel = 32,
    heads = 4,
    layers = 2,
    hidden = 64,
    dropout = 0,
    maxLength = 64,
    positional = true,
    generator,
  }: TransductionNetOptions) {
    super();
    const random = generator ? { generator } : {};
    this.positional = positional;
    this.source = new nn.Embedding(sourceSymbols, dModel, random);
    this.target = new nn.Embedding(targetSymbols, dModel, random);
    // so that they have variance 1 once they are multiplied by √d
    for (const { weight } of [this.source, this.target])
      nn.init.normal(weight, 0, 1 / Math.sqrt(dModel), generator);
    this.positions = new nn.PositionalEncoding(dModel, { dropout, maxLength, batchFirst: true, ...random }); // prettier-ignore
    this.transformer = new nn.Transformer(dModel, heads, {
      numEncoderLayers: layers,
      numDecoderLayers: layers,
      dimFeedforward: hidden,
      dropout,
      batchFirst: true,
      ...random,
    });
    this.head = new nn.Linear(dModel, targetSymbols, random);
  }

  /**
   * @param source int32 [B, S], padded by PADDING at the end
   * @param target int32 [B, L]: what was written so far
   * @returns the logits [B, L, V] of the symbol after each
   */
  forward(source: Tensor, target: Tensor): Tensor {
    return this.#decode(this.#encode(source), target);
  }

  /** The likeliest `length` symbols after `start`, int32 [B, n], one by one: int32 [B, length]. */
  write(source: Tensor, start: Tensor, length: number): Tensor {
    return scope(() =>
      noGrad(() => {
        const seen = this.#encode(source);
        const n = start.shape[1]!;
        let target = start;
        for (let i = 0; i < length; i++) {
          const logits = this.#decode(seen, target);
          const next = argmax(slice(logits, 1, -1, target.shape[1]!), -1); // [B, 1]
          target = concat([target, next], 1);
        }
        return slice(target, 1, n, n + length);
      }),
    );
  }

  #embed(embedding: nn.Embedding, ids: Tensor): Tensor {
    const x = mul(embedding.forward(ids), Math.sqrt(this.positions.dModel)); // [B, T, D]
    return this.positional ? this.positions.forward(x) : x;
  }

  #encode(source: Tensor): { memory: Tensor; padding: Tensor } {
    const padding = eq(source, full(source.shape, PADDING, { dtype: "int32" }));
    const x = this.#embed(this.source, source);
    return { memory: this.transformer.encoder.forward(x, { srcKeyPaddingMask: padding }), padding };
  }

  #decode({ memory, padding }: { memory: Tensor; padding: Tensor }, target: Tensor): Tensor {
    const tgtMask = nn.generateSquareSubsequentMask(target.shape[1]!);
    const y = this.#embed(this.target, target);
    const options = { tgtMask, tgtIsCausal: true, memoryKeyPaddingMask: padding };
    return this.head.forward(this.transformer.decoder.forward(y, memory, options));
  }
}

/** Sources int32 [B, S] and targets int32 [B, L], whose first symbol is known from the start. */
export interface Transduction {
  source: Tensor;
  target: Tensor;
}

/** The share of sequences that are written without any mistake. */
export function exact(net: TransductionNet, { source, target }: Transduction): number {
  return scope(() => {
    const [B, L] = target.shape as [number, number];
    const written = net.write(source, slice(target, 1, 0, 1), L - 1).data();
    const wanted = reshape(slice(target, 1, 1, L), [B * (L - 1)]).data();
    let right = 0;
    for (let b = 0; b < B; b++) {
      const own = (xs: ArrayLike<number>) => Array.from({ length: L - 1 }, (_, i) => xs[b * (L - 1) + i]); // prettier-ignore
      if (own(written).join() === own(wanted).join()) right++;
    }
    return right / B;
  });
}
