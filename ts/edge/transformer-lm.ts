/** @file A GPT-2 whose tokens are characters. */

import { crossEntropy, GPT2, type GPT2Config, slice, type Tensor } from "unrolled";
import type { Vocabulary } from "../cli/vocabulary.ts";
import { CharacterModel } from "./character-model.ts";

export class TransformerLM extends CharacterModel<GPT2> {
  readonly longest: number;
  protected readonly piece = 64;

  constructor(
    vocabulary: Vocabulary,
    config: Partial<GPT2Config>,
    weights: ReadonlyMap<string, Tensor>,
  ) {
    super(vocabulary, new GPT2(config), weights);
    this.longest = this.model.config.n_positions;
  }

  loss(ids: Tensor): Tensor {
    const [B, n] = ids.shape as [number, number];
    const { logits } = this.model.forward(slice(ids, 1, 0, n - 1)); // [B, T, V]
    const targets = slice(ids, 1, 1, n).reshape([B * (n - 1)]);
    return crossEntropy(logits.reshape([targets.size, -1]), targets);
  }
}
