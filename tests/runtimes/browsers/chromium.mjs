/** @file Chromium or Chrome, through playwright-core. */

import { chromium } from "playwright-core";
import { output } from "../../../scripts/say.mjs";
import { findBrowser } from "../../../scripts/setup/browser.mjs";

export const name = "Chromium";
export const debian = ["chromium"];
export const missing = () =>
  findBrowser() ? undefined : "no Chromium or Chrome here (on Debian: apt-get install chromium)";
export const version = () => output(findBrowser(), ["--version"])?.match(/[\d.]+/)?.[0];

const SLOWEST = 180_000; // ms; a busy machine takes half a minute to start a browser

/** Opens a page and waits for what it leaves in `globalThis.result`. */
export async function visit(url) {
  const browser = await chromium.launch({
    executablePath: findBrowser(),
    timeout: SLOWEST,
    args: ["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
  });
  try {
    const page = await browser.newPage();
    const said = [];
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("console", (message) => said.push(message.text()));
    page.on("requestfailed", (request) => said.push(`could not load ${request.url()}`));
    await page.goto(url);
    await page
      .waitForFunction("globalThis.result", undefined, { timeout: SLOWEST })
      .catch((cause) => {
        throw new Error(`the page gave no result: ${said.join("; ")}`, { cause });
      });
    return await page.evaluate("globalThis.result");
  } finally {
    await browser.close();
  }
}
