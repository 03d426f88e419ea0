/** @file What a trained net computes: it counts, further than it was taught. */

import { argmax, crossEntropy, embedding, eye, Generator, nn, noGrad, scope, type Tensor } from "unrolled"; // prettier-ignore
import { anbn, ANBN_LETTERS } from "../theory/anbn.ts";
import { matrices } from "../viz/matrices.ts";
import type { Exhibit, ExhibitOptions } from "./exhibit.ts";
import { fit } from "./fit.ts";
import { bar, forSeeds, percent } from "./seeds.ts";

const [HIDDEN, STEPS, SHOWN] = [8, 1000, 25];
const upTo = (from: number, to: number): number[] =>
  Array.from({ length: to - from + 1 }, (_, i) => from + i);
const [TAUGHT, LONGER] = [upTo(1, 20), upTo(21, 30)];

/** Says what comes next: from all that came before, or from the last letter alone. */
class Reader extends nn.Module {
  readonly head: nn.Linear;

  constructor(
    readonly lstm: nn.LSTM | undefined,
    generator: Generator,
  ) {
    super();
    this.head = new nn.Linear(lstm ? HIDDEN : ANBN_LETTERS, ANBN_LETTERS, { generator });
  }

  /** @param x int32 [T, B] @returns [T, B, ANBN_LETTERS] */
  forward(x: Tensor): Tensor {
    const letters = embedding(x, eye(ANBN_LETTERS));
    return this.head.forward(this.lstm ? this.lstm.forward(letters)[0] : letters);
  }
}

/** The share of strings in which every letter that is certain was foreseen. */
function right(net: Reader, ns: readonly number[]): number {
  return scope(() =>
    noGrad(() => {
      const { x, y } = anbn(ns);
      const [said, wanted] = [argmax(net.forward(x), 2), y].map((t) => t.data());
      const wrong = new Set<number>();
      wanted!.forEach((letter, i) => {
        if (letter !== -100 && said![i] !== letter) wrong.add(i % ns.length);
      });
      return 1 - wrong.size / ns.length;
    }),
  );
}

function trial(seed: number, progress: (done: number) => void) {
  const generator = new Generator(seed);
  const lstm = nn.init.forgetBias(new nn.LSTM(ANBN_LETTERS, HIDDEN, { generator }), 1);
  const [remembers, forgets] = [lstm, undefined].map((own, i) => {
    const net = new Reader(own, generator);
    const loss = (): Tensor => {
      const { x, y } = anbn(TAUGHT);
      return crossEntropy(net.forward(x).reshape([-1, ANBN_LETTERS]), y.flatten());
    };
    const shares = [0, 0.8, 1] as const; // of the time
    const [from, to] = [shares[i]!, shares[i + 1]!];
    fit(net, loss, { steps: STEPS, lr: 2e-2, progress: (d) => progress(from + (to - from) * d) });
    return { net, taught: right(net, TAUGHT), longer: right(net, LONGER) };
  }) as [Tried, Tried];
  const cells = scope(() => {
    const x = embedding(anbn([SHOWN]).x, eye(ANBN_LETTERS)); // [T, 1, ANBN_LETTERS]
    return lstm.trace(x)[0]!.c.squeeze(1).permute([1, 0]).toArray() as number[][]; // [H, T]
  });
  for (const { net } of [remembers, forgets]) net.free();
  return { remembers, forgets, cells };
}

interface Tried {
  net: Reader;
  taught: number;
  longer: number;
}

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  const [{ cells }] = trials as [(typeof trials)[0]];
  const of = (net: "remembers" | "forgets", on: "taught" | "longer"): number[] =>
    trials.map((t) => t[net][on]);
  return {
    verdicts: [
      bar("an LSTM foretells every b and the end of aⁿbⁿ, n = 1 to 20 as taught", "≥ 95 %", of("remembers", "taught"), (x) => x >= 0.95, percent),
      bar("the same for n = 21 to 30, longer than it was ever taught", "≥ 95 %", of("remembers", "longer"), (x) => x >= 0.95, percent),
      bar("a net that knows the last letter only, n = 1 to 20", "≤ 50 %", of("forgets", "taught"), (x) => x <= 0.5, percent),
    ],
    pictures: [
      {
        caption: `The ${HIDDEN} cells of the LSTM, row by row, as it reads a string of ${SHOWN} a and as many b: some count up with each a and down with each b. Nobody compiled it.`,
        svg: matrices({
          matrices: [{ name: "c", rows: cells, scale: Math.max(...cells.flat().map(Math.abs)) }],
          scales: true,
          description: `Heat map of ${HIDDEN} cells over ${2 * SHOWN + 1} steps.`,
        }),
      },
    ],
  }; // prettier-ignore
}

export const exhibit: Exhibit = {
  id: "S14 trained",
  title: "A net that learnt to count",
  statement: "RNN is universal (can compute any function computable by Turing machine).",
  run,
};
