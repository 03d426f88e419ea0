/** @file The recurrent language model that `unrolled train` writes. */

import { CharLM, crossEntropy, noGrad, scope, slice, type Tensor, tensor } from "unrolled";
import type { CharLMOptions, nn } from "unrolled";
import type { Vocabulary } from "../cli/vocabulary.ts";
import type { LanguageModel, Reader } from "./language-model.ts";

export class RecurrentLM implements LanguageModel {
  readonly longest = Infinity;
  readonly #model: CharLM;
  readonly #net: nn.LSTM | nn.GRU | nn.RNN;

  constructor(
    readonly vocabulary: Vocabulary,
    options: CharLMOptions,
    weights: ReadonlyMap<string, Tensor>,
  ) {
    this.#model = new CharLM(vocabulary.characters.length, options).eval() as CharLM;
    this.#model.loadStateDict(new Map(weights));
    const { lstm, gru, rnn } = this.#model;
    this.#net = (lstm ?? gru ?? rnn)!;
  }

  /** Character by character, so that a text does not depend on how it was cut into requests. */
  begin(): Reader {
    const { embedding, linear } = this.#model;
    const session = this.#net.session();
    const step = (id: number): Float32Array =>
      scope(() =>
        noGrad(() => {
          const x = embedding.forward(tensor([id], { dtype: "int32" })); // [1, D]
          return linear.forward(session.push(x)).data() as Float32Array; // [1, V]; the model is float32
        }),
      );
    return {
      read: (ids) => {
        let logits = new Float32Array();
        for (const id of ids) logits = step(id) as Float32Array<ArrayBuffer>;
        return logits;
      },
      toBytes: () => session.toBytes(),
      load: (bytes) => void session.load(bytes),
      free: () => session.free(),
    };
  }

  loss(ids: Tensor): Tensor {
    const [B, n] = ids.shape as [number, number];
    const steps = ids.transpose(0, 1); // [T + 1, B]
    const { logits } = this.#model.forward(slice(steps, 0, 0, n - 1));
    const targets = slice(steps, 0, 1, n).reshape([B * (n - 1)]);
    return crossEntropy(logits.reshape([targets.size, -1]), targets);
  }

  parameters(): Tensor[] {
    return this.#model.parameters();
  }

  get cost(): number {
    return 2 * this.parameters().reduce((n, p) => n + p.size, 0);
  }

  free(): void {
    this.#model.free();
  }
}
