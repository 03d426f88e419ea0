/** @file "… because it was too tired": a translator must know what "it" is. */

import { Generator, nn, noGrad, scope, slice, tensor, type Tensor } from "unrolled";
import { asTranslation, COREFERENCE_PLACES as AT, coreference, type Coreference, coreferences, ENGLISH, GERMAN } from "../theory/coreference.ts"; // prettier-ignore
import { PADDING, TransductionNet } from "../theory/transduction-net.ts";
import { headViewSvg } from "../viz/attention/head-view.ts";
import { lineChart } from "../viz/line-chart.ts";
import type { Exhibit, ExhibitOptions, Picture } from "./exhibit.ts";
import { barOf, forSeeds } from "./seeds.ts";
import { school } from "./transduction-training.ts";

const [STEPS, BATCH, TESTED] = [600, 48, 400];

/** Where the pronoun stands in German. */
const PRONOUN = coreference(0, 0, "animal", 0).german.indexOf("weil") + 1;

/** The share of sentences whose pronoun is right; `blind`: when the cue cannot be seen. */
function pronouns(net: TransductionNet, sentences: readonly Coreference[], blind = false): number {
  return scope(() => {
    const { source, target } = asTranslation(sentences);
    const seen = blind ? withoutCue(source) : source;
    const written = net.write(seen, slice(target, 1, 0, 1), PRONOUN + 1).data();
    const right = sentences.filter(
      ({ pronoun }, b) => GERMAN[written[b * (PRONOUN + 1) + PRONOUN]!] === pronoun,
    );
    return right.length / sentences.length;
  });
}

function withoutCue(source: Tensor): Tensor {
  const [B, S] = source.shape as [number, number];
  const ids = source.data().map((id, i) => (i % S === AT.cue ? PADDING : id));
  return tensor(ids, [B, S]);
}

function trial(seed: number, progress: (done: number) => void) {
  return scope(() => {
    const generator = new Generator(seed);
    const net = new TransductionNet({ sourceSymbols: ENGLISH.length, targetSymbols: GERMAN.length, generator }); // prettier-ignore
    const test = coreferences(TESTED, new Generator(1000 + seed), true);
    const course = school(net, {
      batch: () => asTranslation(coreferences(BATCH, generator)),
      test: asTranslation(test),
      steps: STEPS,
      warmup: 300,
      until: Infinity,
      progress,
    });
    const result = {
      course,
      pronouns: pronouns(net, test),
      blind: pronouns(net, test, true),
      pictures: (["animal", "place"] as const).map((about) => picture(net, about)),
    };
    net.free();
    return result;
  });
}

/** What the decoder looks at in one of the slide's two sentences while it writes the pronoun. */
function picture(net: TransductionNet, about: "animal" | "place"): Picture {
  const { words, german, pronoun } = coreference(0, 0, about, 0);
  const { source, target } = asTranslation([{ words, german }]);
  const L = german.length; // of what is written, the last word reads nothing
  const { records } = nn.captureAttention(net, () => noGrad(() => net.forward(source, slice(target, 1, 0, L))));
  const cross = records.filter(({ kind }) => kind === "cross");
  return {
    caption: `“${words.join(" ")}”: what the four heads of the decoder's last layer look at while it writes “${pronoun}”, in “${german.join(" ")}”.`,
    svg: headViewSvg({
      crossAttention: cross.map(({ weights }) => weights),
      decoderTokens: german, // beside each word what is looked at before it stands there
      encoderTokens: words,
      layer: cross.length - 1,
      token: { side: "left", index: PRONOUN },
    }),
  };
} // prettier-ignore

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  const row = barOf(trials);
  const [first] = trials as [(typeof trials)[0]];
  return {
    verdicts: [
      row("right pronoun in German, of pairs of nouns, of different genders, never seen together", "≥ 95 %", (t) => t.pronouns, (x) => x >= 0.95),
      row("the same when the last word cannot be seen", "< 60 %", (t) => t.blind, (x) => x < 0.6),
      row("the whole sentence without a mistake", "≥ 95 %", (t) => t.course.share, (x) => x >= 0.95),
    ],
    pictures: [
      { caption: "The slide's two sentences: one word at the end changes the pronoun.", frames: first.pictures },
      {
        caption: "Translations without any mistake, in per cent, while the net learns.",
        svg: lineChart({
          curves: [{ name: "held-out pairs", kind: "net", points: first.course.accuracy.map(([step, x]) => [step, 100 * x] as const), marked: true }],
          xLabel: "steps",
          yLabel: "per cent without a mistake",
          description: "A curve that rises towards 100 per cent.",
        }),
      },
    ],
  };
} // prettier-ignore

export const exhibit: Exhibit = {
  id: "S20b",
  title: "A translator that must know what “it” is",
  statement:
    "“The animal didn't cross the street because it was too tired”: “it” is the animal. “… too wide”: it is the street. German must say which: er, sie or es.",
  long: true,
  run,
};
