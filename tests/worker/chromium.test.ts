/** @file Workers of a page in Chromium: the page stays responsive, an abort ends a training, threads give equal bits. */

import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { extname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBrowser } from "../../scripts/setup/browser.mjs";
import { Group } from "../../ts/worker/group.ts";
import { classify } from "./programs/classify.mjs";

const root = fileURLToPath(new URL("../..", import.meta.url));
const found = findBrowser();
let browser: Browser;
let server: Server;
let url: string;

/** A step of it takes long enough to be felt. */
const HEAVY = { steps: 8, T: 64, B: 32, D: 64, H: 192 };
const LIGHT = { steps: 20, dropout: 0.3 };

const PAGE = `<!doctype html><script type="module">
import { train, threads } from "/dist/worker.js";
import { classify } from "/tests/worker/programs/classify.mjs";

/** The longest time between two frames while something runs, and what came of it. */
async function longestGap(work) {
  let [last, longest, running] = [0, 0, true];
  const frame = (now) => {
    if (last) longest = Math.max(longest, now - last);
    last = now;
    if (running) requestAnimationFrame(frame);
  };
  requestAnimationFrame(frame);
  await new Promise((resolve) => setTimeout(resolve, 100));
  const result = await work();
  await new Promise((resolve) => setTimeout(resolve, 100));
  running = false;
  return { longest, result };
}

const worker = (name) => () =>
  new Worker("/tests/worker/programs/" + name + ".mjs", { type: "module" });

async function hash(bytes) {
  const digest = new Uint8Array(await crypto.subtle.digest("SHA-256", bytes));
  return [...digest].map((byte) => byte.toString(16).padStart(2, "0")).join("");
}

/** Everything a training says, and the hash of its result. */
async function run(options, rest) {
  const training = train(worker("classifier"), options, rest);
  const losses = [];
  for await (const { loss } of training) losses.push(loss);
  return { losses, hash: await hash(await training.result) };
}

Object.assign(window, {
  run,
  threads,
  offThread: (options) => longestGap(() => run(options)),
  onThread: (options, group) =>
    longestGap(async () => {
      const steps = classify(options, { signal: { aborted: false }, group: {
        gradients: (_, size, lossOf) => lossOf(0, size) } });
      while (!steps.next().done) await new Promise((resolve) => setTimeout(resolve));
    }),
  async abortAt(step, options) {
    const controller = new AbortController();
    const training = train(worker("classifier"), options, { signal: controller.signal });
    let last;
    for await (const progress of training) {
      last = progress.step;
      if (last === step) controller.abort();
    }
    return { last, hash: await hash(await training.result) };
  },
  fail: (name) => train(worker(name), { how: "throws" }).result.catch((error) => String(error)),
});
</script>`;

/** Workers know no import maps: names become paths, as a bundler would do it. */
const NAMES = { '"unrolled"': '"/dist/index.js"', '"unrolled/worker"': '"/dist/worker.js"' };

beforeAll(async () => {
  if (!found) return;
  server = createServer((request, response) => {
    const { pathname, searchParams } = new URL(request.url!, "http://localhost");
    const isolated = {
      "cross-origin-opener-policy": "same-origin",
      "cross-origin-embedder-policy": "require-corp",
    };
    if (pathname === "/") {
      const headers = searchParams.has("isolated") ? isolated : {};
      return response.writeHead(200, { "content-type": "text/html", ...headers }).end(PAGE);
    }
    const file = join(root, pathname);
    if (!existsSync(file)) return response.writeHead(404).end();
    const type = /^\.m?js$/.test(extname(file)) ? "text/javascript" : "application/octet-stream";
    let text = readFileSync(file, "utf8");
    if (file.endsWith(".mjs")) {
      for (const [name, path] of Object.entries(NAMES)) text = text.replaceAll(name, path);
    }
    return response.writeHead(200, { "content-type": type, ...isolated }).end(text);
  });
  await new Promise<void>((listening) => server.listen(0, "127.0.0.1", listening));
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  browser = await chromium.launch({
    executablePath: found,
    args: ["--no-sandbox", "--disable-gpu"],
  });
});
afterAll(async () => {
  await browser?.close();
  server?.close();
});

async function open(query: string): Promise<{ page: Page; said: string[] }> {
  const page = await browser.newPage();
  const said: string[] = [];
  page.on("console", (message) => said.push(message.text()));
  page.on("pageerror", (error) => said.push(String(error)));
  await page.goto(url + query);
  await page.waitForFunction("window.run");
  return { page, said };
}

const call = <R>(page: Page, f: string, ...args: unknown[]): Promise<R> =>
  page.evaluate<R>(`${f}(${args.map((arg) => JSON.stringify(arg)).join()})`);

/** The hash of the result on this thread. */
function expected(options: object): string {
  const context = { signal: new AbortController().signal, group: new Group(0, 4, undefined) };
  const steps = classify(options as never, context as never);
  for (;;) {
    const { done, value } = steps.next();
    if (done)
      return createHash("sha256")
        .update(value as Uint8Array)
        .digest("hex");
  }
}

interface Ran {
  losses: number[];
  hash: string;
}

// A busy machine may hold a frame back by itself: one quiet run out of four is enough.
test.skipIf(!found)("the page stays responsive while a worker trains", { retry: 3 }, async () => {
  const { page } = await open("?isolated");
  const busy = await call<{ longest: number }>(page, "onThread", { ...HEAVY, steps: 2 });
  expect(busy.longest).toBeGreaterThan(50);
  const { longest, result } = await call<{ longest: number; result: Ran }>(
    page,
    "offThread",
    HEAVY,
  );
  expect(result.losses).toHaveLength(HEAVY.steps);
  expect(longest).toBeLessThan(50);
  console.log(
    `longest frame gap: ${longest.toFixed(1)} ms; on the page's thread ${busy.longest.toFixed(1)} ms`,
  );
  await page.close();
});

test.skipIf(!found)("threads of an isolated page give the bits of one", async () => {
  const { page, said } = await open("?isolated");
  const bits = expected(LIGHT);
  for (const threads of [1, 2, 4]) {
    expect((await call<Ran>(page, "run", LIGHT, { threads })).hash).toBe(bits);
  }
  expect(await call(page, "threads")).toEqual({ count: expect.any(Number) });
  expect(said).toEqual([]);
  await page.close();
});

test.skipIf(!found)(
  "elsewhere one thread does it, with the same bits, and a line says why",
  async () => {
    const { page, said } = await open("");
    expect((await call<Ran>(page, "run", LIGHT, { threads: 2 })).hash).toBe(expected(LIGHT));
    expect(said).toEqual([
      expect.stringMatching(
        /one thread instead of 2: this page is not cross-origin isolated; serve it/,
      ),
    ]);
    await page.close();
  },
);

// Steps are longer than what a page waits for its frames, so the worker is one ahead of what the page has heard.
test.skipIf(!found)("an abort ends a training within a step", { retry: 3 }, async () => {
  const { page } = await open("");
  const { last, hash } = await call<{ last: number; hash: string }>(page, "abortAt", 3, {
    ...HEAVY,
    steps: 1_000_000,
  });
  expect(last).toBeLessThanOrEqual(4);
  expect(hash).toBe(expected({ ...HEAVY, steps: last }));
  await page.close();
});

test.skipIf(!found)("errors of the program and missing modules reach the page", async () => {
  const { page } = await open("");
  expect(await call(page, "fail", "misbehaving")).toBe("RangeError: the data are not there");
  expect(await call(page, "fail", "missing")).toBe(
    "Error: train: the worker died: its module did not load",
  );
  await page.close();
});
