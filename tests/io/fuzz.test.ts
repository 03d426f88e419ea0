/** @file Damaged files give tensors or a SafetensorsError, never anything else, and leave no memory behind. */

import { expect, test } from "vitest";
import { loadSafetensors, memory, SafetensorsError, scope } from "../../ts/index.ts";

/** The bytes of a file with this header, as text or to be spelt, and data. */
function fileOf(
  header: string | object,
  data: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return new Uint8Array(Buffer.concat([length, text, data]));
}

/** Whether it was read. */
function attempt(bytes: Uint8Array, what: string): boolean {
  const before = memory();
  const read = scope(() => {
    try {
      const { tensors } = loadSafetensors(bytes);
      for (const t of tensors.values()) if (t.data().length !== t.size) throw new Error("short");
      return true;
    } catch (error) {
      if (
        error instanceof SafetensorsError &&
        error.message.startsWith("loadSafetensors: expected")
      )
        return false;
      if (error instanceof SafetensorsError && error.message.includes("the dtype of")) return false;
      throw new Error(`${what}: ${String(error)}`, { cause: error });
    }
  });
  const after = memory();
  if (after.tensors !== before.tensors || after.bytes !== before.bytes)
    expect([after.tensors, after.bytes], what).toEqual([before.tensors, before.bytes]);
  return read;
}

const DATA = Uint8Array.from({ length: 61 }, (_, i) => (i < 58 ? i : i % 2));
const entry = (dtype: string, shape: number[], from: number, to: number): object => ({
  dtype,
  shape,
  data_offsets: [from, to],
});
const HEADER = {
  __metadata__: { format: "pt", "é😀": 'a"\\\n' },
  "w.0": entry("F32", [2, 3], 0, 24),
  half: entry("F16", [3], 24, 30),
  brain: entry("BF16", [1, 2], 30, 34),
  d: entry("F64", [2], 34, 50),
  i: entry("I32", [], 50, 54),
  u: entry("U8", [4], 54, 58),
  none: entry("F32", [0, 5], 58, 58),
  mask: entry("BOOL", [3], 58, 61),
};

test("every change of one byte of the length and the header, and every cut", () => {
  const file = fileOf(HEADER, DATA);
  expect(attempt(file, "the file itself")).toBe(true);
  let read = 0;
  for (let at = 0; at < file.length - DATA.length; at++) {
    const own = file[at]!;
    for (let byte = 0; byte < 256; byte++) {
      if (byte === own) continue;
      file[at] = byte;
      if (attempt(file, `byte ${at} as ${byte}`)) read++;
    }
    file[at] = own;
  }
  // Letters of names and of the metadata.
  expect(read).toBeGreaterThan(1000);
  for (let end = 0; end < file.length; end++)
    expect(attempt(file.subarray(0, end), `${end} bytes`)).toBe(false);
});

/** Numbers from 0 to below n. */
function draws(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 48271) % 2147483647;
    return state % n;
  };
}

test("20,000 mutants that know the structure", () => {
  const below = draws(20261123);
  const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;
  const integers = "0 1 2 3 4 5 24 58 61 255 65536 2147483648 4294967295 4294967296".split(" ");
  const odd =
    "9007199254740991 9007199254740992 9007199254740993 18446744073709551615 -1 -0 1.0 1e2";
  const number = (): string => pick(below(2) ? integers : odd.split(" "));
  const numbers = (): string => `[${Array.from({ length: below(4) }, number).join(",")}]`;
  const dtypes = "F32 F64 F16 BF16 I32 I64 U8 BOOL U16 F8_E4M3 F4 f32".split(" ");
  const wrong = [
    "null",
    "true",
    '""',
    "{}",
    "[]",
    "[[]]",
    '"\\ud800"',
    "1e999",
    "[0,[1]]",
    "\u00a0",
  ];
  const names = [
    "a",
    "b",
    "__proto__",
    "constructor",
    "__metadata__",
    "dtype",
    "\\u0061",
    "\\udc00",
  ];

  const field = (name: string): string =>
    below(12) ? `"${name}":${value(name)}` : pick(["", `"${name}"`, `"x":${pick(wrong)}`]);
  const value = (name: string): string => {
    if (!below(12)) return pick(wrong);
    if (name === "dtype") return `"${pick(dtypes)}"`;
    return numbers();
  };
  /** An entry that fits where the last one ended, most of the time. */
  let end = 0;
  const fitting = (): string => {
    const [dtype, bytes] = pick([["F32", 4], ["F64", 8], ["F16", 2], ["I64", 8], ["BOOL", 1], ["U8", 1]] as const); // prettier-ignore
    const shape = Array.from({ length: below(3) }, () => below(3));
    const from = below(15) ? end : below(20);
    end = from + shape.reduce((n, d) => n * d, bytes) + (below(15) ? 0 : 1);
    const fields = [`"dtype":"${dtype}"`, `"shape":[${shape}]`, `"data_offsets":[${from},${end}]`];
    if (!below(8)) fields.push(`"more":${pick(wrong)}`);
    if (!below(20)) fields.push(pick(fields));
    if (!below(4)) fields.reverse();
    return `{${fields.join(pick([",", " , "]))}}`;
  };
  const loose = (): string => `{${["dtype", "shape", "data_offsets"].map(field).join(",")}}`;

  let read = 0;
  for (let i = 0; i < 20_000; i++) {
    end = 0;
    const entries = Array.from({ length: below(4) }, (_, k) => {
      const name = below(3) ? `t${k}` : pick(names);
      return `"${name}":${below(6) ? fitting() : loose()}`;
    });
    if (!below(4)) entries.push(`"__metadata__":{"k":${below(6) ? '"v"' : pick(wrong)}}`);
    let header = `{${entries.join(below(20) ? "," : pick(["", ",,", ";"]))}}`;
    if (!below(5)) header += pick([" ", "      ", "\n", "\0", "}", "{}"]);
    if (!below(10)) {
      const at = below(header.length);
      header = header.slice(0, at) + pick([...'{}[]":,\\0-e. ']) + header.slice(at + below(3));
    }
    const data = Uint8Array.from({ length: below(15) ? end : below(40) }, () => below(2));
    const file = fileOf(header, data);
    if (!below(30)) new DataView(file.buffer).setUint32(pick([0, 4]), below(2147483646), true);
    if (attempt(file, `mutant ${i}: ${header}`)) read++;
  }
  // Both sides are seen.
  expect(read).toBeGreaterThan(4000);
  expect(read).toBeLessThan(16_000);
});
