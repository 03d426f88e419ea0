/** @file The examples of `serve` and `train`, as two files of a project. */

import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { transformWithOxc } from "vite";
import { expect, test } from "vitest";
import { examplesOf } from "../support/examples.ts";

const build = fileURLToPath(new URL("../../build", import.meta.url));

test("the worker's example trains, and the page's shows it", async () => {
  const [[worker], [page]] = [examplesOf("worker/serve.ts"), examplesOf("worker/train.ts")];
  mkdirSync(build, { recursive: true });
  const folder = mkdtempSync(join(build, "examples-")); // where the package knows itself by its name
  const write = async (name: string, code: string): Promise<void> => {
    const { code: js } = await transformWithOxc(code, `${name}.ts`);
    writeFileSync(join(folder, `${name}.mjs`), js);
  };
  try {
    await write("training", worker!.code);
    await write(
      "main",
      `import { Worker } from "node:worker_threads";
       const { signal } = new AbortController();
       const show = (step: number, loss: number) => { if (step === 20) console.log(step, loss < 1); };
       ${page!.code.replaceAll("./training.ts", "./training.mjs").replace("steps: 1000", "steps: 20")}
       console.log([...tensors.keys()].join());`,
    );
    const printed = execFileSync(process.execPath, [join(folder, "main.mjs")], {
      encoding: "utf8",
    });
    expect(printed.trim()).toBe("20 true\nbias_hh_l0,bias_ih_l0,weight_hh_l0,weight_ih_l0");
  } finally {
    rmSync(folder, { recursive: true });
  }
});
