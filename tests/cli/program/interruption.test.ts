/** @file Ctrl-C and its like, a reader that goes, and kill -9. */

import { spawnSync } from "node:child_process";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSafetensors, scope } from "../../../ts/index.ts";
import { CLI, folderWithText, SMALL, start, type Started } from "../../support/program.ts";

const begin = (folder: string, ...args: string[]): Started =>
  start(process.execPath, [CLI, "train", "text", ...SMALL, ...args], { cwd: folder });

/** Steps that a checkpoint has done. Reads it whole: it throws unless the file is complete. */
function stepsIn(folder: string): number {
  const bytes = new Uint8Array(readFileSync(join(folder, "model.safetensors")));
  return scope(() => loadSafetensors(bytes).tensors.get("unrolled.history.training")!.size);
}

test.each([
  ["SIGINT", 130],
  ["SIGTERM", 143],
  ["SIGHUP", 129],
] as const)(
  "%s finishes the step, saves, and prints the command that goes on",
  async (signal, code) => {
    const folder = folderWithText();
    const run = begin(folder, "--steps", "1000000", "--report", "it's my report.html");
    await run.saying(/step 50 /);
    run.child.kill(signal);
    const { stdout, stderr, code: ended } = await run.ended;
    expect({ ended, stderr }).toEqual({ ended: code, stderr: "" });
    const step = Number(/interrupted after step ([\d,]+)/.exec(stdout)![1]!.replaceAll(",", ""));
    expect(step).toBeGreaterThanOrEqual(50);
    expect(stepsIn(folder)).toBe(step);

    const command = /to go on: {2}(.*)/.exec(stdout)![1]!;
    expect(command).toContain("--steps 1000000");
    const shorter = command.replace("1000000", String(step + 5)); // else it would take hours
    const more = spawnSync(shorter, { shell: true, cwd: folder, encoding: "utf8" });
    expect(more).toMatchObject({ status: 0, stderr: "" });
    expect(more.stdout).toContain(`goes on after step ${step.toLocaleString("en")}`);
    expect(stepsIn(folder)).toBe(step + 5);
    expect(readdirSync(folder).sort()).toEqual([
      "it's my report.html",
      "model.safetensors",
      "text",
    ]);
  },
);

test("one Ctrl-C that arrives twice, as under npm, still saves", async () => {
  const folder = folderWithText();
  const run = begin(folder, "--minutes", "60");
  await run.saying(/step 25 /);
  run.child.kill("SIGINT");
  run.child.kill("SIGINT");
  const { code, stdout } = await run.ended;
  expect(code).toBe(130);
  expect(stdout).toMatch(/to go on: {2}.* --minutes 60/);
});

test("a reader that goes away ends the run, which is saved", async () => {
  const folder = folderWithText();
  const run = begin(folder, "--minutes", "60", "--json");
  await run.saying("held-out");
  run.child.stdout!.destroy();
  const { code, stderr } = await run.ended;
  expect({ code, stderr }).toEqual({ code: 1, stderr: "" });
  expect(stepsIn(folder)).toBeGreaterThanOrEqual(25);
});

test("kill -9 at any moment leaves a whole checkpoint, an old or a new one", async () => {
  const folder = folderWithText();
  const seen: number[] = [];
  for (let i = 0; i < 8; i++) {
    const resume = i === 0 ? [] : ["--resume", "model.safetensors"];
    const run = begin(folder, "--steps", "1000000", "--no-report", ...resume);
    await run.saying(/^step[^]*^step /m); // it saves after each of these lines
    await new Promise((wait) => void setTimeout(wait, (i * 37) % 60));
    run.child.kill("SIGKILL");
    await run.ended;
    seen.push(stepsIn(folder));
  }
  expect(seen).toEqual([...seen].sort((a, b) => a - b));
  for (const steps of seen) expect(steps % 25).toBe(0);
}, 120_000);
