/** @file Text that streams as it is drawn. */

import { choose } from "unrolled";
import type { SamplingOptions } from "../cli/sampling.ts";
import { UNKNOWN } from "../cli/vocabulary.ts";
import type { Body } from "./body.ts";
import { bad, Problem } from "./problem.ts";
import type { Session } from "./sessions.ts";

/** Characters in one piece of the stream. */
const PIECE = 8;
const MOST = 4096;

export interface Wish extends Omit<SamplingOptions, "generator"> {
  prompt: string;
}

/** What a request wants to be written. @throws Problem */
export function wishIn(body: Body): Wish {
  return {
    prompt: body.text("prompt", { most: MOST, otherwise: "" }),
    length: body.number("length", { least: 1, most: MOST, otherwise: 200, whole: true }),
    temperature: body.number("temperature", { least: 0, most: 10, otherwise: 0.8 }),
    topK: body.number("topK", { least: 0, most: MOST, otherwise: 0, whole: true }),
  };
}

/** The prompt as numbers, if the session can read it and write what is wished for. @throws Problem */
export function expectPossible({ model, read }: Session, { prompt, length }: Wish): Int32Array {
  const { vocabulary, longest } = model;
  // A text begins as after a line end.
  const ids = vocabulary.encode(prompt === "" && read === 0 ? "\n" : prompt);
  const strange = [...new Set(prompt)].filter((c) => vocabulary.encode(c)[0] === UNKNOWN);
  if (strange.length > 0) {
    throw bad(`the model never learnt ${strange.map((c) => JSON.stringify(c)).join(" ")}`);
  }
  if (read + ids.length + length > longest) {
    const words = `of at most ${longest} characters in all`;
    throw new Problem(
      409,
      `this model's texts are ${words}; ${read} were read, the prompt has ${ids.length}, and ${length} are to follow`,
    );
  }
  return ids;
}

/**
 * Reads the prompt, then draws characters, piece by piece. Each character drawn is read at once, so that the session can go on
 * from the last one written.
 */
export function* write(
  session: Session,
  ids: Int32Array,
  { length, temperature, topK }: Wish,
): Generator<string> {
  const { model, generator } = session;
  session.push(ids);
  for (let written = 0; written < length;) {
    let text = "";
    for (const end = Math.min(written + PIECE, length); written < end; written++) {
      const id = choose(session.logits!, { temperature, topK, never: [UNKNOWN], generator });
      text += model.vocabulary.decode(id);
      session.push(Int32Array.of(id));
    }
    yield text;
  }
}
