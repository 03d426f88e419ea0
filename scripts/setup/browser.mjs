/** @file A Chromium for the tests that need a page. Without one they are skipped, and counted as skipped. */

import { existsSync } from "node:fs";
import { output, step } from "../say.mjs";
import { apt, unasked, withConsent } from "./consent.mjs";

const PLACES = [
  "/usr/bin/chromium-headless-shell",
  "/usr/bin/chromium",
  "/usr/bin/google-chrome",
  "/usr/bin/chromium-browser",
  "/Applications/Google Chrome.app/Contents/MacOS/Google Chrome",
  "/Applications/Chromium.app/Contents/MacOS/Chromium",
];

/** The browser that tests start, if there is one. */
export const findBrowser = () => PLACES.find((path) => existsSync(path));

const MISSING =
  "the tests in a browser, for there is no Chromium or Chrome here (on Debian: apt-get install chromium)";

/**
 * Installs Debian's where that needs no question: a person at a terminal is not bothered with it.
 *
 * @returns what will be skipped and why, if there is none
 */
export async function browser() {
  if (!findBrowser() && unasked() && output("apt-get", ["--version"])) {
    await step("installing Chromium for the tests in a browser (about a minute)", () =>
      withConsent("The tests in a browser need Chromium", apt(["chromium"])),
    );
  }
  return findBrowser() ? undefined : MISSING;
}

/** Installs browsers for `npm run test:runtimes`, after a yes where somebody can be asked. What is missing then is skipped. */
export async function debianPackages(packages) {
  const wanted = [...new Set(packages)];
  if (wanted.length === 0 || !output("apt-get", ["--version"])) return;
  if (unasked() || process.stdin.isTTY)
    await withConsent("Some targets need browsers", apt(wanted));
}
