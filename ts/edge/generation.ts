/** @file Text that streams as it is drawn. */

import { choose, type SamplingOptions } from "../cli/sampling.ts";
import { UNKNOWN } from "../cli/vocabulary.ts";
import type { Body } from "./body.ts";
import { bad, Problem } from "./problem.ts";
import type { Session } from "./sessions.ts";

/** Characters in one piece of the stream. Between two, other requests have their turn. */
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
 * Reads the prompt, then draws characters, as fast as they are taken. Each character drawn is read at once, so the session
 * can go on from the last one sent.
 *
 * @param done called once: at the end, when nobody listens any more, and after an error
 */
export function textStream(
  session: Session,
  ids: Int32Array,
  { length, temperature, topK }: Wish,
  done: () => void,
): ReadableStream<Uint8Array> {
  const encoder = new TextEncoder();
  const { vocabulary } = session.model;
  let written = 0;
  return new ReadableStream<Uint8Array>(
    {
      pull(controller) {
        try {
          if (written === 0) session.push(ids);
          let text = "";
          for (const end = Math.min(written + PIECE, length); written < end; written++) {
            const { generator } = session;
            const id = choose(session.logits!, { length, temperature, topK, generator });
            text += vocabulary.decode(id);
            session.push(Int32Array.of(id));
          }
          controller.enqueue(encoder.encode(text));
          if (written < length) return;
          done();
          controller.close();
        } catch (error) {
          done();
          throw error;
        }
      },
      cancel: done,
    },
    { highWaterMark: 0 },
  );
}
