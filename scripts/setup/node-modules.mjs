/** @file The development dependencies, as package-lock.json has them. */

import { must, step, Stop } from "../say.mjs";
import { unlessFresh } from "../stamp.mjs";

export async function nodeModules() {
  const [major, minor] = process.versions.node.split(".").map(Number);
  if (major < 20 || (major === 20 && minor < 19) || (major === 22 && minor < 12)) {
    throw new Stop(
      `Node 20.19 or newer (22.12 or newer of the 22s) is needed; this is ${process.versions.node}.`,
    );
  }
  await unlessFresh("node_modules/.unrolled", ["package-lock.json"], ["node_modules/vitest"], () =>
    step("installing node_modules", () =>
      // Nothing here needs an install script; some would download what may not be had.
      must("npm", ["ci", "--ignore-scripts", "--no-audit", "--no-fund"], { quiet: true }),
    ),
  );
}
