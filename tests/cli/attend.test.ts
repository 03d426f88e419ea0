import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { BERT, GPT2, memory, nn, saveSafetensors, T5 } from "unrolled";
import { afterAll, afterEach, beforeEach, expect, test, vi } from "vitest";
import { toBytes } from "../../ts/cli/checkpoint.ts";
import { type AttendOptions, runAttend } from "../../ts/cli/attend.ts";
import { defaultsOf, type Settings } from "../../ts/cli/settings.ts";
import { Trainer } from "../../ts/cli/trainer.ts";
import { learnVocabulary } from "../../ts/cli/vocabulary.ts";
import { unpackShares } from "../../ts/viz/attention/pack.ts";
import type { ViewData } from "../../ts/viz/attention/view-page.ts";
import { golden } from "../support/golden.ts";

const folder = mkdtempSync(join(tmpdir(), "unrolled-attend-"));
afterAll(() => rmSync(folder, { recursive: true }));

let before: number;
beforeEach(() => {
  before = memory().tensors;
  vi.spyOn(console, "log").mockReturnValue();
});
afterEach(() => expect(memory().tensors).toBe(before));

/** The golden tokenisers are byte-level BPE as of GPT-2, WordPiece as of BERT, Unigram as of T5. */
const [bpe, wordPiece, unigram] = golden<{ file: Record<string, unknown>; size: number }>("tokenizers"); // prettier-ignore

/** A checkpoint as Hugging Face lays it out. */
function saved(name: string, model: nn.Module & { config: object }, tokenizer: object): string {
  const own = join(folder, name);
  mkdirSync(own);
  writeFileSync(join(own, "model.safetensors"), saveSafetensors(model.stateDict()));
  writeFileSync(join(own, "config.json"), JSON.stringify({ ...model.config, model_type: name }));
  writeFileSync(join(own, "tokenizer.json"), JSON.stringify(tokenizer));
  model.free();
  return join(own, "model.safetensors");
}

const gpt2 = saved("gpt2", new GPT2({ vocab_size: bpe!.size, n_positions: 32, n_embd: 16, n_layer: 2, n_head: 4 }), bpe!.file); // prettier-ignore
const bert = saved("bert", new BERT({ vocab_size: wordPiece!.size, hidden_size: 12, num_hidden_layers: 3, num_attention_heads: 3, intermediate_size: 6, max_position_embeddings: 32 }), wordPiece!.file); // prettier-ignore
const t5 = saved("t5", new T5({ vocab_size: unigram!.size, d_model: 16, d_kv: 4, d_ff: 8, num_layers: 2, num_heads: 2 }), unigram!.file); // prettier-ignore

const text = "The animal was tired.";
const page = (name: string): string => readFileSync(join(folder, name), "utf8");
const run = (path: string, options: Partial<AttendOptions> = {}): number =>
  runAttend(path, { text, view: "all", out: join(folder, "page.html"), ...options });

function dataOf(html: string): ViewData<Record<string, unknown>> {
  return JSON.parse(/id="data">(.*?)<\/script>/s.exec(html)![1]!);
}

test("GPT-2: all three views, and what comes later has no weight", () => {
  expect(run(gpt2, { layer: 1, head: 2 })).toBe(0);
  expect(console.log).toHaveBeenCalledTimes(3);
  const head = dataOf(page("page-head.html"));
  expect(head.sources[0]!.left).toEqual(["The", " animal", " was", " t", "ired", "."]);
  expect(head.initial).toEqual({ layer: 1, active: [false, false, true, false] });
  const weights = unpackShares(head.sources[0]!.weights);
  expect(weights).toHaveLength(2 * 4 * 36);
  for (let r = 0; r < 2 * 4 * 6; r++) {
    const row = weights.subarray(6 * r, 6 * r + 6);
    expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 3);
    for (let j = (r % 6) + 1; j < 6; j++) expect(row[j]).toBe(0);
  }
  expect(page("page-model.html")).toContain("Attention, the whole model");
  expect(dataOf(page("page-neuron.html")).initial).toMatchObject({
    layer: 1,
    head: 2,
    d: 4,
    bidirectional: false,
    scales: [0.5, 0.5],
  });
});

test("a transformer of unrolled train: its tokens are characters", () => {
  const vocabulary = learnVocabulary("a cat\n".repeat(40));
  const sizes = { hidden: 8, heads: 2, layers: 3, seq: 8, batch: 2 };
  const training = vocabulary.encode("a cat\n".repeat(40));
  const trainer = new Trainer({ ...defaultsOf("transformer"), ...sizes } as Settings, vocabulary, { training, heldOut: training }); // prettier-ignore
  const path = join(folder, "trained.safetensors");
  writeFileSync(path, toBytes(trainer, "text"));
  trainer.free();
  expect(run(path, { text: "a cat\n?", view: "head", out: join(folder, "trained.html") })).toBe(0);
  const { sources } = dataOf(page("trained.html"));
  expect(sources[0]!.left).toEqual(["a", "␣", "c", "a", "t", "↵", "\uFFFD"]);
  expect(unpackShares(sources[0]!.weights)).toHaveLength(3 * 2 * 49);
  expect(() => run(path, { text: "a cat a cat" })).toThrow("--text: expected at most 8 characters");
  expect(() => run(path, { text: "" })).toThrow(
    "--text: expected a text of at least one character",
  );
  expect(() => run(path, { text: "a", textB: "b" })).toThrow("--text-b");
});

test("BERT: a pair of sentences has the filters, from a folder too", () => {
  run(join(bert, ".."), { textB: "It was tired.", view: "head", out: join(folder, "pair.html") });
  const { sources, filters } = dataOf(page("pair.html"));
  expect(filters.map(({ name }) => name)).toHaveLength(5);
  expect(filters[1]!.rows).toEqual([0, 7]); // [CLS] the animal was tired . [SEP]
  expect(sources[0]!.left.slice(7)).toContain("it");
  run(bert, { view: "neuron", out: join(folder, "one.html") });
  expect(dataOf(page("one.html")).filters.map(({ name }) => name)).toEqual(["All"]);
});

test("T5: encoder, decoder and cross", () => {
  run(t5, { textB: "It was", view: "model", out: join(folder, "t5.html") });
  const { sources, filters } = dataOf(page("t5.html"));
  expect(filters.map(({ name }) => name)).toEqual(["Encoder", "Decoder", "Cross"]);
  expect(sources[2]!.right).toEqual(sources[0]!.left);
  expect(sources[2]!.left).toEqual(sources[1]!.left);
  run(t5, { textB: "It was", view: "neuron", out: join(folder, "t5n.html") });
  expect(dataOf(page("t5n.html")).initial.scales).toEqual([1, 1]);
});

test.each<[string, () => unknown, string]>([
  ["a file that is not there", () => run(join(folder, "none.safetensors")), "none.safetensors cannot be read: no such file or directory"],
  ["a layer that is not there", () => run(gpt2, { layer: 2 }), "expected layer to be one of 0, 1, got 2"],
  ["a head that is not there", () => run(gpt2, { head: 4 }), "to be one of 0, 1, 2, 3, got 4"],
  ["a pair for GPT-2", () => run(gpt2, { textB: "b" }), "--text-b: GPT-2 knows no pairs"],
  ["no target for T5", () => run(t5), "--text-b is missing"],
  ["a text that is too long", () => run(gpt2, { text: "the ".repeat(40) }), "n_positions = 32"],
  ["no text", () => run(gpt2, { text: "" }), "--text: expected a text of at least one token, got none"],
])("%s is said in a sentence, and nothing is written", (_, wrong, words) => {
  for (const name of ["page-head.html", "page-model.html", "page-neuron.html"]) rmSync(join(folder, name), { force: true });
  expect(wrong).toThrow(words);
  expect(wrong).toThrow(expect.objectContaining({ name: "Problem" }));
  expect(existsSync(join(folder, "page-head.html"))).toBe(false);
}); // prettier-ignore

test("files that lack what is needed, or are of another kind, are refused by name", () => {
  const bare = join(folder, "bare");
  mkdirSync(bare);
  expect(() => run(bare)).toThrow("bare holds no .safetensors file");
  const weights = join(bare, "model.safetensors");
  writeFileSync(weights, saveSafetensors(new Map()));
  expect(() => run(weights)).toThrow("config.json is not there; unrolled attend needs it beside the weights"); // prettier-ignore
  writeFileSync(join(bare, "config.json"), "{");
  expect(() => run(weights)).toThrow("config.json is no JSON object");
  writeFileSync(join(bare, "config.json"), '{"model_type":"mamba"}');
  expect(() => run(weights)).toThrow("expected a model_type of gpt2, bert, t5, got mamba");
  writeFileSync(join(bare, "config.json"), '{"model_type":"gpt2"}');
  expect(() => run(weights)).toThrow("tokenizer.json is not there");
  writeFileSync(join(bare, "tokenizer.json"), "{}");
  expect(() => run(weights)).toThrow("expected tokenizer.json with a model, got none");
});

test("a file that is none of ours is left as it is, before anything is read", () => {
  const other = join(folder, "mine.html");
  writeFileSync(other, "<p>mine</p>");
  expect(() => run("nowhere", { view: "head", out: other })).toThrow(
    "is no such file of unrolled's",
  );
  expect(readFileSync(other, "utf8")).toBe("<p>mine</p>");
});
