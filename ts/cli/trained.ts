/** @file A transformer of `unrolled train`, whose tokens are characters. */

import { GPT2, nn, scope, tensor } from "unrolled";
import type { Reader } from "./attend.ts";
import { modelOf, readCheckpoint } from "./checkpoint.ts";
import { oneStack } from "./one-stack.ts";
import { Problem } from "./problem.ts";
import type { Vocabulary } from "./vocabulary.ts";

/** @throws Problem when it is a recurrent net */
export function trained(path: string): Reader {
  const { model, vocabulary } = scope(() => modelOf(readCheckpoint(path), path));
  if (!(model instanceof GPT2)) {
    model.free();
    throw new Problem(`${path} holds a recurrent net, which has no attention; unrolled attend is for transformers`); // prettier-ignore
  }
  return {
    attend(text, textB) {
      if (textB !== undefined) throw new Problem("--text-b: this model knows no pairs; use --text alone"); // prettier-ignore
      const ids = vocabulary.encode(text);
      if (ids.length === 0) throw new Problem("--text: expected a text of at least one character, got none"); // prettier-ignore
      const most = model.config.n_positions;
      if (ids.length > most) throw new Problem(`--text: expected at most ${most} characters, what ${path} was trained to see, got ${ids.length}`); // prettier-ignore
      return attended(model, vocabulary, ids);
    },
    free: () => model.free(),
  };
}

/** What the model attends to while it reads these characters. */
export function attended(model: GPT2, vocabulary: Vocabulary, ids: Int32Array) {
  const { records } = nn.captureAttention(model, () => model.forward(tensor(ids, [1, ids.length])));
  const tokens = Array.from(ids, (id) => visible(vocabulary.decode(id)));
  return oneStack(records, { tokens, bidirectional: false });
}

const visible = (character: string): string =>
  ({ " ": "␣", "\n": "↵", "\t": "⇥" })[character] ?? character;
