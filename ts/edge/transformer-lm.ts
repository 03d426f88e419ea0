/** @file A GPT-2 whose tokens are characters. */

import { crossEntropy, GPT2, type GPT2Config, scope, slice, type Tensor, tensor } from "unrolled";
import type { Vocabulary } from "../cli/vocabulary.ts";
import type { LanguageModel, Reader } from "./language-model.ts";

/** A prompt is read this many characters at a time. */
const PIECE = 64;

export class TransformerLM implements LanguageModel {
  readonly longest: number;
  readonly #model: GPT2;

  constructor(
    readonly vocabulary: Vocabulary,
    config: Partial<GPT2Config>,
    weights: ReadonlyMap<string, Tensor>,
  ) {
    this.#model = new GPT2(config).eval() as GPT2;
    this.#model.loadStateDict(new Map(weights));
    this.longest = this.#model.config.n_positions;
  }

  begin(): Reader {
    const session = this.#model.session();
    const step = (ids: Int32Array): Float32Array =>
      scope(() => session.push(tensor(ids, [1, ids.length])).data() as Float32Array); // the model is float32
    return {
      read: (ids) => {
        let logits: Float32Array = new Float32Array();
        for (let at = 0; at < ids.length; at += PIECE) logits = step(ids.slice(at, at + PIECE));
        return logits;
      },
      toBytes: () => session.toBytes(),
      load: (bytes) => void session.load(bytes),
      free: () => session.free(),
    };
  }

  loss(ids: Tensor): Tensor {
    const [B, n] = ids.shape as [number, number];
    const { logits } = this.#model.forward(slice(ids, 1, 0, n - 1)); // [B, T, V]
    const targets = slice(ids, 1, 1, n).reshape([B * (n - 1)]);
    return crossEntropy(logits.reshape([targets.size, -1]), targets);
  }

  parameters(): Tensor[] {
    return this.#model.parameters();
  }

  weights(): ReadonlyMap<string, Tensor> {
    return this.#model.stateDict();
  }

  get cost(): number {
    return 2 * this.parameters().reduce((n, p) => n + p.size, 0);
  }

  free(): void {
    this.#model.free();
  }
}
