/** @file A character-level language model. */

import type { Generator } from "../core/random.ts";
import { expectInteger, expectNumber } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { Dropout } from "../nn/dropout.ts";
import { Embedding } from "../nn/embedding.ts";
import { GRU } from "../nn/gru.ts";
import { Linear } from "../nn/linear.ts";
import { LSTM } from "../nn/lstm.ts";
import { Module } from "../nn/module.ts";
import { RNN } from "../nn/rnn.ts";
import { CharLMSession } from "./char-lm-session.ts";

/** The recurrent nets that a `CharLM` may have. */
export const CHAR_LM_NETS = ["lstm", "gru", "rnn"] as const;
/** One of `CHAR_LM_NETS`. */
export type CharLMNet = (typeof CHAR_LM_NETS)[number];

/** Options of `CharLM`. */
export interface CharLMOptions {
  /** The recurrent net. Default "lstm". */
  net?: CharLMNet;
  /** D, the size of a character's vector. Default 64. */
  embedding?: number;
  /** H. Default 256. */
  hidden?: number;
  /** Recurrent layers. Default 1. */
  layers?: number;
  /** On what goes up from layer to layer and to the output, never on what goes on in time (Zaremba et al. 2014). Default 0. */
  dropout?: number;
  /** Draws the initial values and what dropout drops. Default: the global one. */
  generator?: Generator;
}

/** What a recurrent net carries from character to character: [h, c] for an LSTM, else [h]; [layers, B, H] each. */
export type CharLMState = readonly Tensor[];

/**
 * p(x_{t+1} | x_1 ... x_t) = softmax(W h_t + b), where h_t is the state of a recurrent net that has read the vectors of
 * x_1 ... x_t (Mikolov et al. 2010; Graves 2013).
 *
 *     const model = new CharLM(vocabulary.length, { net: "lstm", hidden: 256 });
 *     const { logits, state } = model.forward(tensor(ids, [T, B]));
 *
 * Its state dict is that of PyTorch modules called `embedding`, `lstm` (or `gru`, `rnn`) and `linear`.
 */
export class CharLM extends Module {
  readonly net: CharLMNet;
  readonly embedding: Embedding;
  readonly lstm: LSTM | undefined;
  readonly gru: GRU | undefined;
  readonly rnn: RNN | undefined;
  readonly dropout: Dropout;
  readonly linear: Linear;

  /** @param vocabulary V, how many characters there are */
  constructor(
    readonly vocabulary: number,
    {
      net = "lstm",
      embedding = 64,
      hidden = 256,
      layers = 1,
      dropout = 0,
      generator,
    }: CharLMOptions = {},
  ) {
    super();
    if (!CHAR_LM_NETS.includes(net)) {
      throw new RangeError(`CharLM: expected net "lstm", "gru" or "rnn", got ${String(net)}`);
    }
    expectInteger("CharLM", "vocabulary", vocabulary, 1);
    expectInteger("CharLM", "embedding", embedding, 1);
    expectInteger("CharLM", "hidden", hidden, 1);
    expectInteger("CharLM", "layers", layers, 1);
    expectNumber("CharLM", "dropout", dropout, 0, 1);
    const random = generator && { generator };
    const options = { numLayers: layers, dropout: layers > 1 ? dropout : 0, ...random };
    this.net = net;
    this.embedding = new Embedding(vocabulary, embedding, { ...random });
    this.lstm = net === "lstm" ? new LSTM(embedding, hidden, options) : undefined;
    this.gru = net === "gru" ? new GRU(embedding, hidden, options) : undefined;
    this.rnn = net === "rnn" ? new RNN(embedding, hidden, options) : undefined;
    this.dropout = new Dropout(dropout, { ...random });
    this.linear = new Linear(hidden, vocabulary, { ...random });
  }

  /**
   * @param ids   int32 [T, B]
   * @param state what an earlier call returned; default: nothing read yet
   * @returns     logits [T, B, V], for the character after each one, and the state after the last
   */
  forward(ids: Tensor, state?: CharLMState): { logits: Tensor; state: CharLMState } {
    const xs = this.embedding.forward(ids); // [T, B, D]
    const [hs, last] = this.#recur(xs, state); // [T, B, H]
    return { logits: this.linear.forward(this.dropout.forward(hs)), state: last };
  }

  /** The recurrent net, whichever it is. */
  get recurrent(): LSTM | GRU | RNN {
    return (this.lstm ?? this.gru ?? this.rnn)!;
  }

  /**
   * Reads a text piece by piece and remembers: see `CharLMSession`.
   *
   * @param options batch: how many independent texts are read side by side; default 1
   */
  session({ batch = 1 }: { batch?: number } = {}): CharLMSession {
    return new CharLMSession(this, batch);
  }

  #recur(xs: Tensor, state: CharLMState | undefined): [hs: Tensor, state: CharLMState] {
    if (this.lstm) return this.lstm.forward(xs, state && [state[0]!, state[1]!]);
    const [hs, h] = (this.gru ?? this.rnn)!.forward(xs, state?.[0]);
    return [hs, [h]];
  }
}
