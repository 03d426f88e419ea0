/** @file A session's model learns from a text: real steps, as many as the time of a request allows. */

import { clipGradNorm, Generator, optim, randint, scope, tensor } from "unrolled";
import type { Body } from "./body.ts";
import type { LanguageModel } from "./language-model.ts";
import { bad } from "./problem.ts";

/** Of a request: T characters of a window, B windows of a step. */
const WINDOWS = { T: 32, B: 8 };
/**
 * Multiplications and additions of a request: two seconds at 10 GFLOP/s. The clock of a Worker stands still while it
 * computes, so time cannot be measured, only work be counted.
 */
const MOST_WORK = 2e10;

export interface Lesson {
  text: string;
  steps: number;
  lr: number;
  /** T: characters that a window predicts. B: windows of a step. */
  windows: { T: number; B: number };
}

/** Forward, and twice that backward. */
const stepsAllowed = ({ cost }: LanguageModel): number =>
  Math.max(1, Math.floor(MOST_WORK / (3 * WINDOWS.T * WINDOWS.B * cost)));

/** @throws Problem */
export function lessonIn(body: Body, model: LanguageModel): Lesson {
  const most = stepsAllowed(model);
  const lesson = {
    text: body.text("text", { most: 32_768 }),
    steps: body.number("steps", { least: 1, most, otherwise: Math.min(20, most), whole: true }),
    lr: body.number("lr", { least: 0, most: 1, otherwise: 1e-3 }),
    windows: WINDOWS,
  };
  const { length } = model.vocabulary.encode(lesson.text);
  if (length <= WINDOWS.T) {
    throw bad(`expected text to have more than ${WINDOWS.T} characters, got ${length}`);
  }
  return lesson;
}

/** Adam on windows of the text. Each step gives its loss, in nats a character. */
export function* learn(
  model: LanguageModel,
  { text, steps, lr, windows: { T, B } }: Lesson,
  seed: number,
): Iterable<number> {
  const ids = model.vocabulary.encode(text);
  const generator = new Generator(seed);
  const adam = new optim.Adam(model.parameters(), { lr });
  try {
    for (let step = 0; step < steps; step++) {
      yield scope(() => {
        const starts = randint(0, ids.length - T, [B], { generator }).data();
        const rows = Array.from(starts, (at) => [...ids.subarray(at, at + T + 1)]);
        const loss = model.loss(tensor(Int32Array.from(rows.flat()), [B, T + 1]));
        loss.backward();
        clipGradNorm(model.parameters(), 1);
        adam.step();
        adam.zeroGrad();
        return loss.item();
      });
    }
  } finally {
    adam.free();
  }
}
