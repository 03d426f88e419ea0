/** @file Transformers as Hugging Face saves them: model.safetensors, with config.json and tokenizer.json beside it. */

import { existsSync, readdirSync, statSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { BERT, GPT2, nn, T5, tensor, type Tensor } from "unrolled";
import { Tokenizer } from "unrolled/tokenizers";
import type { Attended, Reader } from "./attend.ts";
import { isCheckpoint } from "./checkpoint.ts";
import { decodeUtf8, readBytes } from "./corpus.ts";
import { oneStack } from "./one-stack.ts";
import { Problem } from "./problem.ts";
import { trained } from "./trained.ts";

type Files = Record<string, Uint8Array>;
type Records = nn.AttentionRecord[];

/** A text as the model reads it. */
interface Reading {
  tokens: string[];
  ids: Tensor; // [1, T]
  types: Tensor;
  sentenceBStart: number | undefined;
}

/** The model of a file or folder, by the model_type of its config; or of a checkpoint of `unrolled train`. @throws Problem */
export function pretrained(path: string): Reader {
  if (!existsSync(path)) throw new Problem(`${path} cannot be read: no such file or directory`);
  const folder = statSync(path).isDirectory() ? path : dirname(path);
  if (folder !== path && isCheckpoint(path)) return trained(path);
  const files = filesIn(path, folder);
  const beside = (name: string): Uint8Array => {
    if (files[name]) return files[name];
    throw new Problem(`${join(folder, name)} is not there; unrolled attend needs it beside the weights`); // prettier-ignore
  };
  const config = parsed(join(folder, "config.json"), beside("config.json"));
  const type = String(config.model_type);
  const make = MODELS[type];
  if (!make) {
    throw new Problem(`${join(folder, "config.json")}: expected a model_type of ${Object.keys(MODELS).join(", ")}, got ${type}`); // prettier-ignore
  }
  return refused(path, () => {
    const tokenizer = new Tokenizer(beside("tokenizer.json"));
    const { model, attend } = make(files, tokenizer);
    return { attend, free: () => model.free() };
  });
}

const MODELS: Readonly<
  Record<
    string,
    (files: Files, tokenizer: Tokenizer) => Pick<Reader, "attend"> & { model: nn.Module }
  >
> = {
  gpt2(files, tokenizer) {
    const model = GPT2.fromPretrained(files);
    const attend = (text: string, textB?: string): Attended => {
      if (textB !== undefined) throw new Problem("--text-b: GPT-2 knows no pairs of sentences; use --text alone"); // prettier-ignore
      const { tokens, ids } = read(tokenizer, text);
      const { records } = nn.captureAttention(model, () => model.forward(ids));
      return oneStack(records, { tokens, bidirectional: false });
    };
    return { model, attend };
  },
  bert(files, tokenizer) {
    const model = BERT.fromPretrained(files);
    const attend = (text: string, textB?: string): Attended => {
      const { tokens, ids, types, sentenceBStart } = read(tokenizer, text, textB);
      const { records } = nn.captureAttention(model, () => model.forward(ids, { tokenTypes: types })); // prettier-ignore
      return oneStack(records, { tokens, sentenceBStart });
    };
    return { model, attend };
  },
  t5(files, tokenizer) {
    const model = T5.fromPretrained(files);
    const attend = (text: string, textB?: string): Attended => {
      if (textB === undefined) throw new Problem("--text-b is missing: what the decoder of a T5 writes for --text"); // prettier-ignore
      const [source, target] = [read(tokenizer, text), read(tokenizer, textB)];
      const { records } = nn.captureAttention(model, () =>
        model.forward(source.ids, model.shiftRight(target.ids)),
      );
      const of = (kind: string): Records => records.filter((record) => record.kind === kind);
      const weights = (kind: string) => of(kind).map((record) => record.weights);
      const start = tokenizer.tokenOf(model.start) ?? String(model.start);
      return {
        neurons: oneStack(of("encoder"), { tokens: source.tokens }).neurons,
        views: {
          encoderAttention: weights("encoder"),
          decoderAttention: weights("decoder"),
          crossAttention: weights("cross"),
          encoderTokens: source.tokens,
          decoderTokens: [start, ...target.tokens.slice(0, -1)],
        },
      };
    };
    return { model, attend };
  },
};

function read(tokenizer: Tokenizer, text: string, pair?: string): Reading {
  const { ids, tokens, types } = tokenizer.encode(text, pair === undefined ? {} : { pair });
  if (ids.length === 0)
    throw new Problem("--text: expected a text of at least one token, got none");
  const row = (values: number[]): Tensor => tensor(Int32Array.from(values), [1, values.length]);
  const second = types.indexOf(1);
  return { tokens, ids: row(ids), types: row(types), sentenceBStart: second > 0 ? second : undefined }; // prettier-ignore
}

/** The file, or all of the folder's safetensors, with the JSON beside them. */
function filesIn(path: string, folder: string): Files {
  const all = readdirSync(folder);
  const weights = all.filter((name) => name.endsWith(".safetensors"));
  const own = path === folder ? weights : [basename(path)];
  if (own.length === 0) throw new Problem(`${folder} holds no .safetensors file`);
  const index = path === folder ? all.filter((name) => name.endsWith(".safetensors.index.json")) : []; // prettier-ignore
  const json = ["config.json", "tokenizer.json"].filter((name) => all.includes(name));
  return Object.fromEntries([...own, ...index, ...json].map((name) => [name, readBytes(join(folder, name))])); // prettier-ignore
}

function parsed(path: string, bytes: Uint8Array): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(decodeUtf8(bytes) ?? "");
    if (typeof value === "object" && value !== null) return value as Record<string, unknown>;
  } catch {
    // said below
  }
  throw new Problem(`${path} is no JSON object`);
}

/** Runs `f`; what goes wrong in it is the files' fault. */
function refused<R>(path: string, f: () => R): R {
  try {
    return f();
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(`${path}: ${(error as Error).message}`);
  }
}
