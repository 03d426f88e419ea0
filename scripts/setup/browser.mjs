/** @file A Chromium for the tests that need a page. Without one they are skipped, and counted as skipped. */

import { existsSync } from "node:fs";
import { output, step } from "../say.mjs";
import { apt, withConsent } from "./consent.mjs";

const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

const found = () => NAMES.some((name) => existsSync(`/usr/bin/${name}`));

/** Installs Debian's where that needs no question: a person at a terminal is not bothered with it. */
export async function browser() {
  const unasked = process.getuid?.() === 0 && !process.stdin.isTTY;
  if (!found() && unasked && output("apt-get", ["--version"])) {
    await step("installing Chromium for the browser tests", () =>
      withConsent("The browser tests need Chromium", apt("chromium")),
    );
  }
  if (!found()) console.log("> no Chromium in /usr/bin: the tests in a browser will be skipped");
}
