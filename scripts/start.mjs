/** @file `npm start`: set-up, then the main job. What follows `--` is given to it instead of the default. */

import { spawnSync } from "node:child_process";
import { build } from "./build.mjs";
import { root, run } from "./say.mjs";

const MAIN_JOB = [
  "train",
  "README.md",
  "CHANGELOG.md",
  "ts",
  "crates",
  "tests",
  "scripts",
  "--minutes",
  "2",
];

await run(async () => {
  await build();
  const given = process.argv.slice(2);
  const job = given.length > 0 ? given : MAIN_JOB;
  console.log(`> unrolled ${job.join(" ")}`);
  return (
    spawnSync(process.execPath, ["dist/cli.js", ...job], { cwd: root, stdio: "inherit" }).status ??
    1
  );
});
