/** @file The training of a character-level language model. It knows nothing of files, clocks and terminals. */

import {
  type CharLMState,
  clipGradNorm,
  crossEntropy,
  Generator,
  noGrad,
  optim,
  scope,
  tensor,
} from "unrolled";
import { bitsPerCharacter, wittenBell } from "./ngram.ts";
import { type Model, netOf, read } from "./net.ts";
import { sample } from "./sampling.ts";
import { isDue, learningRate, type Settings } from "./settings.ts";
import { type Streams, streamsOf } from "./streams.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** What counting achieves on the held-out text, in bits per character. */
export interface Baselines {
  unigram: number;
  trigram: number;
}

/** How the run went so far; part of the checkpoint. */
export interface History {
  /** Loss of each step, 1, 2, ..., in bits per character. */
  training: number[];
  /** At the steps that are due. */
  heldOut: { step: number; bits: number; sample: string }[];
}

/** The held-out part that is measured: at most this many pieces, always the same. */
const MOST_PIECES = 8;
const SAMPLE = { length: 400, temperature: 0.8, topK: 0 };

/** The loss left the numbers. */
export class Diverged extends Error {
  constructor(readonly step: number) {
    super(`the loss is no longer a number after step ${step}`);
  }
}

export class Trainer {
  readonly model: Model;
  readonly adam: optim.Adam;
  readonly generator: Generator;
  readonly history: History = { training: [], heldOut: [] };
  #position = 0;
  #state: CharLMState | undefined;
  readonly #training: Streams;
  readonly #heldOut: Streams;
  #baselines: Baselines | undefined;

  constructor(
    readonly settings: Settings,
    readonly vocabulary: Vocabulary,
    readonly text: { readonly training: Int32Array; readonly heldOut: Int32Array },
  ) {
    const { seq, batch, lr, seed } = settings;
    this.generator = new Generator(seed);
    this.model = netOf(settings, vocabulary.characters.length, this.generator);
    this.adam = new optim.Adam(this.model.namedParameters(), { lr });
    this.#training = streamsOf(text.training, seq, batch);
    const n = text.heldOut.length - 1;
    const T = Math.min(seq, n);
    this.#heldOut = streamsOf(text.heldOut, T, Math.min(batch, Math.floor(n / T)));
  }

  /** Which piece of the text comes next. */
  get position(): number {
    return this.#position;
  }

  /** What a recurrent net carries from piece to piece; undefined at the beginning of the text. */
  get state(): CharLMState | undefined {
    return this.#state;
  }

  /** Goes on from a piece of the text with the state before it, which it takes over. @throws RangeError */
  goTo(position: number, state: CharLMState): void {
    const { layers, batch, hidden, model } = this.settings;
    const { pieces } = this.#training;
    if (!Number.isInteger(position) || position < 0 || position >= pieces) {
      throw new RangeError(`expected the position to be one of ${pieces}, got ${position}`);
    }
    const count = this.step === 0 || model === "transformer" ? 0 : model === "lstm" ? 2 : 1;
    const shape = [layers, batch, hidden].join(", ");
    if (
      state.length !== count ||
      state.some((t) => t.dtype !== "float32" || t.shape.join(", ") !== shape)
    ) {
      throw new RangeError(
        `expected the state to be ${count} tensors [${shape}], got ${state.join(", ")}`,
      );
    }
    this.#position = position;
    this.#state = count === 0 ? undefined : state;
  }

  /** How many steps were done. */
  get step(): number {
    return this.history.training.length;
  }

  /** Characters that a step reads. */
  get charactersPerStep(): number {
    return this.settings.seq * this.settings.batch;
  }

  /** How many times the training text was read. */
  get passes(): number {
    return (this.step * this.charactersPerStep) / this.text.training.length;
  }

  /**
   * One step. A recurrent net's state is carried from piece to piece, and begins anew with the text.
   *
   * @returns bits per character, and the norm of the gradient before it was clipped
   * @throws Diverged when the loss or its gradient is no longer a number; the parameters are then as they were
   */
  train(): { bits: number; norm: number } {
    const { T, B, inputs, targets, pieces } = this.#training;
    const V = this.vocabulary.characters.length;
    if (this.#position === 0) this.forget();
    this.model.train();
    for (const group of this.adam.groups) group.lr = learningRate(this.settings, this.step);
    const { nats, norm, state } = scope(() => {
      const ids = tensor(inputs(this.#position), [T, B]);
      const { logits, state } = read(this.model, ids, this.#state);
      const loss = crossEntropy(logits.reshape([-1, V]), tensor(targets(this.#position)));
      const nats = loss.item();
      loss.backward();
      const norm = clipGradNorm(this.model.parameters(), this.settings.clip || Infinity);
      if (!Number.isFinite(nats + norm)) throw new Diverged(this.step);
      this.adam.step();
      this.adam.zeroGrad();
      return { nats, norm, state };
    });
    this.forget();
    this.#state = state;
    this.#position = (this.#position + 1) % pieces;
    const bits = nats / Math.LN2;
    this.history.training.push(bits);
    return { bits, norm };
  }

  /** Measures and writes a sample, if a step is due; for the history. */
  observe(): History["heldOut"][number] | undefined {
    if (!isDue(this.step)) return undefined;
    const seen = { step: this.step, bits: this.measure(), sample: this.write() };
    this.history.heldOut.push(seen);
    return seen;
  }

  /** Bits per character on the held-out text. */
  measure(): number {
    const { T, B, inputs, targets } = this.#heldOut;
    const V = this.vocabulary.characters.length;
    this.model.eval();
    const nats = scope(() =>
      noGrad(() => {
        let state: CharLMState | undefined;
        let sum = 0;
        for (let piece = 0; piece < this.#measured; piece++) {
          [sum, state] = scope(() => {
            const ids = tensor(inputs(piece), [T, B]);
            const { logits, state: next } = read(this.model, ids, state);
            const loss = crossEntropy(logits.reshape([-1, V]), tensor(targets(piece)));
            return [sum + loss.item(), next] as const;
          });
        }
        return sum / this.#measured;
      }),
    );
    return nats / Math.LN2;
  }

  get #measured(): number {
    return Math.min(MOST_PIECES, this.#heldOut.pieces);
  }

  /** What the models that count achieve on the very characters that `measure` measures. */
  get baselines(): Baselines {
    return (this.#baselines ??= {
      unigram: this.#count(1),
      trigram: this.#count(3),
    });
  }

  #count(order: 1 | 3): number {
    const model = wittenBell(this.text.training, this.vocabulary.characters.length, order);
    return bitsPerCharacter(model, this.text.heldOut, this.#heldOut.places(this.#measured));
  }

  /** A sample, always from the same random numbers. */
  write(): string {
    const generator = new Generator(this.settings.seed);
    return [...sample(this.model, this.vocabulary, "", { ...SAMPLE, generator })].join("");
  }

  /** Lets go of the state. */
  forget(): void {
    this.#state?.forEach((t) => t.free());
    this.#state = undefined;
  }

  free(): void {
    this.forget();
    this.model.free();
    this.adam.free();
  }
}
