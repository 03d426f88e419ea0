import { expect, test } from "vitest";
import { correlation, featuresOf } from "../../ts/cli/features.ts";
import { streamsOf } from "../../ts/cli/streams.ts";
import { learnVocabulary, UNKNOWN, vocabularyOf } from "../../ts/cli/vocabulary.ts";

test("the vocabulary is the characters that occur three times, in order, after the unknown one", () => {
  const { characters, encode } = learnVocabulary("bbbaaa😀😀😀cc");
  expect(characters).toEqual(["", "a", "b", "😀"]);
  expect([...encode("a😀cb")]).toEqual([1, 3, UNKNOWN, 2]);
});

test("decoding undoes encoding", () => {
  const { encode, decode } = vocabularyOf(["", "a", "é", "😀"]);
  expect(Array.from(encode("é😀a"), decode).join("")).toBe("é😀a");
});

test("streams read the text from left to right, each target one on", () => {
  const ids = Int32Array.from({ length: 14 }, (_, i) => i);
  const { inputs, targets, pieces, places } = streamsOf(ids, 3, 2); // streams begin at 0 and 6
  expect(pieces).toBe(2);
  expect([...inputs(0)]).toEqual([0, 6, 1, 7, 2, 8]);
  expect([...targets(0)]).toEqual([1, 7, 2, 8, 3, 9]);
  expect([...inputs(1)]).toEqual([3, 9, 4, 10, 5, 11]);
  const all = [...targets(0), ...targets(1)].sort((a, b) => a - b);
  expect([...places(2)].sort((a, b) => a - b)).toEqual(all);
});

const along = (text: string, name: string): string => {
  const feature = featuresOf([...text]).find((f) => f.name === name)!;
  return feature.values.join("");
};

test.each([
  ["inside quotes", `a"b\\"c"d`, "01111100"],
  ["inside quotes", `it's 'x'`, "00000110"],
  ["inside a comment", "a //b\nc", "0001100"],
  ["inside a comment", "/*a*/b", "011100"],
  ["inside a comment", "http://a", "00000000"],
  ["inside a comment", "/*/*/b", "011100"],
  ["inside a comment", "//a\fb", "01100"],
  ["inside quotes", String.raw`"\\"b`, "11100"],
  ["inside quotes", "`a\fb`", "11001"],
  ["depth of brackets", "f(a[1])", "0112210"],
  ["indentation", "  a\n b", "122011"],
  ["how far into a word", "ab cd", "12012"],
])("the feature '%s' of %j is %s", (name, text, values) => {
  expect(along(text, name)).toBe(values);
});

test("a correlation is 1, −1 or 0 where it must be", () => {
  expect(correlation([1, 2, 3], [2, 4, 6])).toBeCloseTo(1, 12);
  expect(correlation([1, 2, 3], [3, 2, 1])).toBeCloseTo(-1, 12);
  expect(correlation([1, 1, 1], [3, 2, 1])).toBe(0);
});
