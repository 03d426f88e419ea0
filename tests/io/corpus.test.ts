/** @file Our verdicts against the official reader's, on the files of scripts/golden/safetensors.py. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import {
  type DType,
  loadSafetensors,
  SafetensorsError,
  saveSafetensors,
  tensor,
} from "../../ts/index.ts";
import { level } from "../support/given.ts";

interface Corpus {
  files: [name: string, accepted: boolean, file: string][];
  written: {
    tensors: [name: string, dtype: DType, shape: number[], values: number[]][];
    metadata: Record<string, string>;
    file: string;
  }[];
}

const corpus = JSON.parse(
  readFileSync(new URL("../golden/safetensors.json", import.meta.url), "utf8"),
) as Corpus;
const bytesOf = (base64: string): Uint8Array => new Uint8Array(Buffer.from(base64, "base64"));

/** What the official reader accepts and ours refuses, and how. Nothing is the other way round. */
const STRICTER = new Map<string, RegExp>();
const stricter = (why: RegExp, ...names: string[]): void =>
  names.forEach((name) => STRICTER.set(name, why));

// The format: "The header data MUST begin with a { character".
stricter(/the header to begin with \{/, "a leading space", "a leading newline");
// The format: "Duplicate keys are disallowed. Not all parsers may respect this."
stricter(
  /expected each key once, got ".+" twice/,
  "a tensor twice",
  "a tensor twice, once in escapes",
  "a key of the metadata twice",
  "an unknown field twice",
);

// The format: "Special key __metadata__ is allowed to contain free form string-to-string map."
stricter(/expected __metadata__ to be an object, got null/, "metadata null");
// Serde's second spelling of a struct and of an enum; the format has one.
stricter(/expected tensor "a" to be an object, got an array/, "an entry that is an array");
stricter(/the dtype of tensor "a" to be a string, got an object/, "a dtype that is an object");
// What no tensor here can hold.
stricter(/expected tensor "a" to hold 0 and 1, got 2/, "a bool that is 2");
stricter(
  /expected tensor "a" to hold I64 that fit int32, got -?21474836/,
  "an I64 over int32",
  "an I64 under int32",
);
stricter(
  /expected tensor "a" to need at most 2 GiB, got the shape \[/,
  "2^53 by 0",
  "0 by 2^40 by 2^40",
);
stricter(/integers from 0 to 2\^53, got 9007199254740993/, "2^53 + 1 by 0");
for (const dtype of ["I8", "I16", "U16", "U32", "U64", "C64", "F4"])
  stricter(/the dtype of tensor "a" is \w+, which is not supported/, `two of ${dtype}`);
for (const kind of ["E5M2", "E4M3", "E8M0", "E4M3FNUZ", "E5M2FNUZ"])
  stricter(/is F8_\w+, which is not supported/, `two of F8_${kind}`);
stricter(/is F6_\w+, which is not supported/, "four of F6_E2M3", "four of F6_E3M2");

test("the corpus has files of both kinds, each once, and the exceptions are in it", () => {
  const names = corpus.files.map(([name]) => name);
  expect(names.length).toBeGreaterThan(300);
  expect(new Set(names).size).toBe(names.length);
  expect(corpus.files.filter(([, accepted]) => accepted).length).toBeGreaterThan(60);
  expect([...STRICTER.keys()].filter((name) => !names.includes(name))).toEqual([]);
});

test.each(corpus.files)("%s: accepted by the official reader: %s", (name, accepted, file) => {
  level(() => {
    const load = (): void => void loadSafetensors(bytesOf(file));
    const why = STRICTER.get(name);
    if (accepted && why === undefined) return load();
    expect(load).toThrow(SafetensorsError);
    expect(load).toThrow(why ?? /^loadSafetensors: /);
    // An exception is one: the official reader does accept it.
    if (why !== undefined) expect(accepted).toBe(true);
  });
});

test.each(corpus.written)("the official writer's file $#, byte for byte", (written) => {
  level(() => {
    const metadata = new Map(Object.entries(written.metadata));
    const tensors = new Map(
      written.tensors.map(([name, dtype, shape, values]) => [
        name,
        tensor(values, shape, { dtype }),
      ]),
    );
    expect(Buffer.from(saveSafetensors(tensors, metadata)).toString("base64")).toBe(written.file);
    const read = loadSafetensors(bytesOf(written.file));
    expect(read.metadata).toEqual(metadata);
    for (const [name, t] of tensors) {
      const { dtype, shape } = read.tensors.get(name)!;
      expect([dtype, shape, read.tensors.get(name)!.data()]).toEqual([t.dtype, t.shape, t.data()]);
    }
    expect(read.tensors.size).toBe(tensors.size);
  });
});
