/** @file Firefox, through puppeteer-core's WebDriver BiDi. Playwright drives only a Firefox of its own. */

import { output } from "../../../scripts/say.mjs";
import { firstOf } from "./places.mjs";

const find = () =>
  firstOf(
    "/usr/bin/firefox-esr",
    "/usr/bin/firefox",
    "/Applications/Firefox.app/Contents/MacOS/firefox",
  );

export const name = "Firefox";
export const packages = { "puppeteer-core": "24.43.1" };
export const debian = ["firefox-esr"];
export const missing = () =>
  find() ? undefined : "no Firefox here (on Debian: apt-get install firefox-esr)";
export const version = () => output(find(), ["--version"])?.match(/[\d.]+(esr)?/)?.[0];

const SLOWEST = 180_000; // ms; a busy machine takes half a minute to start a browser

/** Opens a page and waits for what it leaves in `globalThis.result`. */
export async function visit(url, project) {
  const { default: puppeteer } = await project.import("puppeteer-core");
  const browser = await puppeteer.launch({
    browser: "firefox",
    executablePath: find(),
    headless: true,
    timeout: SLOWEST,
  });
  try {
    const page = await browser.newPage();
    const said = [];
    page.on("pageerror", (error) => said.push(String(error)));
    page.on("console", (message) => said.push(message.text()));
    await page.goto(url);
    await page
      .waitForFunction("globalThis.result !== undefined", { timeout: SLOWEST })
      .catch((cause) => {
        throw new Error(`the page gave no result: ${said.join("; ")}`, { cause });
      });
    return await page.evaluate("globalThis.result");
  } finally {
    await browser.close();
  }
}
