/** @file `unrolled attend`. */

import { noGrad, scope } from "unrolled";
import {
  type AttentionInput,
  headView,
  modelView,
  type NeuronInput,
  neuronView,
} from "unrolled/viz";
import { expectOurs, isReport, save } from "./outputs.ts";
import { pretrained } from "./pretrained.ts";
import { Problem } from "./problem.ts";

export const VIEWS = ["head", "model", "neuron", "all"] as const;

export interface AttendOptions {
  text: string;
  textB?: string;
  view: (typeof VIEWS)[number];
  layer?: number;
  head?: number;
  out: string;
}

/** What one reading of a text showed: the views' data, which belong to the scope that is open. */
export interface Attended {
  views: AttentionInput;
  /** Of a stack whose queries and keys can be shown. */
  neurons: NeuronInput;
}

/** A transformer that can be watched while it reads. */
export interface Reader {
  /** @throws Problem for a text, or a pair, that it cannot read */
  attend(text: string, textB?: string): Attended;
  free(): void;
}

/** Reads the text with the model of a checkpoint, and writes the views. @throws Problem */
export function runAttend(
  path: string,
  { text, textB, view, layer, head, out }: AttendOptions,
  readerOf: (path: string) => Reader = pretrained,
): number {
  const wanted = view === "all" ? (["head", "model", "neuron"] as const) : [view];
  const files = new Map(wanted.map((name) => [name, view === "all" ? named(out, name) : out]));
  for (const file of files.values()) expectOurs("--out", file, isReport);
  const reader = readerOf(path);
  try {
    scope(() =>
      noGrad(() => {
        const { views, neurons } = told(() => reader.attend(text, textB));
        const start = { layer, head };
        const pages = {
          head: () => headView({ ...views, layer, heads: head === undefined ? undefined : [head] }),
          model: () => modelView(views),
          neuron: () => neuronView({ ...neurons, ...start }),
        };
        const made = [...files].map(([name, file]) => [file, told(pages[name])] as const);
        for (const [file, html] of made) {
          save(file, Buffer.from(html));
          console.log(`wrote ${file}`);
        }
      }),
    );
  } finally {
    reader.free();
  }
  return 0;
}

/** attention.html and "head" give attention-head.html. */
const named = (out: string, view: string): string =>
  /\.html?$/i.test(out) ? out.replace(/(\.html?)$/i, `-${view}$1`) : `${out}-${view}.html`;

/** Runs `f`; what it refuses is what the person asked for. */
function told<R>(f: () => R): R {
  try {
    return f();
  } catch (error) {
    if (error instanceof RangeError || error instanceof TypeError) throw new Problem(error.message);
    throw error;
  }
}
