/** @file A Chromium for the tests that need a page. Without one they are skipped, and counted as skipped. */

import { existsSync } from "node:fs";
import { output, step } from "../say.mjs";
import { withConsent } from "./consent.mjs";

const NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"];

export const findBrowser = () =>
  NAMES.map((name) => `/usr/bin/${name}`).find((path) => existsSync(path));

/** Installs Debian's where that needs no question; a person with a terminal is not bothered with it. */
export async function browser() {
  const unasked = process.getuid?.() === 0 && !process.stdin.isTTY;
  if (findBrowser() || !unasked || !output("apt-get", ["--version"])) return;
  await step("installing Chromium for the browser tests", () =>
    withConsent("Chromium is needed by the browser tests", [
      ["apt-get", "update"],
      ["apt-get", "install", "-y", "--no-install-recommends", "chromium"],
    ]),
  );
}
