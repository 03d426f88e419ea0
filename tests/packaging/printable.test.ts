/** @file The text that carries the kernels along: what the build writes, the library reads. */

import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { encode } from "../../scripts/printable.mjs";
import { decode } from "../../ts/entry/printable.ts";

const all = Uint8Array.from({ length: 256 }, (_, i) => i);
const module = readFileSync(new URL("../../build/kernels.wasm", import.meta.url));

test.each<[string, Uint8Array]>([
  ["nothing", new Uint8Array(0)],
  ["one byte", Uint8Array.of(255)],
  ["every byte", all],
  [
    "every byte, as often as its number",
    Uint8Array.from([...all].flatMap((b) => Array(b).fill(b))),
  ],
  ["bytes in no order", Uint8Array.from({ length: 9999 }, (_, i) => (i * i * 2654435761) >>> 13)],
  ["a few bytes many times", Uint8Array.from({ length: 5000 }, (_, i) => 250 + (i % 3))],
  ["the module", new Uint8Array(module)],
])("text gives back %s", (_, bytes) => {
  expect(Buffer.compare(decode(encode(bytes), bytes.length), bytes)).toBe(0);
});

test("nothing in it needs escaping in a string, a template or a page", () => {
  const text = encode(module);
  expect(text).toMatch(/^[ -~]+$/);
  expect(text).not.toMatch(/["'`\\$<]/);
  expect(text.length).toBeLessThan(1.1 * module.length);
});
