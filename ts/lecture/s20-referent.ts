/** @file What must be so that a head goes from "it" to its noun: a translator that can learn what "it" is nowhere else. */

import { argmax, crossEntropy, Generator, mul, nn, noGrad, optim, scope, slice, tensor, type Tensor } from "unrolled"; // prettier-ignore
import { asTranslation, COREFERENCE_PLACES as AT, coreference, type Coreference, coreferences, ENGLISH, GERMAN } from "../theory/coreference.ts"; // prettier-ignore
import type { Transduction } from "../theory/transduction-net.ts";
import { headViewSvg } from "../viz/attention/head-view.ts";
import type { Exhibit, ExhibitOptions, Picture } from "./exhibit.ts";
import { barOf, forSeeds } from "./seeds.ts";

const [STEPS, WARMUP, BATCH, TESTED, D] = [400, 300, 48, 400, 32];

/** "Weil es zu müde war, überquerte das Tier die Straße nicht": no noun is written yet from which "es" could be told. */
function clauseFirst({ words, german }: Coreference): Pick<Coreference, "words" | "german"> {
  const [article, noun, verb, ...rest] = german as [string, string, string, ...string[]];
  const clause = rest.indexOf("weil");
  return { words, german: [...rest.slice(clause), verb, article, noun, ...rest.slice(0, clause)] };
}

/** Where the pronoun stands then. */
const PRONOUN = 1;

/** The English words of which each German one is the translation: weil, es, zu, müde, war, überquerte, das, Tier, die, Straße, nicht. */
const ALIGNMENT = [[6], [7], [9], [10], [8], [2, 3], [0, 1], [1], [4, 5], [5], [2]] as const;

/** How many words ahead the encoder's first layer sees: from "it" to the end. */
const AHEAD = AT.cue - AT.it;

/** What a mask blocks, bool [rows, columns]. */
const blocked = (rows: number, columns: number, sees: (row: number, column: number) => boolean) =>
  tensor(Uint8Array.from({ length: rows * columns }, (_, i) => Number(!sees(Math.floor(i / columns), i % columns))), [rows, columns], { dtype: "bool" }); // prettier-ignore

/**
 * Two layers of one head, and a decoder of one layer that sees of the source only the words that it is translating. The first
 * layer sees only what comes next, so that in the second "it" knows the cue, and nothing else knows a noun's gender yet.
 */
class AlignedNet extends nn.Module {
  readonly source: nn.Embedding;
  readonly target: nn.Embedding;
  readonly positions: nn.PositionalEncoding;
  readonly encoder: nn.TransformerEncoder;
  readonly transformer: nn.Transformer;
  readonly head: nn.Linear;

  constructor(generator: Generator) {
    super();
    const options = { dimFeedforward: 2 * D, dropout: 0, batchFirst: true, generator };
    this.source = new nn.Embedding(ENGLISH.length, D, { generator });
    this.target = new nn.Embedding(GERMAN.length, D, { generator });
    for (const { weight } of [this.source, this.target]) nn.init.normal(weight, 0, 1 / Math.sqrt(D), generator); // prettier-ignore
    this.positions = new nn.PositionalEncoding(D, { dropout: 0, maxLength: 16, batchFirst: true });
    const layer = new nn.TransformerEncoderLayer(D, 1, options);
    this.encoder = new nn.TransformerEncoder(layer, 2, { norm: new nn.LayerNorm(D) });
    layer.free();
    this.transformer = new nn.Transformer(D, 4, { ...options, customEncoder: this.encoder, numDecoderLayers: 1 }); // prettier-ignore
    this.head = new nn.Linear(D, GERMAN.length, { generator });
  }

  /** int32 [B, S] and what was written so far, int32 [B, L]: the logits [B, L, V] of the word after each. */
  forward(source: Tensor, target: Tensor): Tensor {
    const [S, L] = [source.shape[1]!, target.shape[1]!];
    const next = blocked(S, S, (i, j) => j >= i && j <= i + AHEAD);
    const [first, second] = [...this.encoder.layers] as [nn.EncoderLayer, nn.EncoderLayer];
    const x = first.forward(this.#embed(this.source, source), { srcMask: next });
    const memory = this.encoder.norm!.forward(second.forward(x, {}));
    const aligned = blocked(L, S, (i, j) => (ALIGNMENT[i] as readonly number[]).includes(j));
    const y = this.transformer.decoder.forward(this.#embed(this.target, target), memory, {
      tgtMask: nn.generateSquareSubsequentMask(L),
      tgtIsCausal: true,
      memoryMask: aligned,
    });
    return this.head.forward(y);
  }

  #embed(embedding: nn.Embedding, ids: Tensor): Tensor {
    return this.positions.forward(mul(embedding.forward(ids), Math.sqrt(D)));
  }
}

/** Of each word after the first, from those before it. */
function loss(net: AlignedNet, { source, target }: Transduction): Tensor {
  const L = target.shape[1]!;
  const logits = net.forward(source, slice(target, 1, 0, L - 1)); // [B, L − 1, V]
  return crossEntropy(logits.reshape([-1, GERMAN.length]), slice(target, 1, 1, L).reshape([-1]), {
    labelSmoothing: 0.1,
  });
}

/** A translator that has read sentences, by the paper's optimiser and rate (Vaswani et al. 2017). */
export function translator(
  seed: number,
  { steps = STEPS, progress }: { steps?: number; progress?: (done: number) => void } = {},
): AlignedNet {
  const generator = new Generator(seed);
  const net = new AlignedNet(generator);
  const batch = (): Transduction => asTranslation(coreferences(BATCH, generator).map(clauseFirst));
  const adam = new optim.Adam([...net.parameters()], { lr: 1, betas: [0.9, 0.98], eps: 1e-9 });
  const noam = new optim.Noam(adam, { dModel: D, warmup: WARMUP, factor: 0.5 });
  for (let step = 1; step <= steps; step++) {
    scope(() => {
      loss(net, batch()).backward();
      adam.step();
      adam.zeroGrad();
    });
    noam.step();
    progress?.(step / steps);
  }
  adam.free();
  return net.eval() as AlignedNet;
}

/** What the head of the second layer looks at from "it", by sentences, and the pronouns that are written. */
function look(net: AlignedNet, sentences: readonly Coreference[]) {
  return scope(() =>
    noGrad(() => {
      const { source, target } = asTranslation(sentences.map(clauseFirst));
      const written = slice(target, 1, 0, PRONOUN + 1);
      const { result, records } = nn.captureAttention(net, () => net.forward(source, written));
      const best = argmax(slice(result, 1, PRONOUN, PRONOUN + 1), -1).data();
      const weights = records.filter(({ kind }) => kind === "encoder")[1]!.weights; // [B, 1, S, S]
      return {
        rows: (weights.toArray() as number[][][][]).map(([rows]) => rows![AT.it]!),
        pronouns: Array.from(best, (id) => GERMAN[id]!),
      };
    }),
  );
}

/** How well the pronoun is translated, and how much the head looks at its noun. */
export function referents(net: AlignedNet, sentences: readonly Coreference[]) {
  const { rows, pronouns } = look(net, sentences);
  const mean = (value: (sentence: Coreference, b: number) => number): number =>
    sentences.reduce((sum, sentence, b) => sum + value(sentence, b), 0) / sentences.length;
  return {
    pronouns: mean((s, b) => Number(pronouns[b] === s.pronoun)),
    rather: mean((s, b) => Number(rows[b]![s.right]! > rows[b]![s.other]!)),
    right: mean((s, b) => rows[b]![s.right]!),
    other: mean((s, b) => rows[b]![s.other]!),
  };
}

function trial(seed: number, progress: (done: number) => void) {
  const test = coreferences(TESTED, new Generator(1000 + seed), true);
  const fresh = translator(seed, { steps: 0 });
  const untrained = referents(fresh, test);
  fresh.free();
  const net = translator(seed, { progress });
  const pictures = (["animal", "place"] as const).map((about) => picture(net, about));
  const result = { ...referents(net, test), untrained, pictures };
  net.free();
  return result;
}

/** What the head looks at from "it" in one of the slide's two sentences. */
function picture(net: AlignedNet, about: "animal" | "place"): Picture {
  return scope(() =>
    noGrad(() => {
      const sentence = coreference(0, 0, about, 0);
      const { source, target } = asTranslation([clauseFirst(sentence)]);
      const { records } = nn.captureAttention(net, () => net.forward(source, slice(target, 1, 0, 2)));
      const attention = records.filter(({ kind }) => kind === "encoder").map(({ weights }) => weights);
      return {
        caption: `“${sentence.words.join(" ")}”: what the encoder's second layer looks at from “it”, which becomes “${sentence.pronoun}”.`,
        svg: headViewSvg({ attention, tokens: [...sentence.words], layer: 1, token: { side: "left", index: AT.it } }),
      };
    }),
  );
} // prettier-ignore

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  const row = barOf(trials);
  const [first] = trials as [(typeof trials)[0]];
  return {
    verdicts: [
      row("right pronoun in German, of pairs of nouns, of different genders, never seen together", "≥ 95 %", (t) => t.pronouns, (x) => x >= 0.95),
      row("sentences in which the head's “it” looks more at the right noun than at the other", "≥ 90 %", (t) => t.rather, (x) => x >= 0.9),
      row("the same before it learnt", "< 75 %", (t) => t.untrained.rather, (x) => x < 0.75),
      row("how many times as much attention it pays to the right noun as to the other", "≥ 3", (t) => t.right / t.other, (x) => x >= 3, (x) => x.toFixed(1)),
    ],
    pictures: [
      { caption: "The slide's two sentences: one word at the end turns the head.", frames: first.pictures },
    ],
  };
} // prettier-ignore

export const exhibit: Exhibit = {
  id: "S20c",
  title: "When a head goes from “it” to its noun",
  statement:
    "A translator may know what “it” is and no head go from “it” to its noun: the last word can fetch the gender itself, and the decoder can look at what it has written. " +
    "Where “because” comes first in German, and the decoder sees only the words that it is translating, “it” must find out.",
  long: true,
  run,
};
