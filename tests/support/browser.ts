/** @file A page in a real browser, that may load nothing and complain of nothing. */

import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type Browser, chromium, type Page } from "playwright-core";
import { afterAll, beforeAll, expect } from "vitest";
import { findBrowser } from "../../scripts/setup/browser.mjs";

export const found = findBrowser();

export type Look = (
  html: string,
  use: (page: Page) => Promise<void>,
  how?: { colorScheme?: "light" | "dark"; width?: number },
) => Promise<void>;

/** To be called once in a test file. */
export function browser(): Look {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-page-"));
  let chrome: Browser;
  let pages = 0;
  beforeAll(async () => {
    if (!found) return;
    chrome = await chromium.launch({
      executablePath: found,
      args: ["--no-sandbox", "--disable-gpu"],
    });
  });
  afterAll(async () => {
    await chrome?.close();
    rmSync(folder, { recursive: true });
  });
  return async (html, use, { colorScheme = "light", width = 1200 } = {}) => {
    const file = join(folder, `${pages++}.html`);
    writeFileSync(file, html);
    const page = await chrome.newPage({ colorScheme, viewport: { width, height: 900 } });
    page.setDefaultTimeout(100_000);
    const [requests, complaints]: [string[], string[]] = [[], []];
    page.on("request", (request) => requests.push(request.url()));
    page.on("console", (message) => complaints.push(message.text()));
    page.on("pageerror", (error) => complaints.push(String(error)));
    await page.goto(`file://${file}`);
    await use(page);
    expect(new Set(requests)).toEqual(new Set([`file://${file}`]));
    expect(complaints).toEqual([]);
    await page.close();
  };
}
