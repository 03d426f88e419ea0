/** @file "I live with my parents, …" → "mými": an LSTM whose cell state is the slide's vector. */

import { crossEntropy, Generator, noGrad, scope, softmax } from "unrolled";
import { FORMS, type Sentence, sentences, slideSentence } from "../theory/agreement.ts";
import {
  agreement,
  beforeQuestion,
  type GateMeans,
  gateMeans,
  mostMissed,
  probe,
  tellingCells,
  withoutEach,
} from "../theory/agreement-analysis.ts";
import { AgreementNet, batch, formIds, freeLoss, glassLoss, wordIds } from "../theory/agreement-net.ts"; // prettier-ignore
import { WindowNet } from "../theory/window-net.ts";
import { COLOUR } from "../viz/drawing.ts";
import { gateTrace } from "../viz/gate-trace.ts";
import { lineChart } from "../viz/line-chart.ts";
import { lstmSlide } from "../viz/lstm-slide.ts";
import type { Exhibit, ExhibitOptions } from "./exhibit.ts";
import { accuracy, fit } from "./fit.ts";
import { bar, forSeeds, percent } from "./seeds.ts";

/** Words between noun and question: in training up to, and in the test of longer sentences. */
const [FARTHEST, LONGER] = [10, 15];
const BATCH = 64;
/** Steps of training, and the share of the time that they take. */
const PLAN = { glass: [1500, 0.5], free: [2000, 0.35], window: [1000, 0.05] } as const;

/** What the tests ask of a net. */
interface Report {
  inDomain: number;
  longer: number;
  /** Number agreement without each cell, in sentences of middling length. */
  without: number[];
  whole: number;
  /** The cell that is missed most, and what it costs to lose it; the others' mean cost. */
  cell: number;
  cost: number;
  otherCost: number;
  fromOne: number;
  fromThree: number;
  gates: GateMeans;
}

interface Tests {
  inDomain: Sentence[][];
  longer: Sentence[];
  middling: Sentence[];
  fitted: Sentence[];
}

function report(net: AgreementNet, tests: Tests): Report {
  const share = (given: readonly Sentence[]): number => agreement(net, given).form;
  const without = withoutEach(net, tests.middling);
  const whole = agreement(net, tests.middling).number;
  const cell = mostMissed(without);
  const others = without.filter((_, j) => j !== cell);
  return {
    inDomain: mean(tests.inDomain.map(share)),
    longer: share(tests.longer),
    without,
    whole,
    cell,
    cost: whole - without[cell]!,
    otherCost: whole - mean(others),
    ...told(net, tests),
    gates: gateMeans(net, cell, tests.middling),
  };
}

/** How well a probe tells the number, before the question, from the best cell and from the best three. */
function told(net: AgreementNet, tests: Tests) {
  const fitted = beforeQuestion(net, tests.fitted);
  const tried = beforeQuestion(net, tests.middling);
  const cells = tellingCells(3, fitted);
  return {
    fromOne: probe(cells.slice(0, 1), fitted, tried),
    fromThree: probe(cells, fitted, tried),
  };
}

const mean = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b, 0) / values.length;

/** How often the most frequent form is right. */
function majority(given: readonly Sentence[]): number {
  const counts = FORMS.map((form) => given.filter((s) => s.form === form).length);
  return Math.max(...counts) / given.length;
}

function trial(seed: number, progress: (done: number) => void) {
  const unseen = new Generator(1000 + seed);
  const inDomain = Array.from({ length: FARTHEST + 1 }, (_, d) => sentences(100, d, unseen));
  const tests: Tests = {
    inDomain,
    longer: sentences(500, LONGER, unseen),
    middling: sentences(400, 5, unseen),
    fitted: sentences(400, 5, unseen),
  };

  const generator = new Generator(seed);
  const draw = (): Sentence[] => batch(BATCH, FARTHEST, generator);
  let before = 0;
  const plan = (stage: keyof typeof PLAN) => {
    const [steps, share] = PLAN[stage];
    const start = before;
    before += share;
    return { steps, lr: 1e-2, progress: (done: number) => progress(start + share * done) };
  };
  const glass = new AgreementNet(24, { generator });
  fit(glass, () => glassLoss(glass, draw(), generator), plan("glass"));
  const free = new AgreementNet(24, { generator });
  const untrained = told(free, tests).fromThree;
  fit(free, () => freeLoss(free, draw()), plan("free"));
  const window = new WindowNet(4, { generator });
  const windowLoss = () => {
    const given = draw();
    return crossEntropy(window.forward(wordIds(given)), formIds(given.map(({ form }) => form)));
  };
  fit(window, windowLoss, plan("window"));

  const byWindow = inDomain.map((own) =>
    scope(() => accuracy(() => window.forward(wordIds(own)), formIds(own.map(({ form }) => form)))),
  );
  const result = {
    glass: report(glass, tests),
    free: report(free, tests),
    untrained,
    window: mean(byWindow),
    majority: majority(inDomain.flat()),
    slide: slide(glass),
  };
  for (const net of [glass, free, window]) net.free();
  progress(1);
  return result;
}

/** The slide's sentence as a trained net reads it. */
function slide(net: AgreementNet) {
  const sentence = slideSentence(["again", "near", "the", "castle"]);
  return scope(() =>
    noGrad(() => {
      const insides = net.read(wordIds([sentence]));
      const steps = insides.map((step) => {
        const [f, i, g, o] = [step.f, step.i, step.g, step.o].map((t) => t.data()[0]!);
        return { f: f!, i: i!, g: g!, o: o!, cells: Array.from(step.c.data().subarray(0, 3)) };
      });
      const p = softmax(net.head.forward(insides.at(-1)!.h), 1).data();
      const best = p.indexOf(Math.max(...p));
      return { sentence, steps, answer: FORMS[best]!, probability: p[best]! };
    }),
  );
}

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  type Trial = (typeof trials)[0];
  const row = (
    what: string,
    expected: string,
    value: (t: Trial) => number,
    meets: (x: number) => boolean,
    show = percent,
  ) => bar(what, expected, trials.map(value), meets, show); // prettier-ignore
  const points = (x: number): string => `${(100 * x).toFixed(1)} points`;
  const plain = (x: number): string => x.toFixed(2);
  const verdicts = [
    row("LSTM: right form, 0 to 10 words between noun and question", "≥ 99 %", (t) => t.free.inDomain, (x) => x >= 0.99),
    row("LSTM: right form, 15 words between, 5 more than in training", "≥ 95 %", (t) => t.free.longer, (x) => x >= 0.95),
    row("glass box: right form, 0 to 10 words between", "≥ 99 %", (t) => t.glass.inDomain, (x) => x >= 0.99),
    row("glass box: right form, 15 words between", "≥ 95 %", (t) => t.glass.longer, (x) => x >= 0.95),
    row("a net that sees the last 4 words, the same", "< 60 %", (t) => t.window, (x) => x < 0.6),
    row("always the most frequent form", "< 60 %", (t) => t.majority, (x) => x < 0.6),
    row("glass box: the number cell found by ablation is the one that was meant", "cell 0", (t) => t.glass.cell, (x) => x === 0, (x) => `cell ${x}`),
    row("glass box: number told by a probe from the best cell alone", "≥ 99 %", (t) => t.glass.fromOne, (x) => x >= 0.99),
    row("glass box: number agreement lost without the number cell", "≥ 30 points", (t) => t.glass.cost, (x) => x >= 0.3, points),
    row("glass box: lost without another cell, on average", "≤ 3 points", (t) => t.glass.otherCost, (x) => x <= 0.03, points),
    row("number cell: forget gate at the noun", "< 0.2", (t) => t.glass.gates.forgetAtNoun, (x) => x < 0.2, plain),
    row("number cell: input gate at the noun", "> 0.8", (t) => t.glass.gates.inputAtNoun, (x) => x > 0.8, plain),
    row("number cell: forget gate on the words between", "> 0.8", (t) => t.glass.gates.forgetBetween, (x) => x > 0.8, plain),
    row("LSTM, nobody having told it where to keep the number: told by a probe from three cells", "≥ 99 %", (t) => t.free.fromThree, (x) => x >= 0.99),
    row("the same net before it learnt", "< 90 %", (t) => t.untrained, (x) => x < 0.9),
    { what: "“I live with my parents again near the castle …” is completed by", expected: "mými", measured: trials.map((t) => t.slide.answer).join(", "), pass: trials.every((t) => t.slide.answer === "mými") },
  ]; // prettier-ignore
  return { verdicts, pictures: pictures(trials[0]!) };
}

function pictures({
  slide: { sentence, steps, answer, probability },
  glass,
  free,
}: ReturnType<typeof trial>) {
  const { words, noun } = sentence;
  const lane = (letter: "f" | "i" | "o", name: string) => ({
    letter,
    name,
    signed: false,
    values: steps.map((step) => step[letter]),
  });
  const sorted = ({ without }: Report) =>
    [...without].sort((a, b) => a - b).map((share, i) => [i + 1, share] as const);
  return [
    {
      caption:
        "The slide, in motion, with a trained net's own numbers. “I” writes singular into the number cell; at “parents” the forget " +
        "gate closes, singular is erased and plural written; other words pass by; in the end the form comes out.",
      svg: lstmSlide({
        steps: steps.map((step, t) => ({ word: words[t]!, ...step })),
        cells: [
          { name: "number", low: "singular", high: "plural" },
          { name: "gender", low: "masculine", high: "feminine" },
          { name: "case, of six", low: "nominative", high: "instrumental" },
        ],
        answer,
        probability,
        description: `An LSTM reads “${words.join(" ")}” word by word. Its number cell holds singular until “parents”, then plural. It says “${answer}”.`,
      }),
    },
    {
      caption: "The gates of the number cell, and what it holds, along the same sentence: −1 is singular, 1 plural.",
      svg: gateTrace({
        words,
        lanes: [
          lane("f", "forget gate"),
          lane("i", "input gate"),
          lane("o", "output gate"),
          { letter: "c", name: "cell state", signed: true, values: steps.map(({ cells }) => cells[0]!) },
        ],
        marked: [noun],
        description: "Forget, input and output gates and the value of the number cell at each word.",
      }),
    },
    {
      caption:
        "Number agreement when one cell is cut out, for each cell, the most missed first. The glass box keeps the number in one cell; " +
        "the other LSTM, which nobody told where, in a few.",
      svg: lineChart({
        curves: [
          { name: "glass box", colour: COLOUR.warm, points: sorted(glass), marked: true },
          { name: "LSTM", colour: COLOUR.cool, points: sorted(free), marked: true },
        ],
        levels: [{ name: "guessing", colour: COLOUR.soft, y: 0.5 }],
        xLabel: "cell cut out, by rank",
        yLabel: "number agreement",
        description: "Number agreement without each cell: the glass box falls to guessing without one of its cells, the free LSTM loses less and by several.",
      }),
    },
  ]; // prettier-ignore
}

export const exhibit: Exhibit = {
  id: "S9",
  title: "The LSTM that remembers a number",
  statement:
    "Cell state is long term memory = vector [singular/plural, feminine/masculine, case, …]: “I live with my parents, …” → “mými”.",
  run,
};
