/**
 * @file Every `@example` of a docstring, run. A statement on a line of its own with a comment behind, `f(x); // [1, 2]`, must
 * give what the comment says: numbers as exactly as they are written.
 */

import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";
import { expect, test } from "vitest";
import { init, initSync } from "../../ts/entry/slim.ts";
import * as unrolled from "../../ts/index.ts";
import * as theory from "../../ts/theory/index.ts";
import * as viz from "../../ts/viz/index.ts";

/** What examples may name, the bytes of unrolled/kernels.wasm among them. */
const bytes = readFileSync(new URL("../../dist/kernels.wasm", import.meta.url));
const names = { ...theory, ...viz, ...unrolled, init, initSync, bytes };

interface Example {
  where: string;
  code: string;
}

function examplesIn(file: string): Example[] {
  const source = readFileSync(join(ts, file), "utf8");
  return [...source.matchAll(/\/\*\*[\s\S]*?\*\//g)].flatMap(([comment]) => {
    const text = comment.slice(3, -2).replace(/^ *\* ?/gm, "");
    return [...text.matchAll(/^@example\n([\s\S]*?)(?=^@|$(?![\s\S]))/gm)].map(([, code]) => ({
      where: `${file}: ${code!.trim().split("\n")[0]}`,
      code: code!,
    }));
  });
}

const ts = fileURLToPath(new URL("../../ts", import.meta.url));
const examples = readdirSync(ts, { recursive: true, encoding: "utf8" })
  .filter((file) => file.endsWith(".ts"))
  .sort()
  .flatMap(examplesIn);

test("there are examples", () => expect(examples.length).toBeGreaterThan(100));

test.each(examples)("$where", async ({ code }) => {
  const checked = code.replace(
    /^(?!const |let |import )(\S.*); \/\/ (.+)$/gm,
    (line, expression: string, comment: string) =>
      isJson(comment) ? `expectShown(${expression}, ${JSON.stringify(comment)});` : line,
  );
  const { code: js } = await transformWithOxc(`async () => {\n${checked}\n}`, "example.ts");
  const scopeOf = { ...names, expectShown };
  const run = new Function(...Object.keys(scopeOf), `return ${js}`);
  unrolled.manualSeed(1);
  await (run(...Object.values(scopeOf)) as () => Promise<void>)();
});

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
