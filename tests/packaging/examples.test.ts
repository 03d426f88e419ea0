/**
 * @file Every example of a docstring, run. A statement on a line of its own with a comment behind, `f(x); // [1, 2]`, must
 * give what the comment says: numbers as exactly as they are written. `unrolled/worker` has a test of its own.
 */

import { readFileSync } from "node:fs";
import { transformWithOxc } from "vite";
import { expect, test } from "vitest";
import { init, initSync } from "../../ts/entry/slim.ts";
import * as unrolled from "../../ts/index.ts";
import * as theory from "../../ts/theory/index.ts";
import * as tokenizers from "../../ts/tokenizers/index.ts";
import * as viz from "../../ts/viz/index.ts";
import { Group } from "../../ts/worker/group.ts";
import { examplesOf } from "../support/examples.ts";
import { golden } from "../support/golden.ts";

/** What examples may name, the bytes of unrolled/kernels.wasm among them. */
const bytes = readFileSync(new URL("../../dist/kernels.wasm", import.meta.url));
const names = { ...theory, ...viz, ...tokenizers, ...unrolled, init, initSync, bytes };

/** What a short example takes as given, by its file. Two of the names here are no user's: */
const more = {
  Group,
  tokenizerJson: () => golden<{ file: unknown }>("tokenizers")[0]!.file,
};
const ids = `const ids = zeros([1, 6], { dtype: "int32" });`;
const gpt2 = `const model = new GPT2({ vocab_size: 420, n_embd: 8, n_layer: 1, n_head: 2 });`;
const session = `${gpt2}
  const [session, prompt, end] = [model.session(), [1, 2], 0];
  const written = [], write = (text) => written.push(text), decode = String;`;
const GIVEN: Record<string, string> = {
  "models/bert.ts": `${ids} const config = { vocab_size: 9, hidden_size: 12, num_attention_heads: 3, intermediate_size: 6 };
    const readFileSync = () => saveSafetensors(new BERT(config).stateDict());`,
  "models/char-lm.ts": `const [vocabulary, ids, T, B] = ["abc", Int32Array.of(0, 1, 2, 0, 1, 2), 3, 2];`,
  "models/char-lm-session.ts": `${ids} const model = new CharLM(3);`,
  "models/decoder-session.ts": `${gpt2} const prompt = zeros([1, 6], { dtype: "int32" }), next = tensor([1], { dtype: "int32" });`,
  "models/decoding/beam-search.ts": session,
  "models/decoding/generate.ts": session,
  "models/gpt2.ts": `${ids} const config = { vocab_size: 65, n_embd: 8, n_layer: 1, n_head: 2 };
    const readFileSync = () => saveSafetensors(new GPT2(config).stateDict());`,
  "models/t5.ts": `${ids} const labels = ids, config = { vocab_size: 9, d_model: 8, d_kv: 4, d_ff: 8, num_layers: 1, num_heads: 2 };
    const readFileSync = () => saveSafetensors(new T5(config).stateDict());`,
  "nn/alibi.ts": `const [H, L, S] = [2, 3, 4], [q, k, v] = [L, S, S].map((n) => randn([H, n, 5]));`,
  "nn/capture-attention.ts": `${ids} const bert = new BERT({ vocab_size: 9, hidden_size: 12, num_attention_heads: 3 });`,
  "nn/multihead-attention.ts": `const x = randn([2, 5, 64]);`,
  "nn/positional-encoding.ts": `${ids} const embedding = new nn.Embedding(9, 64);`,
  "nn/rotary.ts": `const E = 4, [q, k, v] = [3, 3, 3].map((n) => randn([2, n, E]));`,
  "nn/transformer.ts": `const L = 3, [src, tgt] = [randn([2, 5, 64]), randn([2, L, 64])];`,
  "tokenizers/text-stream.ts": `${session} const [tokenizer, ids, options] = [new Tokenizer(tokenizerJson()), prompt, { maxTokens: 9 }];`,
  "tokenizers/tokenizer.ts": `${session} const readFileSync = tokenizerJson;`,
  "viz/attention/head-view.ts": `const writeFileSync = (name, text) => text;`,
  "viz/index.ts": `const writeFileSync = (name, text) => text;
    const [curves, description] = [[{ name: "training", points: [[0, 2], [1, 1]] }], "It falls."];`,
  "worker/group.ts": `const [model, batch, B] = [new nn.Linear(3, 1), [...Array(8).keys()], 8], group = new Group(0, 4, undefined);
    const adam = new optim.Adam(model.parameters());
    const lossOf = (model, rows) => model.forward(randn([rows.length, 3])).square().mean();`,
};

const APART = /^(cli|edge|worker\/(serve|train))/;
const examples = examplesOf().filter(({ file }) => !APART.test(file));

test("there are examples", () => expect(examples.length).toBeGreaterThan(120));

test("nothing is given to files without examples", () => {
  const files = new Set(examples.map(({ file }) => file));
  expect(Object.keys(GIVEN).filter((file) => !files.has(file))).toEqual([]);
});

test.each(examples.map(({ file, code }) => [file, code.trim().split("\n")[0], code] as const))(
  "%s: %s",
  async (file, _, code) => {
    const checked = code.replace(
      /^(?!const |let |import )(\S.*); \/\/ (.+)$/gm,
      (line, expression: string, comment: string) =>
        isJson(comment) ? `expectShown(${expression}, ${JSON.stringify(comment)});` : line,
    );
    const given = GIVEN[file] ?? "";
    const { code: js } = await transformWithOxc(
      `async () => {\n${given}\n{\n${checked}\n}\n}`,
      "example.ts",
    );
    const scopeOf = { ...names, ...more, expectShown };
    const run = new Function(...Object.keys(scopeOf), `return ${js}`);
    unrolled.manualSeed(1);
    await (run(...Object.values(scopeOf)) as () => Promise<void>)();
  },
);

function isJson(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

/** Compares a value with what is written: 0.33 stands for anything that rounds to it. */
function expectShown(value: unknown, written: string): void {
  const digits = Math.max(0, ...[...written.matchAll(/\.(\d+)/g)].map(([, d]) => d!.length));
  const rounded = (v: unknown): unknown => {
    if (v instanceof unrolled.Tensor) return rounded(v.toArray());
    if (ArrayBuffer.isView(v)) return rounded([...(v as Float32Array)]);
    if (Array.isArray(v)) return v.map(rounded);
    if (typeof v === "number") return Number(v.toFixed(digits)) + 0; // no -0
    return v;
  };
  expect(rounded(value)).toEqual(rounded(JSON.parse(written)));
}
