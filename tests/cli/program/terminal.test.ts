/** @file The progress bar, under a pseudo-terminal of 80 columns. */

import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { join } from "node:path";
import { stripVTControlCharacters } from "node:util";
import { expect, test, vi } from "vitest";
import { CLI, folderWithText, SMALL, start } from "../../support/program.ts";

const hasScript = spawnSync("script", ["--version"]).status === 0;
const train = ["train", "text", ...SMALL].join(" ");

/** Runs a command line in a terminal, where its output and errors are one, and input is what is typed. */
const inTerminal = (cwd: string, command: string, input: string | null) =>
  start("script", ["-qec", `stty cols 80 rows 24; ${command}`, "/dev/null"], { cwd, input });

test.skipIf(!hasScript)("the bar shows every quantity in 80 columns", async () => {
  const run = inTerminal(folderWithText(), `${process.execPath} ${CLI} ${train} --steps 60`, "");
  const { code, stdout } = await run.ended;
  expect(code).toBe(0);
  // oxlint-disable-next-line no-control-regex -- they are what a terminal is driven with
  const moves = /\u001B\[\d*[AG]|\r/g; // of the cursor, to a line above or the first column
  const lines = stripVTControlCharacters(stdout.replaceAll(moves, "\n")).split("\n");
  const bars = lines.filter((line) => /[━─]{20}/.test(line));
  expect(bars.at(-1)).toMatch(/━{20} 100 % {2}step 60 {2}[\d,]+ characters\/s {2}0:00 left/);
  expect(lines.filter((line) => line.startsWith("bits/char:")).at(-1)).toMatch(
    /train \d\.\d\d {2}held-out \d\.\d\d {2}trigram \d\.\d\d {2}unigram \d\.\d\d {2}gradient \d+\.\d\d/,
  );
  for (const line of lines.filter((l) => /[━─]{20}|^bits/.test(l)))
    expect(line.length, line).toBeLessThanOrEqual(80);
  expect(stdout).toContain("\u001B[?25h"); // the cursor is back
});

test.skipIf(!hasScript)("Ctrl-C in a terminal saves, and gives the cursor back", async () => {
  const run = inTerminal(
    folderWithText(),
    `${process.execPath} ${CLI} ${train} --minutes 60`,
    null,
  );
  await run.saying(/held-out \d/);
  run.child.stdin!.write("\u0003");
  await run.saying("held-out text, bits"); // the last line; this terminal goes when its input ends
  run.child.stdin!.end();
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/interrupted after step \d+; saved model.safetensors/);
  expect(stdout).toMatch(/to go on: {2}node .* --resume model.safetensors --minutes 60/);
  expect(stdout.lastIndexOf("\u001B[?25h")).toBeGreaterThan(stdout.lastIndexOf("\u001B[?25l"));
});

test.skipIf(!hasScript)("a terminal that is closed ends the run, which is saved", async () => {
  const folder = folderWithText();
  const run = inTerminal(folder, `${process.execPath} ${CLI} ${train} --minutes 60`, null);
  await run.saying(/held-out \d/);
  const { mtimeMs } = statSync(join(folder, "model.safetensors"));
  run.child.kill("SIGKILL"); // the terminal, not the program
  await vi.waitFor(() => expect(existsSync(join(folder, "report.html"))).toBe(true), 30_000);
  expect(statSync(join(folder, "model.safetensors")).mtimeMs).toBeGreaterThan(mtimeMs);
});
