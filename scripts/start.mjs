/** @file `npm start`: set-up, then the main job. What follows `--` is given to it instead of the default. */

import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { root, run } from "./say.mjs";

/** The project's own sources and documents. */
const TEXT = ["README.md", "CHANGELOG.md", "ts", "crates", "tests", "bench", "scripts"];
const MAIN_JOB = [
  "train",
  ...TEXT.filter((path) => existsSync(join(root, path))),
  "--minutes",
  "2",
];

await run(async () => {
  await build();
  const given = process.argv.slice(2);
  const job = given.length > 0 ? given : MAIN_JOB;
  console.log(`> unrolled ${job.join(" ")}`);
  return unrolled(job);
});

/** Runs the program and waits for it, whatever signal comes: it has something to save. */
function unrolled(args) {
  const child = spawn(process.execPath, ["dist/cli.js", ...args], { cwd: root, stdio: "inherit" });
  for (const signal of ["SIGINT", "SIGTERM"]) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.on("error", reject);
    child.on("exit", (code) => resolve(code ?? 1));
  });
}
