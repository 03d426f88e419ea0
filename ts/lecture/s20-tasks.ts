/** @file What an encoder and a decoder learn first: to copy, to turn round, to sort, to add; and to translate dates. */

import { Generator, nn, noGrad, scope, slice } from "unrolled";
import { type CalendarDate, DATE_CHARACTERS, dates } from "../theory/dates.ts";
import { exact, type Transduction, TransductionNet } from "../theory/transduction-net.ts";
import { additions, SUM_CHARACTERS, transduction } from "../theory/transductions.ts";
import { TRANSDUCTION_SYMBOLS, type TransductionName } from "../theory/transductions.ts";
import { headViewSvg } from "../viz/attention/head-view.ts";
import { COLOUR } from "../viz/drawing.ts";
import { lineChart, type Point } from "../viz/line-chart.ts";
import type { Exhibit, ExhibitOptions, Picture } from "./exhibit.ts";
import { barOf, forSeeds } from "./seeds.ts";
import { school, type Schooled } from "./transduction-training.ts";

interface Lesson {
  /** As the curves are called. */
  name: string;
  colour: string;
  make: (batch: number, generator: Generator) => Transduction;
  /** What the test is taken from, if not from the same. */
  unseen?: (batch: number, generator: Generator) => Transduction;
  symbols: number;
  /** At most. */
  steps: number;
  /** Of the time. */
  share: number;
}

/** The bar of the copy task: so many steps at most, so many sequences without a mistake. */
const [COPY_STEPS, TESTED] = [2000, 200];
const [BATCH, WARMUP, FRESH] = [40, 300, 500];

const rewriting = (name: TransductionName) => ({
  make: (batch: number, generator: Generator) => transduction(name, { batch, generator }),
  symbols: TRANSDUCTION_SYMBOLS,
});

/** Dates of every seventh day are kept for the test. */
const isHeldOut = ({ year, month, day }: CalendarDate): boolean =>
  (372 * year + 31 * month + day) % 7 === 0;
const isTaught = (date: CalendarDate): boolean => !isHeldOut(date);

const LESSONS = {
  copy: { name: "copying", colour: COLOUR.warm, ...rewriting("copy"), steps: COPY_STEPS, share: 0.1 },
  reversal: { name: "turning round", colour: COLOUR.cool, ...rewriting("reversal"), steps: 2000, share: 0.1 },
  sorting: { name: "sorting", colour: "#7048e8", ...rewriting("sorting"), steps: 2000, share: 0.1 },
  sums: {
    name: "adding",
    colour: "#2f9e44",
    make: (batch, generator) => additions({ batch, generator }),
    symbols: SUM_CHARACTERS.length + 1,
    steps: 4000,
    share: 0.2,
  },
  dates: {
    name: "dates",
    colour: "#c2255c",
    make: (batch, generator) => dates({ batch, generator, among: isTaught }),
    unseen: (batch, generator) => dates({ batch, generator, among: isHeldOut }),
    symbols: DATE_CHARACTERS.length + 1,
    steps: 4000,
    share: 0.4,
  },
} satisfies Record<string, Lesson>; // prettier-ignore

type Name = keyof typeof LESSONS;
const NAMES = Object.keys(LESSONS) as readonly Name[]; // its type says so

interface Learnt extends Schooled {
  net: TransductionNet;
  /** What it is tested with while it learns: when all is right, it ends. */
  watched: Transduction;
  /** The share of exact answers in another test. */
  fresh: number;
}

type Course = Omit<Learnt, "net" | "watched">;

/** Trains on a task with d 32, 4 heads, 2 layers on each side, 64 hidden units. */
function learn(lesson: Lesson, seed: number, progress: (done: number) => void): Learnt {
  const { make, unseen = make, symbols, steps } = lesson;
  const generator = new Generator(seed);
  const net = new TransductionNet({ sourceSymbols: symbols, targetSymbols: symbols, generator });
  const held = new Generator(1000 + seed);
  const watched = unseen(TESTED, held);
  const course = school(net, {
    batch: () => make(BATCH, generator),
    test: watched,
    steps,
    warmup: WARMUP,
    progress,
  });
  const fresh = exact(net, unseen(FRESH, held));
  return { net, watched, fresh, ...course };
}

/** What a copying net without positions comes to in as many steps. */
function learnUnordered({ steps, watched }: Learnt, seed: number, progress: (done: number) => void): number {
  const { make, symbols } = LESSONS.copy;
  const generator = new Generator(seed);
  const net = new TransductionNet({ sourceSymbols: symbols, targetSymbols: symbols, positional: false, generator });
  const { share } = school(net, { batch: () => make(BATCH, generator), test: watched, steps, warmup: WARMUP, progress });
  net.free();
  return share;
} // prettier-ignore

/** What a trained net still does when positions are left out. */
function unordered({ net, watched }: Learnt): number {
  net.positional = false;
  const share = exact(net, watched);
  net.positional = true;
  return share;
}

function trial(seed: number, progress: (done: number) => void) {
  return scope(() => {
    let done = 0;
    const part = (share: number) => {
      const start = done;
      done += share;
      return (own: number): void => progress(start + share * own);
    };
    const learnt = Object.fromEntries(
      NAMES.map((name) => [name, learn(LESSONS[name], seed, part(LESSONS[name].share))]),
    ) as Record<Name, Learnt>; // one of each
    const result = {
      courses: Object.fromEntries(
        NAMES.map((name) => {
          const { net: _, watched: _tensors, ...course } = learnt[name];
          return [name, course];
        }),
      ) as Record<Name, Course>, // one of each
      never: learnUnordered(learnt.copy, seed, part(0.1)),
      without: Math.max(...NAMES.map((name) => unordered(learnt[name]))),
      picture: alignment(learnt.dates.net),
    };
    for (const { net } of Object.values(learnt)) net.free();
    progress(1);
    return result;
  });
}

/** What the decoder looks at in a date while it writes. */
function alignment(net: TransductionNet): Picture {
  return scope(() => {
    const { source, target, texts } = dates({ batch: 1, generator: new Generator(5), among: isHeldOut }); // prettier-ignore
    const text = texts[0]!;
    const written = slice(target, 1, 0, 10); // all but the last character, which nothing is written after
    const { records } = nn.captureAttention(net, () => noGrad(() => net.forward(source, written)));
    const cross = records.filter(({ kind }) => kind === "cross");
    const wanted = Array.from(target.data(), (id) => DATE_CHARACTERS[id - 1]!).join("");
    return {
      caption: `What the decoder's last layer looks at in “${text}” (right) while it writes “${wanted.slice(1)}” (left), each line by one of four heads.`,
      svg: headViewSvg({
        crossAttention: cross.map(({ weights }) => slice(weights, 3, 0, text.length)),
        decoderTokens: Array.from(wanted.slice(1)), // beside each, what it looks at before it stands there
        encoderTokens: [...text],
        layer: cross.length - 1,
      }),
    };
  });
}

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  const row = barOf(trials);
  const [{ courses, picture }] = trials as [(typeof trials)[0]];
  return {
    verdicts: [
      row(`copying: of ${TESTED} random sequences, without a mistake`, "100 %", (t) => t.courses.copy.share, (x) => x === 1),
      row("copying: steps that it took", `≤ ${COPY_STEPS}`, (t) => t.courses.copy.steps, (x) => x <= COPY_STEPS, String),
      row("turning round", "≥ 99 %", (t) => t.courses.reversal.fresh, (x) => x >= 0.99),
      row("sorting", "≥ 99 %", (t) => t.courses.sorting.fresh, (x) => x >= 0.99),
      row("sums of two numbers of two digits", "≥ 99 %", (t) => t.courses.sums.fresh, (x) => x >= 0.99),
      row("dates in six formats, of days that it never saw, to ISO 8601", "≥ 99 %", (t) => t.courses.dates.fresh, (x) => x >= 0.99),
      row("copying by a net that never had positions, after as many steps", "≤ 10 %", (t) => t.never, (x) => x <= 0.1),
      row("the best of those five nets when positions are left out", "≤ 10 %", (t) => t.without, (x) => x <= 0.1),
    ],
    pictures: [curves(courses), losses(courses), picture],
  };
} // prettier-ignore

const curvesOf = (courses: Record<Name, Schooled>, of: (course: Schooled) => Point[]) =>
  NAMES.map((key) => {
    const { name, colour } = LESSONS[key];
    return { name, colour, points: of(courses[key]) };
  });

const curves = (courses: Record<Name, Schooled>): Picture => ({
  caption: "Sequences written without any mistake, in per cent, while the nets learn; each ends when 200 in a row are right.",
  svg: lineChart({
    curves: curvesOf(courses, ({ accuracy }) => accuracy.map(([step, share]): Point => [step, 100 * share])),
    xLabel: "steps",
    yLabel: "per cent without a mistake",
    description: "Curves that rise to 100 per cent, copying among the first.",
  }),
}); // prettier-ignore

const losses = (courses: Record<Name, Schooled>): Picture => ({
  caption: "The loss in nats per symbol. Labels are smoothed by 0.1, so that it does not go to 0.",
  svg: lineChart({
    curves: curvesOf(courses, ({ loss }) => loss),
    xLabel: "steps",
    yLabel: "loss",
    description: "Falling curves of the loss of five tasks.",
  }),
});

export const exhibit: Exhibit = {
  id: "S20a",
  title: "Transformer: copying, sorting, dates",
  statement:
    "An encoder reads, a decoder writes and looks back at what was read. Two small layers learn to copy what they read in a few hundred steps.",
  long: true,
  run,
};
