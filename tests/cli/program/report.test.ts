/** @file `report.html` of a real run, in a real browser: it loads nothing, complains of nothing, and answers. */

import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect, test } from "vitest";
import { findBrowser } from "../../../scripts/setup/browser.mjs";
import { folderWithText, unrolled } from "../../support/program.ts";

const found = findBrowser();
let browser: Browser;
const url: Record<string, string> = {};
const NETS = ["lstm", "gru", "rnn"];

beforeAll(async () => {
  if (!found) return;
  const folder = folderWithText();
  for (const net of NETS) {
    const options = `--model ${net} --hidden 24 --batch 8 --seq 32 --layers 2 --steps 60`.split(
      " ",
    );
    const files = ["--report", `${net}.html`, "--out", `${net}.safetensors`];
    await unrolled(folder, ["train", "text", ...options, ...files]);
    url[net] = `file://${join(folder, `${net}.html`)}`;
  }
  browser = await chromium.launch({
    executablePath: found,
    args: ["--no-sandbox", "--disable-gpu"],
  });
}, 120_000);
afterAll(() => browser?.close());

const schemes = ["light", "dark"] as const;
const widths = [1280, 390];
const looks = NETS.flatMap((net) =>
  schemes.flatMap((s) => widths.map((w) => [net, s, w] as const)),
);

test.skipIf(!found).each(looks)("%s, %s, %i pixels wide", async (net, colorScheme, width) => {
  const page = await browser.newPage({ colorScheme, viewport: { width, height: 900 } });
  const requests: string[] = [];
  const complaints: string[] = [];
  page.on("request", (request) => requests.push(request.url()));
  page.on("console", (message) => complaints.push(message.text()));
  page.on("pageerror", (error) => complaints.push(String(error)));
  await page.goto(url[net]!);

  // the paper is bright or dark, and nothing sticks out of the window
  const paper = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
  expect(Number(/\d+/.exec(paper)) > 128).toBe(colorScheme === "light");
  const wide = await page.evaluate("document.documentElement.scrollWidth");
  expect(wide).toBeLessThanOrEqual(width);

  await useCells(page);
  await useSamples(page);
  expect(requests).toEqual([url[net]]);
  expect(complaints).toEqual([]);
  await page.close();
});

/** The colours follow the chosen cell and gate, and the arrow keys read the numbers out. */
async function useCells(page: Page): Promise<void> {
  const colours = (): Promise<string> =>
    page.evaluate(
      `[...document.querySelectorAll("#passage .c")].map((c) => c.className + c.style.cssText).join()`,
    );
  const seen = new Set([await colours()]);
  const cells = page.locator("input[name=cell]");
  expect(await cells.count()).toBeGreaterThan(3);
  await cells.last().check({ force: true });
  seen.add(await colours());
  const quantities = page.locator("input[name=quantity]");
  for (let i = 1; i < (await quantities.count()); i++) {
    await quantities.nth(i).check({ force: true });
    seen.add(await colours());
  }
  expect(seen.size).toBe((await quantities.count()) + 1);

  await page.locator("#passage").focus();
  const read: string[] = [];
  for (const key of ["Home", "ArrowRight", "ArrowDown", "End"]) {
    await page.keyboard.press(key);
    read.push((await page.locator("#readout").textContent())!);
  }
  expect(new Set(read).size).toBe(4);
  for (const text of read) expect(text).toMatch(/^after “[^]+”, cell \d·\d+: .* = −?[01]\.\d\d/);
}

async function useSamples(page: Page): Promise<void> {
  const shown = (): Promise<string | null> => page.locator("#sample").textContent();
  const last = await shown();
  await page.locator("#moment").fill("0");
  expect(await shown()).not.toBe(last);
  expect(await page.locator("#when").textContent()).toContain("after step 25: ");
}
