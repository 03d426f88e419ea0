/** @file `unrolled sample`. */

import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Generator, scope } from "unrolled";
import { modelOf, readCheckpoint } from "./checkpoint.ts";
import { decodeUtf8 } from "./corpus.ts";
import { Problem } from "./problem.ts";
import { sample } from "./sampling.ts";
import { UNKNOWN } from "./vocabulary.ts";

export interface SampleOptions {
  prompt?: string;
  length: number;
  temperature: number;
  topK: number;
  seed: number;
}

/** How long standard input may be silent before the person is told that it is waited for, in milliseconds. */
const PATIENCE = 2000;

/** Writes the prompt and what follows it to standard output, as it is drawn. @throws Problem */
export async function runSample(
  path: string,
  { prompt: given, seed, ...options }: SampleOptions,
): Promise<number> {
  const { model, vocabulary } = scope(() => modelOf(readCheckpoint(path), path));
  try {
    const prompt = given ?? (process.stdin.isTTY ? "" : await standardInput());
    const strange = [...new Set(prompt)].filter((c) => vocabulary.encode(c)[0] === UNKNOWN);
    if (strange.length > 0) {
      console.error(
        `unrolled: the model never learnt ${strange.map((c) => JSON.stringify(c)).join(" ")}`,
      );
    }
    const text = function* (): Iterable<string> {
      yield prompt;
      yield* sample(model, vocabulary, prompt, { ...options, generator: new Generator(seed) });
      if (process.stdout.isTTY) yield "\n";
    };
    await pipeline(Readable.from(text()), process.stdout, { end: false });
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "EPIPE") throw error; // whoever read it has read enough
  } finally {
    model.free();
  }
  return 0;
}

/** All of standard input, without the line end that most programs add. @throws Problem */
async function standardInput(): Promise<string> {
  const notice = setTimeout(
    () =>
      console.error(
        "unrolled: waiting for the prompt on standard input; --prompt gives it directly",
      ),
    PATIENCE,
  );
  const chunks: Buffer[] = [];
  try {
    for await (const chunk of process.stdin) {
      clearTimeout(notice);
      chunks.push(chunk as Buffer); // no encoding was set
    }
  } finally {
    clearTimeout(notice);
  }
  const text = decodeUtf8(Buffer.concat(chunks));
  if (text === undefined) throw new Problem("the prompt on standard input is not UTF-8 text");
  return text.replace(/\r?\n$/, "");
}
