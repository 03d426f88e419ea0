/** @file A run that was cut and resumed is the run that was not. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { folderWithText, SMALL, SMALL_TRANSFORMER, unrolled } from "../../support/program.ts";

const recurrent = (net: string): string[] => [...SMALL, "--model", net, "--layers", "2"];

test.each([
  ["lstm", recurrent("lstm")],
  ["gru", recurrent("gru")],
  ["rnn", recurrent("rnn")],
  ["transformer", SMALL_TRANSFORMER],
])(
  "%s: 200 steps are 100, saved, loaded in a new process, and 100 more, byte for byte",
  async (_, net) => {
    const folder = folderWithText();
    const options = [...net, ..."--dropout 0.2 --no-report --seed 7".split(" ")];
    const train = async (...args: string[]): Promise<void> =>
      expect(await unrolled(folder, ["train", "text", ...args])).toMatchObject({ code: 0 });
    const read = (name: string): Buffer => readFileSync(join(folder, name));

    await train(...options, "--steps", "200", "--out", "straight.safetensors");
    await train(...options, "--steps", "100", "--out", "cut.safetensors");
    expect(read("cut.safetensors").equals(read("straight.safetensors"))).toBe(false);
    await train("--resume", "cut.safetensors", "--steps", "200", "--no-report");
    expect(read("cut.safetensors").equals(read("straight.safetensors"))).toBe(true);
  },
);

test("the same options that a run was begun with may be given again", async () => {
  const folder = folderWithText();
  const options = ["train", "text", ...SMALL, "--no-report"];
  await unrolled(folder, [...options, "--steps", "3"]);
  const run = await unrolled(folder, [...options, "--steps", "4", "--resume", "model.safetensors"]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toContain("goes on after step 3");
});

test("--resume with --out leaves the old checkpoint as it is", async () => {
  const folder = folderWithText();
  await unrolled(folder, ["train", "text", ...SMALL, "--no-report", "--steps", "3"]);
  const before = readFileSync(join(folder, "model.safetensors"));
  const more = "train text --resume model.safetensors --out more.safetensors --steps 6 --no-report";
  expect(await unrolled(folder, more.split(" "))).toMatchObject({ code: 0 });
  expect(readFileSync(join(folder, "model.safetensors")).equals(before)).toBe(true);
  expect(readFileSync(join(folder, "more.safetensors")).equals(before)).toBe(false);
});
