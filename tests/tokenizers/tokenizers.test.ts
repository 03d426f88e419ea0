import { describe, expect, test } from "vitest";
import { Tokenizer } from "../../ts/tokenizers/index.ts";
import { golden } from "../support/golden.ts";

interface Case {
  name: string;
  size: number;
  file: Record<string, unknown>;
  rows: {
    text: string;
    pair?: string;
    ids: number[];
    tokens: string[];
    types: number[];
    plain: number[];
    decoded: string;
    whole: string;
  }[];
}

const cases = golden<Case>("tokenizers");

describe.each(cases)("$name as Hugging Face's", ({ file, size, rows }) => {
  const tokenizer = new Tokenizer(file);

  test.each(rows)("$text", ({ text, pair, ids, tokens, types, plain, decoded, whole }) => {
    expect(tokenizer.encode(text, pair === undefined ? {} : { pair })).toEqual({
      ids,
      tokens,
      types,
    });
    expect(tokenizer.encode(text, { special: false }).ids).toEqual(plain);
    expect(tokenizer.decode(ids)).toBe(decoded);
    expect(tokenizer.decode(ids, { skipSpecial: false })).toBe(whole);
  });

  test("the vocabulary is the file's", () => {
    expect(tokenizer.size).toBe(size);
    for (const id of [0, 1, 7, size - 1]) expect(tokenizer.idOf(tokenizer.tokenOf(id)!)).toBe(id);
    expect(tokenizer.idOf("no such token")).toBeUndefined();
    expect(tokenizer.tokenOf(size)).toBeUndefined();
  });

  test("texts come whole from a stream, whatever its tokens cut", () => {
    const stream = tokenizer.stream();
    for (const { ids, decoded } of rows) {
      const parts = ids.map((id) => stream.push(id));
      expect([...parts, stream.end()].join("")).toBe(decoded);
      for (const part of parts) {
        expect(part).not.toContain("\ufffd");
        expect(part.isWellFormed()).toBe(true);
      }
    }
  });

  test("is read from text and from bytes", () => {
    const text = JSON.stringify(file);
    for (const given of [text, new TextEncoder().encode(text)]) {
      expect(new Tokenizer(given).encode(rows[2]!.text).ids).toEqual(rows[2]!.ids);
    }
  });
});

test("a stream gives bytes that are no character, instead of waiting for ever", () => {
  const tokenizer = new Tokenizer(cases[0]!.file);
  const [bad] = [tokenizer.idOf("ð")!]; // how byte 0xF0 is spelt
  const stream = tokenizer.stream();
  const given = Array.from({ length: 9 }, () => stream.push(bad)).join("") + stream.end();
  expect(given).toBe("\ufffd".repeat(9));
  expect(stream.push(bad)).toBe("");
  expect(stream.push(tokenizer.idOf("a")!)).toBe("\ufffda");
});

test("spaces before punctuation go if the config says so", () => {
  const { file, rows } = cases[1]!;
  const { ids } = rows[2]!;
  expect(new Tokenizer(file, { clean_up_tokenization_spaces: true }).decode(ids)).toBe(
    "the animal was tired.",
  );
});

test("wrong uses are refused", () => {
  const { file } = cases[0]!;
  const tokenizer = new Tokenizer(file);
  expect(() => new Tokenizer("{")).toThrow(/tokenizer.json to be JSON, got what is none/);
  expect(() => new Tokenizer("3")).toThrow(/tokenizer.json to be an object, got 3/);
  expect(() => new Tokenizer(null as never)).toThrow(/tokenizer.json to be an object, got null/);
  expect(() => new Tokenizer({})).toThrow(/with a model, got none/);
  expect(() => new Tokenizer(file, "x")).toThrow(/tokenizer_config.json to be JSON/);
  expect(() => new Tokenizer({ ...file, normalizer: { type: "Magic" } })).toThrow(
    /a tokenizer.json that can be read, got: .*Magic/,
  );
  expect(() => tokenizer.encode(3 as never)).toThrow(/a string to encode, got number/);
  expect(() => tokenizer.encode("a", { pair: null as never })).toThrow(/a string to encode/);
  expect(() => tokenizer.decode([1, 420])).toThrow(/ids below 420, got 420/);
  expect(() => tokenizer.decode([1.5])).toThrow(/got 1.5/);
  expect(() => tokenizer.stream().push(-1)).toThrow(/got -1/);
});
