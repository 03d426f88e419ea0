/** @file `unrolled sample`: its text, on pipes and files. */

import { spawnSync } from "node:child_process";
import { beforeAll, expect, test } from "vitest";
import {
  CLI,
  folderWithText,
  SMALL,
  SMALL_TRANSFORMER,
  start,
  unrolled,
} from "../../support/program.ts";

let folder: string;
beforeAll(async () => {
  folder = folderWithText();
  await unrolled(folder, ["train", "text", ...SMALL, "--steps", "150", "--no-report"]);
});

/** What it writes; `options` as on a command line. */
async function sample(options = "", input?: string | Uint8Array): Promise<string> {
  const args = ["sample", "model.safetensors", ...options.split(" ").filter(Boolean)];
  const { code, stdout, stderr } = await unrolled(folder, args, input);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  return stdout;
}

test("the text is as long as was asked for, and begins with the prompt", async () => {
  expect(await sample("--length 123")).toHaveLength(123);
  expect(await sample("--length 0")).toBe("");
  const text = await sample("--prompt const --length 40");
  expect(text).toHaveLength(45);
  expect(text.startsWith("const")).toBe(true);
});

test("the prompt may come by standard input, which may end in a line end", async () => {
  const text = await sample("--prompt const --length 40");
  expect(await sample("--length 40", "const")).toBe(text);
  expect(await sample("--length 40", "const\n")).toBe(text);
});

test("one seed, one text; another seed, another", async () => {
  const text = await sample("--seed 5");
  expect(text).toHaveLength(500);
  expect(await sample("--seed 5")).toBe(text);
  expect(await sample("--seed 6")).not.toBe(text);
  expect(await sample()).toBe(await sample("--seed 1 --temperature 0.8 --top-k 0"));
});

test("temperature 0 and top-k 1 always take the likeliest, whatever the seed", async () => {
  const text = await sample("--temperature 0");
  expect(await sample("--temperature 0 --seed 9")).toBe(text);
  expect(await sample("--top-k 1 --temperature 2")).toBe(text);
  expect(await sample("--top-k 2 --temperature 2")).not.toBe(text);
});

test("a hot sample strays farther than a cold one", async () => {
  const kinds = async (temperature: number): Promise<number> =>
    new Set(await sample(`--temperature ${temperature} --length 300`)).size;
  expect(await kinds(5)).toBeGreaterThan(await kinds(0.2));
});

test("a prompt longer than what is read at a time works", async () => {
  const prompt = 'const one = "two"; // 3\n'.repeat(40);
  expect(await sample("--length 5", prompt)).toHaveLength(prompt.length - 1 + 5);
});

test("characters that the model never learnt are named, and the text is written all the same", async () => {
  const args = ["sample", "model.safetensors", "--prompt", "Ж", "--length", "9"];
  const { code, stdout, stderr } = await unrolled(folder, args);
  expect({ code, stderr }).toEqual({
    code: 0,
    stderr: 'unrolled: the model never learnt "Ж"\n',
  });
  expect([...stdout]).toHaveLength(10);
});

test("the text streams: its beginning is there long before its end", async () => {
  const args = "sample model.safetensors --length 1000000000".split(" ");
  const run = start(process.execPath, [CLI, ...args], { cwd: folder });
  await run.saying(/[^]{200}/);
  run.child.kill("SIGKILL");
  await run.ended;
});

test("a pipe that closes ends it without a word", () => {
  const command = `${process.execPath} ${CLI} sample model.safetensors --length 1000000000 </dev/null`;
  const script = `set -o pipefail; ${command} | head -c 10`;
  const { status, stdout, stderr } = spawnSync("bash", ["-c", script], {
    cwd: folder,
    encoding: "utf8",
  });
  expect({ status, stderr }).toEqual({ status: 0, stderr: "" });
  expect(stdout).toHaveLength(10);
});

test("it reads what it wrote, through a pipe", () => {
  const command = `${process.execPath} ${CLI} sample model.safetensors`;
  const { status, stdout } = spawnSync(
    `printf 'const' | ${command} --length 20 | ${command} --length 20 | wc -c`,
    { shell: true, cwd: folder, encoding: "utf8" },
  );
  expect([status, stdout.trim()]).toEqual([0, "45"]);
});

test("a transformer writes past the longest text that it can see", async () => {
  const files = ["--steps", "20", "--no-report", "--out", "t.safetensors"];
  await unrolled(folder, ["train", "text", ...SMALL_TRANSFORMER, ...files]);
  const args = "sample t.safetensors --length 200 --prompt".split(" ");
  const { code, stdout, stderr } = await unrolled(folder, [...args, "const two = one; // 7 const"]);
  expect({ code, stderr }).toEqual({ code: 0, stderr: "" });
  expect(stdout).toHaveLength(227);
});
