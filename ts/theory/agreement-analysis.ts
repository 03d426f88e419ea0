/** @file Where an LSTM keeps the number of a noun: probes, ablation and gates (Lakretz et al. 2019). */

import { bceWithLogits, Generator, nn, noGrad, optim, scope, tensor } from "unrolled";
import { FORMS, type Sentence } from "./agreement.ts";
import { ablation, type AgreementNet, type Intervention, wordIds } from "./agreement-net.ts";

export interface Agreement {
  /** The share of sentences with the right form. */
  form: number;
  /** The share in which the right form is likelier than that of the other number. */
  number: number;
}

/** How well a net agrees; the sentences are of one length. */
export function agreement(
  net: AgreementNet,
  given: readonly Sentence[],
  intervene?: Intervention,
): Agreement {
  const logits = scope(() =>
    noGrad(() => net.head.forward(net.read(wordIds(given), intervene).at(-1)!.h).data()),
  );
  let [forms, numbers] = [0, 0];
  given.forEach(({ form, otherForm }, b) => {
    const row = logits.subarray(b * FORMS.length, (b + 1) * FORMS.length);
    if (FORMS[row.indexOf(Math.max(...row))] === form) forms++;
    if (row[FORMS.indexOf(form)]! > row[FORMS.indexOf(otherForm)]!) numbers++;
  });
  return { form: forms / given.length, number: numbers / given.length };
}

/** Number agreement without each of the cells. */
export const withoutEach = (net: AgreementNet, given: readonly Sentence[]): number[] =>
  Array.from({ length: net.hiddenSize }, (_, cell) =>
    scope(() => agreement(net, given, ablation(cell, net.hiddenSize)).number),
  );

/** The number of the last lowest value: the cell that is missed most. */
export const mostMissed = (numbers: readonly number[]): number =>
  numbers.indexOf(Math.min(...numbers));

/** Some sentences, and the cells of a net that has read them up to the question: [sentence][cell]. */
export interface Probed {
  sentences: readonly Sentence[];
  cells: readonly number[][];
}

/** What a net knows before the question: c after the last word. The sentences are of one length. */
export function beforeQuestion(net: AgreementNet, sentences: readonly Sentence[]): Probed {
  const cells = scope(() => noGrad(() => net.read(wordIds(sentences)).at(-2)!.c.toArray()));
  return { sentences, cells: cells as number[][] }; // [B, H]
}

/**
 * How often a linear probe tells the noun's number from some cells: a logistic regression on tanh c, fitted to some
 * sentences and tried on others.
 */
export function probe(cells: readonly number[], fitted: Probed, tried: Probed): number {
  const features = ({ cells: all }: Probed) =>
    tensor(all.map((row) => cells.map((j) => row[j]!))).tanh();
  const labels = ({ sentences }: Probed): number[] =>
    sentences.map(({ number }) => Number(number === "plural"));
  return scope(() => {
    const regression = new nn.Linear(cells.length, 1, { generator: new Generator(0) });
    const adam = new optim.Adam([...regression.parameters()], { lr: 0.3 });
    const [x, y] = [features(fitted), tensor(labels(fitted), [fitted.sentences.length, 1])];
    for (let step = 0; step < 100; step++) {
      scope(() => {
        bceWithLogits(regression.forward(x), y).backward();
        adam.step();
        adam.zeroGrad();
      });
    }
    const said = noGrad(() => regression.forward(features(tried)).data());
    const right = labels(tried).filter((label, b) => said[b]! > 0 === (label === 1)).length;
    regression.free();
    adam.free();
    return right / tried.sentences.length;
  });
}

/** The cells that together tell the number best, on the sentences that the probes are fitted to: found one by one. */
export function tellingCells(count: number, fitted: Probed): number[] {
  const all = [...fitted.cells[0]!.keys()];
  const chosen: number[] = [];
  while (chosen.length < count) {
    const scores = all.map((j) => (chosen.includes(j) ? 0 : probe([...chosen, j], fitted, fitted)));
    chosen.push(scores.indexOf(Math.max(...scores)));
  }
  return chosen;
}

/** The mean gates of a cell. */
export interface GateMeans {
  forgetAtNoun: number;
  inputAtNoun: number;
  /** Over the words between noun and question. */
  forgetBetween: number;
}

/** How open the gates of a cell are while sentences of one length are read. */
export function gateMeans(net: AgreementNet, cell: number, given: readonly Sentence[]): GateMeans {
  return scope(() =>
    noGrad(() => {
      const steps = net.read(wordIds(given));
      const mean = (gate: "f" | "i", t: number): number => steps[t]![gate].mean(0).data()[cell]!;
      const [{ noun, words }] = given as readonly [Sentence];
      const between = words.slice(noun + 1, -1).map((_, i) => mean("f", noun + 1 + i));
      return {
        forgetAtNoun: mean("f", noun),
        inputAtNoun: mean("i", noun),
        forgetBetween: between.reduce((a, b) => a + b, 0) / between.length,
      };
    }),
  );
}
