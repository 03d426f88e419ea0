/**
 * @file The LSTM that reads "I live with my parents, …" and says "mými", its insides step by step, and how it is
 * trained: free, or as a glass box, whose first cells are what the slide writes into its vector [singular/plural,
 * feminine/masculine, case, …].
 */

import {
  add,
  crossEntropy,
  type Generator,
  linear,
  mseLoss,
  mul,
  nn,
  randint,
  select,
  sigmoid,
  slice,
  stack,
  tanh,
  tensor,
  type Tensor,
  zeros,
} from "unrolled";
import { CASES, FORMS, type Sentence, sentences, WORDS } from "./agreement.ts";

/** One step of the net: gates, cell state and output, [B, H] each. */
export interface Insides {
  i: Tensor;
  f: Tensor;
  g: Tensor;
  o: Tensor;
  c: Tensor;
  h: Tensor;
}

/** What the cells of a glass box hold, in their order. */
export const GLASS_CELLS = ["number", "gender", "case"] as const;

/** Changes a cell state c_t [B, H] before the step's output is computed. */
export type Intervention = (c: Tensor, t: number) => Tensor;

/**
 * Embedding, LSTM and the form of "my": "cell state is long term memory = vector [singular/plural, feminine/masculine, case,
 * …]".
 */
export class AgreementNet extends nn.Module {
  readonly embedding: nn.Embedding;
  readonly lstm: nn.LSTM;
  readonly head: nn.Linear;

  constructor(
    readonly hiddenSize = 24,
    { embeddingDim = 16, generator }: { embeddingDim?: number; generator?: Generator } = {},
  ) {
    super();
    const options = generator ? { generator } : {};
    this.embedding = new nn.Embedding(WORDS.length, embeddingDim, options);
    this.lstm = new nn.LSTM(embeddingDim, hiddenSize, options);
    this.head = new nn.Linear(hiddenSize, FORMS.length, options);
    nn.init.forgetBias(this.lstm, 1);
  }

  /** @param ids int32 [T, B] @returns h after each word, [T, B, H] */
  states(ids: Tensor): Tensor {
    return this.lstm.forward(this.embedding.forward(ids))[0];
  }

  /** @param ids int32 [T, B] @returns the logits of FORMS after the last word, [B, 11] */
  forward(ids: Tensor): Tensor {
    return this.head.forward(select(this.states(ids), 0, -1));
  }

  /** The same step by step, by the equations of the LSTM. */
  read(ids: Tensor, intervene: Intervention = (c) => c): Insides[] {
    const [T, B] = ids.shape as [number, number];
    const { weight_ih_l0, weight_hh_l0, bias_ih_l0, bias_hh_l0 } = this.lstm;
    const H = this.hiddenSize;
    const fromInput = linear(this.embedding.forward(ids), weight_ih_l0!, bias_ih_l0); // [T, B, 4 H]
    let [h, c] = [zeros([B, H]), zeros([B, H])];
    return Array.from({ length: T }, (_, t) => {
      const a = add(select(fromInput, 0, t), linear(h, weight_hh_l0!, bias_hh_l0));
      const block = (k: number): Tensor => slice(a, 1, k * H, (k + 1) * H);
      const [i, f, g, o] = [
        sigmoid(block(0)),
        sigmoid(block(1)),
        tanh(block(2)),
        sigmoid(block(3)),
      ];
      c = intervene(add(mul(f, c), mul(i, g)), t);
      h = mul(o, tanh(c));
      return { i, f, g, o, c, h };
    });
  }
}

const WORD_IDS = new Map(WORDS.map((word, i) => [word, i]));
const FORM_IDS = new Map(FORMS.map((form, i) => [form, i]));

/** Sentences of one length as the net reads them: int32 [T, B]. */
export function wordIds(given: readonly Sentence[]): Tensor {
  const [T, B] = [given[0]!.words.length, given.length];
  const ids = Int32Array.from({ length: T * B }, (_, k) => {
    return WORD_IDS.get(given[k % B]!.words[Math.floor(k / B)]!)!;
  });
  return tensor(ids, [T, B]);
}

/** The classes of forms: int32 [B]. */
export const formIds = (forms: readonly string[]): Tensor =>
  tensor(Int32Array.from(forms, (form) => FORM_IDS.get(form)!));

/** A cell that is not there. */
export function ablation(cell: number, hiddenSize: number): Intervention {
  return (c) => mul(c, tensor(Array.from({ length: hiddenSize }, (_, j) => Number(j !== cell))));
}

/**
 * The glass box's cell values at a step: number −1 or 1, the subject's before the noun's; gender −1 masculine, 0 neuter,
 * 1 feminine; the case from −1 to 1, once a preposition is there. 0 is not known yet.
 */
export function glassValues(
  s: Sentence,
  t: number,
): [number: number, gender: number, kase: number] {
  const known = t >= s.noun ? s.number : s.subject;
  const number = known === undefined ? 0 : known === "plural" ? 1 : -1;
  const gender = t < s.noun ? 0 : { "m anim": -1, "m inan": -1, f: 1, n: 0 }[s.gender];
  const asked = t < s.words.length - 2 ? s.nounCase : s.kase; // the second preposition is the last word
  const kase = t < s.noun - 2 ? 0 : (2 * CASES.indexOf(asked)) / (CASES.length - 1) - 1;
  return [number, gender, kase];
}

/** The loss of a free net: the form, and nothing else. */
export const freeLoss = (net: AgreementNet, given: readonly Sentence[]): Tensor =>
  crossEntropy(net.forward(wordIds(given)), formIds(given.map(({ form }) => form)));

/** Weight of the glass box's second loss. */
const CLARITY = 3;

/**
 * The loss of a glass box: the form; beside it, that the first cells hold their values; and for every second sentence,
 * whose number cell is turned over after the noun, that the form turns over with it (interchange intervention training,
 * Geiger et al. 2022), so that nothing else may know the number.
 */
export function glassLoss(
  net: AgreementNet,
  given: readonly Sentence[],
  generator: Generator,
): Tensor {
  const [B, H, K] = [given.length, net.hiddenSize, GLASS_CELLS.length];
  const [{ noun, words }] = given as readonly [Sentence];
  const at = noun + randint(0, words.length - 1 - noun, [1], { generator }).item();
  const turned = (b: number): boolean => b % 2 === 0;
  const signs = Float32Array.from({ length: B * H }, (_, k) =>
    k % H === 0 && turned(Math.floor(k / H)) ? -1 : 1,
  );
  const steps = net.read(wordIds(given), (c, t) => (t === at ? mul(c, tensor(signs, [B, H])) : c));
  const forms = given.map((s, b) => (turned(b) ? s.otherForm : s.form));
  const form = crossEntropy(net.head.forward(steps.at(-1)!.h), formIds(forms));

  const values = words.flatMap((_, t) =>
    given.flatMap((s, b) => {
      const [number, ...others] = glassValues(s, t);
      return [turned(b) && t >= at ? -number : number, ...others];
    }),
  );
  const cells = slice(stack(steps.map(({ c }) => c)), 2, 0, K); // [T, B, K]
  return add(form, mul(mseLoss(cells, tensor(values, [words.length, B, K])), CLARITY));
}

/** Sentences for a step of training: of one distance, from 0 to `farthest`. */
export function batch(size: number, farthest: number, generator: Generator): Sentence[] {
  const drawn = randint(0, farthest + 1, [1], { generator });
  const distance = drawn.item();
  drawn.free();
  return sentences(size, distance, generator);
}
