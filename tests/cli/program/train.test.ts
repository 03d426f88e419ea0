/** @file `unrolled train`: what it writes and what it says. */

import { existsSync, readdirSync, readFileSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { loadSafetensors, scope } from "../../../ts/index.ts";
import {
  CLI,
  folderWithText,
  SMALL,
  SMALL_TRANSFORMER,
  start,
  unrolled,
} from "../../support/program.ts";

const NUMBER = String.raw`\d+\.\d\d`;

test("training on a folder writes a checkpoint and a report, and says how to go on", async () => {
  const folder = folderWithText();
  const run = await unrolled(folder, ["train", "text", ...SMALL, "--steps", "50"]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(readdirSync(folder).sort()).toEqual(["model.safetensors", "report.html", "text"]);
  expect(run.stdout).toContain("LSTM with");
  expect(run.stdout).toContain("of 5 files");
  expect(run.stdout).toContain("done after step 50; saved model.safetensors");
  expect(run.stdout).toMatch(
    /to go on: {4}node .* train text --resume model.safetensors --steps 100/,
  );
  expect(run.stdout).toMatch(/to write: {4}node .* sample model.safetensors/);
  expect(run.stdout).toContain("it writes:");
});

test("where the output is no terminal there are plain lines with every quantity", async () => {
  const run = await unrolled(folderWithText(), ["train", "text", ...SMALL, "--steps", "50"]);
  const lines = run.stdout.split("\n").filter((line) => line.startsWith("step "));
  expect(lines).toHaveLength(2); // the held-out text is measured after 25 and 50
  for (const line of lines) {
    expect(line).toMatch(
      new RegExp(
        String.raw`^step \d+  [\d,]+ characters/s  \d+:\d\d left  bits/char: train ${NUMBER}  held-out ${NUMBER}  ` +
          String.raw`trigram ${NUMBER}  unigram ${NUMBER}  gradient ${NUMBER}$`,
      ),
    );
  }
  expect(run.stdout).not.toContain("\u001B");
});

test("--json gives one object a line, and every step has every quantity", async () => {
  const run = await unrolled(folderWithText(), [
    ..."train text --steps 50 --json".split(" "),
    ...SMALL,
  ]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  const events = run.stdout
    .trimEnd()
    .split("\n")
    .map((line) => JSON.parse(line) as { event: string } & Record<string, unknown>);
  expect(events.map(({ event }) => event).filter((e) => e !== "step")).toEqual(
    ["start", "held-out", "held-out", "done", "end", "sample", "report"], // prettier-ignore
  );
  const steps = events.filter(({ event }) => event === "step");
  expect(steps.map(({ step }) => step)).toEqual(Array.from({ length: 50 }, (_, i) => i + 1));
  const positive = expect.toSatisfy((x) => typeof x === "number" && x > 0 && Number.isFinite(x));
  for (const step of steps) {
    expect(step).toEqual({
      event: "step",
      step: expect.any(Number),
      bits: {
        train: positive,
        heldOut: (step.step as number) < 25 ? null : positive,
        unigram: positive,
        trigram: positive,
      },
      gradientNorm: positive,
      charactersPerSecond: positive,
      secondsLeft: expect.any(Number),
    });
  }
  const [first, last] = [steps[0], steps.at(-1)] as unknown as { bits: { train: number } }[];
  expect(last!.bits.train).toBeLessThan(first!.bits.train - 1);
});

test("--minutes stops by the clock", async () => {
  const folder = folderWithText();
  const start = performance.now();
  const run = await unrolled(folder, ["train", "text", ...SMALL, "--minutes", "0.02"]);
  expect(run.code).toBe(0);
  expect(performance.now() - start).toBeGreaterThan(1200);
  expect(run.stdout).toMatch(/done after step \d+/);
});

test("--out and --report name the files; --no-report makes none", async () => {
  const folder = folderWithText();
  await unrolled(folder, "train text --steps 1 --out a.safetensors --report b.html".split(" "));
  expect(readdirSync(folder).sort()).toEqual(["a.safetensors", "b.html", "text"]);
  await unrolled(folder, "train text --steps 1 --out text/c.safetensors --no-report".split(" "));
  expect(readdirSync(join(folder, "text"))).toContain("c.safetensors");
  expect(existsSync(join(folder, "text/report.html"))).toBe(false);
});

test("the checkpoint holds the weights under PyTorch's names and the rest under unrolled.", async () => {
  const folder = folderWithText();
  await unrolled(folder, ["train", "text", ...SMALL, "--steps", "2"]);
  const bytes = new Uint8Array(readFileSync(join(folder, "model.safetensors")));
  scope(() => {
    const { tensors, metadata } = loadSafetensors(bytes);
    const names = [...tensors.keys()];
    expect(names.filter((name) => !name.startsWith("unrolled.")).sort()).toEqual([
      "embedding.weight",
      "linear.bias",
      "linear.weight",
      "lstm.bias_hh_l0",
      "lstm.bias_ih_l0",
      "lstm.weight_hh_l0",
      "lstm.weight_ih_l0",
    ]);
    for (const kind of ["optimizer.", "generator", "position", "state.h", "state.c", "history."])
      expect(
        names.some((name) => name.startsWith(`unrolled.${kind}`)),
        kind,
      ).toBe(true);
    expect(JSON.parse(metadata.get("unrolled.options")!)).toMatchObject({ hidden: 16, seed: 1 });
    expect(JSON.parse(metadata.get("unrolled.vocabulary")!)).toContain("c");
  });
});

test("a transformer trains like the others, and learns", async () => {
  const folder = folderWithText();
  const train = ["train", "text", ...SMALL_TRANSFORMER, "--seq", "32", "--lr", "0.01", "--steps", "200"]; // prettier-ignore
  const run = await unrolled(folder, train);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  expect(run.stdout).toContain("transformer with");
  expect(readdirSync(folder).sort()).toEqual(["model.safetensors", "report.html", "text"]);
  const [, net, unigram] = /transformer ([\d.]+) {2}trigram [\d.]+ {2}unigram ([\d.]+)/.exec(run.stdout)!; // prettier-ignore
  expect(Number(net)).toBeLessThan(0.5 * Number(unigram));
  const report = readFileSync(join(folder, "report.html"), "utf8");
  expect(report).toContain("<h2>Attending</h2>");
  const bytes = new Uint8Array(readFileSync(join(folder, "model.safetensors")));
  scope(() => {
    const { tensors, metadata } = loadSafetensors(bytes);
    expect(JSON.parse(metadata.get("unrolled.options")!)).not.toHaveProperty("embedding");
    expect([...tensors.keys()]).toContain("transformer.h.1.attn.c_attn.weight");
    expect([...tensors.keys()].some((name) => name.startsWith("unrolled.state"))).toBe(false);
  });
});

test.each([
  ["", "unrolled"],
  ["exec", "npx unrolled"],
])("the commands that it prints call it as it was called (npm %s)", async (npm_command, name) => {
  const cwd = folderWithText();
  const link = join(cwd, "unrolled");
  symlinkSync(CLI, link);
  const args = [link, "train", "text", ...SMALL, "--steps", "1", "--no-report"];
  const { stdout } = await start(process.execPath, args, { cwd, env: { npm_command } }).ended;
  expect(stdout).toContain(`to go on:    ${name} train text --resume model.safetensors`);
  expect(stdout).toContain(`to write:    ${name} sample model.safetensors`);
});
