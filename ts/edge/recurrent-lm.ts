/** @file The recurrent language model that `unrolled train` writes. */

import { CharLM, type CharLMOptions, crossEntropy, slice, type Tensor } from "unrolled";
import type { Vocabulary } from "../cli/vocabulary.ts";
import { CharacterModel } from "./character-model.ts";

export class RecurrentLM extends CharacterModel<CharLM> {
  readonly longest = Infinity;
  protected readonly piece = 1; // so that a text does not depend on how it was cut into requests

  constructor(
    vocabulary: Vocabulary,
    options: CharLMOptions,
    weights: ReadonlyMap<string, Tensor>,
  ) {
    super(vocabulary, new CharLM(vocabulary.characters.length, options), weights);
  }

  loss(ids: Tensor): Tensor {
    const [B, n] = ids.shape as [number, number];
    const steps = ids.transpose(0, 1); // [T + 1, B]
    const { logits } = this.model.forward(slice(steps, 0, 0, n - 1));
    const targets = slice(steps, 0, 1, n).reshape([B * (n - 1)]);
    return crossEntropy(logits.reshape([targets.size, -1]), targets);
  }
}
