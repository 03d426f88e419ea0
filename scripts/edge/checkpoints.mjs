/** @file Two small models that have learnt this project's own sources, for the edge service. */

import { mkdirSync, readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { must, root, step } from "../say.mjs";
import { unlessFresh } from "../stamp.mjs";
import { bundle } from "./workerd.mjs";

const at = (...path) => join(root, ...path);
const LSTM = "--hidden 128 --embedding 32 --steps 600".split(" ");
/** What the models are made from, but for the text: a changed comment is no reason to train anew. */
const INPUTS = ["scripts/edge/checkpoints.mjs", "ts/edge/pretraining.ts", "ts/edge/checkpoint.ts"];

/** Trains what is not there: lstm.safetensors and gpt2.safetensors in `folder`, of the project. */
export async function checkpoints(folder) {
  mkdirSync(at(folder), { recursive: true });
  const files = ["lstm", "gpt2"].map((name) => `${folder}/${name}.safetensors`);
  await unlessFresh(`${folder}/.stamp`, INPUTS, files, async () => {
    await step("training an LSTM on ts/ (a minute or less)", () => {
      const program = [at("dist/cli.js"), "train", "ts", ...LSTM, "--out", at(files[0])];
      return must(process.execPath, program, { quiet: true });
    });
    await step("training a small GPT-2 on ts/ (a minute or less)", async () => {
      await bundle("pretraining", at(folder));
      const { pretrain } = await import(pathToFileURL(at(folder, "pretraining.js")).href);
      writeFileSync(at(files[1]), pretrain(sources()));
    });
  });
}

function sources() {
  const files = readdirSync(at("ts"), { recursive: true, encoding: "utf8" });
  const texts = files.filter((file) => file.endsWith(".ts")).sort();
  return texts.map((file) => readFileSync(at("ts", file), "utf8")).join("\n");
}
