import { readFileSync } from "node:fs";
import { gzipSync } from "node:zlib";
import { expect, test } from "vitest";
import { sizes } from "../../scripts/size.mjs";

const read = (name: string): Buffer<ArrayBuffer> =>
  readFileSync(new URL(`../../build/${name}`, import.meta.url)) as Buffer<ArrayBuffer>;
const names = (module: WebAssembly.Module): string[] =>
  WebAssembly.Module.exports(module).map(({ name }) => name);

test.each(["kernels.wasm", "kernels.float32.wasm", "kernels.checked.wasm"])(
  "%s imports nothing",
  (name) => {
    expect(WebAssembly.Module.imports(new WebAssembly.Module(read(name)))).toEqual([]);
  },
);

test("the module exports its memory, alloc, free and the rows of the table, and nothing else", () => {
  const table = readFileSync(new URL("../../crates/wasm/src/table.rs", import.meta.url), "utf8");
  const exported = names(new WebAssembly.Module(read("kernels.wasm")));
  expect(exported).toEqual(expect.arrayContaining(["memory", "alloc", "free", "zero"]));
  expect(exported.filter((name) => name.startsWith("__"))).toEqual([]);
  for (const [, row] of table.matchAll(/^ {4}(\w+): f32/gm)) expect(exported).toContain(row);
});

test("only the checked module has the checks", () => {
  expect(names(new WebAssembly.Module(read("kernels.wasm")))).not.toContain("fault_at");
  expect(names(new WebAssembly.Module(read("kernels.checked.wasm")))).toContain("fault_at");
});

/** Bytes, raw and gzipped. Every user pays for every row: raise these with a reason in the commit. */
const BUDGETS = {
  "kernels.wasm": { raw: 284_000, gzipped: 106_500 },
  "kernels.float32.wasm": { raw: 212_000, gzipped: 77_500 },
};

test.each(Object.entries(BUDGETS))("%s stays within its budget", (name, { raw, gzipped }) => {
  const bytes = read(name);
  expect(bytes.length).toBeLessThan(raw);
  expect(gzipSync(bytes).length).toBeLessThan(gzipped);
});

test("the module without float64 has every other row", () => {
  const has = new Set(names(new WebAssembly.Module(read("kernels.float32.wasm"))));
  const rows = names(new WebAssembly.Module(read("kernels.wasm")));
  expect(rows.filter((row) => !has.has(row) && !row.endsWith("_f64"))).toEqual([]);
  expect(has).not.toContain("add_f64");
});

/** What float64 may add to the code of everything else; the aim is 0.35. */
const FLOAT64 = 0.41;

test("float64 stays within its share", async () => {
  const { code, float64 } = await sizes();
  expect(float64 / (code - float64)).toBeLessThan(FLOAT64);
});
