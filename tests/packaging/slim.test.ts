/** @file `unrolled/slim`: the application loads the module, and is told what went wrong when it did not. */

import { readFileSync } from "node:fs";
import { dirname } from "node:path";
import { fileURLToPath } from "node:url";
import { runInNewContext } from "node:vm";
import { beforeEach, expect, test, vi } from "vitest";
import { serving } from "../runtimes/serve.mjs";

const file = new URL("../../dist/kernels.wasm", import.meta.url);
const bytes = readFileSync(file);

type Slim = typeof import("../../ts/entry/slim-api.ts");
let slim: Slim;
beforeEach(async () => {
  vi.resetModules();
  slim = (await import("../../dist/slim.js" as string)) as Slim;
});
const works = (): void => expect(slim.full([2], 3).sum().item()).toBe(6);

test("before the module is there, the error says how to bring it", () => {
  expect(() => slim.zeros([1])).toThrow(
    "unrolled/slim: call initSync(module) or await init(source) before anything else",
  );
});

test("initSync takes bytes", () => {
  slim.initSync(bytes);
  works();
});

test("initSync takes a compiled module", () => {
  slim.initSync(new WebAssembly.Module(bytes));
  works();
});

test("initSync takes a module of another realm", () => {
  slim.initSync(runInNewContext("new WebAssembly.Module(bytes)", { bytes }) as WebAssembly.Module);
  works();
});

test.each<[string, () => Parameters<Slim["init"]>[0]]>([
  ["bytes", () => bytes],
  ["an ArrayBuffer", () => new Uint8Array(bytes).buffer],
  ["a compiled module", () => new WebAssembly.Module(bytes)],
  ["a response", () => new Response(bytes)],
  ["a promise of one", () => Promise.resolve(new Response(bytes))],
])("init takes %s", async (_, source) => {
  await slim.init(source());
  works();
});

test("init takes a URL, and says what a wrong one gave", async () => {
  await serving(dirname(fileURLToPath(file)), async (url: string) => {
    await expect(slim.init(`${url}/nothing.wasm`)).rejects.toThrow(
      `init: ${url}/nothing.wasm answered 404`,
    );
    await expect(slim.init(new URL(`${url}/slim.js`))).rejects.toThrow(
      `init: expected ${url}/slim.js to be a WASM module, got`,
    );
    await slim.init(`${url}/kernels.wasm`);
    works();
  });
});
