/**
 * @file The built package in Node, Chromium and workerd: it loads, trains, and gives the same bits in all.
 * `npm run test:runtimes` does this everywhere else, with the packed package.
 */

import { execFileSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";
import * as unrolled from "../../ts/index.ts";
import * as chromium from "./browsers/chromium.mjs";
import { html, page } from "./files.mjs";
import { program } from "./program.mjs";
import { serving } from "./serve.mjs";
import { BEGIN, END, where } from "./table.mjs";
import { targets } from "./targets/index.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const read = (file: string): string => readFileSync(join(root, file), "utf8");
const expected = program(unrolled as never);

/** What every entry of the package shares. */
const SHARED = ["api.js", "nn.js", "optim.js", "core.js"];

const node = (...args: string[]): unknown =>
  JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }));

test("a reloaded net computes what the saved one did", () => {
  expect(expected.hash).toMatch(/^[0-9a-f]{16}$/);
  expect(expected.loss).toBeGreaterThan(0);
  expect(expected.reloaded).toBe(expected.loss);
});

test("Node loads the package by import, and gives the same bits", () => {
  const source = `import * as unrolled from "unrolled"; import { program } from "./tests/runtimes/program.mjs";
    console.log(JSON.stringify(program(unrolled)))`;
  expect(node("--input-type=module", "-e", source)).toEqual(expected);
});

test("Node loads the package by require(), and gives the same bits", () => {
  const source = `const unrolled = require("unrolled");
    import("./tests/runtimes/program.mjs").then(({ program }) => console.log(JSON.stringify(program(unrolled))))`;
  expect(node("-e", source)).toEqual(expected);
});

test.skipIf(chromium.missing())(
  "a page in Chromium loads the package without a bundler, and gives the same bits",
  async () => {
    const folder = mkdtempSync(join(tmpdir(), "unrolled-page-"));
    const files = {
      "index.html": html("page.js"),
      "page.js": page.replace('"unrolled"', '"./index.js"'),
      ...Object.fromEntries(["index.js", ...SHARED].map((file) => [file, read(`dist/${file}`)])),
      "program.mjs": read("tests/runtimes/program.mjs"),
    };
    for (const [name, text] of Object.entries(files)) writeFileSync(join(folder, name), text);
    try {
      expect(await serving(folder, chromium.visit)).toEqual(expected);
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  120_000,
);

test("a Worker in workerd loads the package, and gives the same bits", () => {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-workerd-"));
  const put = (name: string, text: string | Uint8Array): void =>
    writeFileSync(join(folder, name), text);
  for (const name of ["workerd.js", ...SHARED, "kernels.wasm"])
    put(name, readFileSync(join(root, "dist", name)));
  put("program.mjs", read("tests/runtimes/program.mjs"));
  put(
    "worker.js",
    `import * as unrolled from "./workerd.js";
import { program } from "./program.mjs";
import expected from "./expected.json";
export default {
  async test() {
    const got = program(unrolled);
    if (JSON.stringify(got) !== JSON.stringify(expected)) throw new Error("got " + JSON.stringify(got));
  },
};`,
  );
  put(
    "config.capnp",
    `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (services = [(name = "main", worker = .worker)]);
const worker :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "workerd.js", esModule = embed "workerd.js"),
    ${SHARED.map((file) => `(name = "${file}", esModule = embed "${file}"),`).join("\n    ")}
    (name = "program.mjs", esModule = embed "program.mjs"),
    (name = "kernels.wasm", wasm = embed "kernels.wasm"),
    (name = "expected.json", json = ${JSON.stringify(JSON.stringify(expected))})
  ],
  compatibilityDate = "2026-10-01"
);`,
  );
  const workerd = join(root, "node_modules/.bin/workerd");
  try {
    execFileSync(workerd, ["test", join(folder, "config.capnp")], { stdio: "pipe" });
  } finally {
    rmSync(folder, { recursive: true });
  }
}, 120_000);

test("the README's table has every target", () => {
  const readme = read("README.md");
  const table = readme.slice(readme.indexOf(BEGIN), readme.indexOf(END));
  for (const { name } of targets)
    expect(table).toContain(`| ${where(name).replace(/ \d+|,.*/, "")}`);
});
