/** @file What a language model is to the service, whatever it is made of. */

import type { Tensor } from "unrolled";
import type { Vocabulary } from "../cli/vocabulary.ts";

export interface LanguageModel {
  readonly vocabulary: Vocabulary;
  /** The most characters that one text can have. */
  readonly longest: number;
  /** A text that nothing has been read of. */
  begin(): Reader;
  /**
   * What training makes smaller: the mean of −log p(x_{t+1} | x_1 ... x_t), in nats.
   *
   * @param ids int32 [B, T + 1]
   */
  loss(ids: Tensor): Tensor;
  parameters(): Tensor[];
  /** Multiplications and additions of reading a character, about. */
  readonly cost: number;
  free(): void;
}

/** A text as far as it has been read: the states of an LSTM, the keys and values of a transformer. */
export interface Reader {
  /** Reads on. @returns the logits of what follows */
  read(ids: Int32Array): Float32Array;
  /** What was read, for another reader of a model of the same sizes. */
  toBytes(): Uint8Array;
  load(bytes: Uint8Array): void;
  free(): void;
}
