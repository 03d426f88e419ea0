/** @file A small BERT over "The animal didn't cross the street because it was too tired": two heads, two targets. */

import { argmax, BERT, crossEntropy, Generator, nn, noGrad, scope, tensor } from "unrolled";
import { ANIMAL_STREET_PLACES as AT, ANIMAL_STREET_WORDS as WORDS, animalStreet, maskedSentences } from "../theory/animal-street.ts"; // prettier-ignore
import { headViewSvg } from "../viz/attention/head-view.ts";
import { neuronViewSvg } from "../viz/attention/neuron-view.ts";
import { lineChart, type Point } from "../viz/line-chart.ts";
import type { Exhibit, ExhibitOptions, Picture } from "./exhibit.ts";
import { fit } from "./fit.ts";
import { barOf, forSeeds } from "./seeds.ts";

const [STEPS, BATCH, TESTED, D] = [250, 48, 400, 48];

/**
 * One layer: in it "it" cannot know yet which noun it is, so its heads must fetch both. σ is 1 / √D, as the usual 0.02 is for
 * D = 768.
 */
const bert = (generator: Generator): BERT =>
  new BERT(
    {
      vocab_size: WORDS.length,
      hidden_size: D,
      num_hidden_layers: 1,
      num_attention_heads: 4,
      intermediate_size: 2 * D,
      max_position_embeddings: 20,
      hidden_dropout_prob: 0,
      attention_probs_dropout_prob: 0,
      initializer_range: 1 / Math.sqrt(D),
    },
    { nsp: false, pooler: false, generator },
  );

/** Trains it on words asked for. Returns the loss of each step. */
function learn(net: BERT, generator: Generator, progress: (done: number) => void): number[] {
  const loss = () => {
    const { ids, types, targets } = maskedSentences(BATCH, generator);
    const { logits } = net.forward(ids, { tokenTypes: types });
    return crossEntropy(logits!.reshape([-1, WORDS.length]), targets, { ignoreIndex: -100 });
  };
  return fit(net, loss, { steps: STEPS, lr: 3e-3, progress });
}

/** The share of words that it tells, all asked for at one place, and one more place masked. */
function told(net: BERT, ask: number, generator: Generator, hide?: number): number {
  return scope(() =>
    noGrad(() => {
      const { ids, types, targets } = maskedSentences(TESTED, generator, { ask, hide });
      const T = ids.shape[1]!;
      const best = argmax(net.forward(ids, { tokenTypes: types }).logits!, -1).data();
      const wanted = targets.data();
      const right = Array.from({ length: TESTED }, (_, b) => b * T + ask).filter((i) => best[i] === wanted[i]); // prettier-ignore
      return right.length / TESTED;
    }),
  );
}

/** What a head's "it" looks at. */
interface Leaning {
  head: number;
  /** Its attention to the animal and to the place, on average. */
  animal: number;
  place: number;
  /** The share of sentences in which it looks more at the animal than at the place. */
  toAnimal: number;
}

/** Of every head. */
function leanings(net: BERT, generator: Generator): Leaning[] {
  return scope(() =>
    noGrad(() => {
      const { ids, types } = maskedSentences(TESTED, generator, { ask: AT.it });
      const { records } = nn.captureAttention(net, () => net.forward(ids, { tokenTypes: types }));
      const all = records[0]!.weights.toArray() as number[][][][]; // [B, H, T, T]
      return all[0]!.map((_, head): Leaning => {
        const rows = all.map((sentence) => sentence[head]![AT.it]!);
        const mean = (at: number): number => rows.reduce((sum, row) => sum + row[at]!, 0) / TESTED;
        const toAnimal = rows.filter((row) => row[AT.animal]! > row[AT.place]!).length / TESTED;
        return { head, animal: mean(AT.animal), place: mean(AT.place), toAnimal };
      });
    }),
  );
}

/** The head that looks at the animal rather than the place, the one that does the reverse, and the lesser of what they pay. */
function opposed(heads: readonly Leaning[]) {
  const most = (of: (head: Leaning) => number) => heads.reduce((a, b) => (of(b) > of(a) ? b : a));
  const animal = most((h) => h.animal - h.place);
  const place = most((h) => h.place - h.animal);
  return { animal, place, attention: Math.min(animal.animal, place.place) };
}

function trial(seed: number, progress: (done: number) => void) {
  const generator = new Generator(seed);
  const net = bert(generator).eval() as BERT; // it has no dropout
  const untrained = opposed(leanings(net, new Generator(1000 + seed))).attention;
  const losses = learn(net, generator, progress);
  const test = new Generator(2000 + seed);
  const { animal, place, attention } = opposed(leanings(net, test));
  const result = {
    cue: told(net, AT.cue, test),
    guessed: told(net, AT.cue, test, AT.same),
    noun: told(net, AT.it, test),
    toAnimal: animal.toAnimal,
    toPlace: 1 - place.toAnimal,
    attention,
    untrained,
    losses,
    pictures: pictures(net, animal.head, place.head),
  };
  net.free();
  return result;
}

/** What a net attends to in one of the slide's two sentences. */
function seen(net: BERT, tired: boolean) {
  const tokens = animalStreet("animal", "street", tired);
  const row = (values: number[]) => tensor(Int32Array.from(values), [1, tokens.length]);
  const second = tokens.indexOf("[SEP]") + 1;
  const ids = row(tokens.map((word) => WORDS.indexOf(word)));
  const tokenTypes = row(tokens.map((_, t) => Number(t >= second)));
  const { records } = nn.captureAttention(net, () => net.forward(ids, { tokenTypes }));
  const of = (part: "weights" | "query" | "key") => records.map((record) => record[part]);
  return { tokens, attention: of("weights"), queries: of("query"), keys: of("key") };
}

/** The slide: two heads of "it", and how the first comes to its weights. */
function pictures(net: BERT, toAnimal: number, toPlace: number): Picture[] {
  return scope(() =>
    noGrad(() => {
      const [tired, wide] = [seen(net, true), seen(net, false)];
      const token = { side: "left", index: AT.it } as const;
      return [
        {
          caption: `“… too tired”: head ${toAnimal}, whose “it” looks at the animal rather than the street.`,
          svg: headViewSvg({ attention: tired.attention, tokens: tired.tokens, heads: [toAnimal], token }),
        },
        {
          caption: `“… too wide”: head ${toPlace}, whose “it” looks at the street rather than the animal.`,
          svg: headViewSvg({ attention: wide.attention, tokens: wide.tokens, heads: [toPlace], token }),
        },
        {
          caption: `How head ${toAnimal} comes to that: the query of “it”, times every key, summed, through the softmax.`,
          svg: neuronViewSvg({ ...tired, head: toAnimal, token: AT.it }),
        },
      ];
    }),
  );
} // prettier-ignore

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  const row = barOf(trials);
  const [first] = trials as [(typeof trials)[0]];
  return {
    verdicts: [
      row("masked “tired” or “wide” told", "≥ 95 %", (t) => t.cue, (x) => x >= 0.95),
      row("the same where “exhausted” or “broad” is masked too", "< 60 %", (t) => t.guessed, (x) => x < 0.6),
      row("noun that “it” stands for told", "≥ 95 %", (t) => t.noun, (x) => x >= 0.95),
      row("sentences in which one head's “it” looks more at the animal", "≥ 90 %", (t) => t.toAnimal, (x) => x >= 0.9),
      row("sentences in which another head's “it” looks more at the street", "≥ 90 %", (t) => t.toPlace, (x) => x >= 0.9),
      row("attention that they pay to them, the lesser of the two", "≥ 30 %", (t) => t.attention, (x) => x >= 0.3),
      row("the same before it learnt", "< 20 %", (t) => t.untrained, (x) => x < 0.2),
    ],
    pictures: [
      ...first.pictures,
      {
        caption: "The loss on the words asked for, in nats; one in four is any word of the sentence, which cannot always be told.",
        svg: lineChart({
          curves: [{ name: "loss", kind: "net", points: first.losses.flatMap((l, i): Point[] => (i % 10 === 9 ? [[i + 1, l]] : [])) }],
          xLabel: "steps",
          yLabel: "loss",
          description: "A falling curve.",
        }),
      },
    ],
  };
} // prettier-ignore

export const exhibit: Exhibit = {
  id: "S22a",
  title: "BERT: two heads, two targets",
  statement: "“The animal didn't cross the street because it was too tired”: “it = animal” or “it = street”? One head of BERT looks at the one, another at the other.", // prettier-ignore
  long: true,
  run,
};
