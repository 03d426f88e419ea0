/** @file The built package in Node, Chromium and workerd: it loads, trains, and gives the same bits in all. */

import { execFileSync } from "node:child_process";
import { createReadStream, existsSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { chromium } from "playwright-core";
import { expect, test } from "vitest";
import * as unrolled from "../../ts/index.ts";
import { program } from "./program.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const expected = program(unrolled as never);

const node = (...args: string[]): unknown =>
  JSON.parse(execFileSync(process.execPath, args, { cwd: root, encoding: "utf8" }));

test("the program learns", () => {
  expect(expected.loss).toBeLessThan(3);
  expect(expected.hash).toMatch(/^[0-9a-f]{16}$/);
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

test("import and require() share one instance in Node", () => {
  const source = `const a = require("unrolled"); import("unrolled").then((b) => console.log(a.Tensor === b.Tensor))`;
  expect(node("-e", source)).toBe(true);
});

const browser = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]
  .map((name) => `/usr/bin/${name}`)
  .find((path) => existsSync(path));

test.skipIf(!browser)(
  "a page in Chromium loads the package without a bundler, and gives the same bits",
  async () => {
    const page = `<!doctype html><script type="module">
    import * as unrolled from "/dist/index.js";
    import { program } from "/tests/runtimes/program.mjs";
    window.result = program(unrolled);</script>`;
    const types: Record<string, string> = { ".js": "text/javascript", ".mjs": "text/javascript" };
    const server = createServer((request, response) => {
      const path = new URL(request.url!, "http://localhost").pathname;
      if (path === "/") return response.setHeader("content-type", "text/html").end(page);
      const file = join(root, path);
      if (!existsSync(file)) return response.writeHead(404).end();
      response.setHeader("content-type", types[extname(file)] ?? "application/octet-stream");
      return createReadStream(file).pipe(response);
    });
    await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
    const opened = await chromium.launch({
      executablePath: browser!,
      args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
    });
    try {
      const tab = await opened.newPage();
      const errors: string[] = [];
      tab.on("pageerror", (error) => errors.push(String(error)));
      await tab.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
      await tab
        .waitForFunction("window.result", undefined, { timeout: 60_000 })
        .catch((cause: unknown) => {
          throw new Error(`the page gave no result: ${errors.join("; ")}`, { cause });
        });
      expect(await tab.evaluate("window.result")).toEqual(expected);
    } finally {
      await opened.close();
      server.close();
    }
  },
  120_000,
);

test("a Worker in workerd loads the package, and gives the same bits", () => {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-workerd-"));
  const put = (name: string, text: string | Uint8Array): void =>
    writeFileSync(join(folder, name), text);
  for (const name of ["workerd.js", "core.js", "kernels.wasm"])
    put(name, readFileSync(join(root, "dist", name)));
  put("program.mjs", readFileSync(join(root, "tests/runtimes/program.mjs")));
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
    (name = "core.js", esModule = embed "core.js"),
    (name = "program.mjs", esModule = embed "program.mjs"),
    (name = "kernels.wasm", wasm = embed "kernels.wasm"),
    (name = "expected.json", json = ${JSON.stringify(JSON.stringify(expected))})
  ],
  compatibilityDate = "2026-10-01"
);`,
  );
  const workerd = join(root, "node_modules/.bin/workerd");
  execFileSync(workerd, ["test", join(folder, "config.capnp")], {
    stdio: "pipe",
    encoding: "utf8",
  });
}, 120_000);
