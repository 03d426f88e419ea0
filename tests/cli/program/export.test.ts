/** @file `unrolled export`: PyTorch's names and shapes, and nothing else. */

import { readFileSync } from "node:fs";
import { join } from "node:path";
import { beforeAll, expect, test } from "vitest";
import { GPT2, loadSafetensors, scope, tensor } from "../../../ts/index.ts";
import { folderWithText, SMALL, SMALL_TRANSFORMER, unrolled } from "../../support/program.ts";

let folder: string;
beforeAll(() => {
  folder = folderWithText();
});

interface File {
  tensors: Map<string, { shape: readonly number[]; dtype: string; values: number[] }>;
  metadata: Map<string, string>;
}

const read = (name: string): File =>
  scope(() => {
    const bytes = new Uint8Array(readFileSync(join(folder, name)));
    const { tensors, metadata } = loadSafetensors(bytes);
    const plain = [...tensors].map(
      ([key, t]): [string, File["tensors"] extends Map<string, infer T> ? T : never] => [
        key,
        { shape: t.shape, dtype: t.dtype, values: Array.from(t.data()) },
      ],
    );
    return { tensors: new Map(plain), metadata };
  });

test.each([
  ["lstm", 4],
  ["gru", 3],
  ["rnn", 1],
] as const)(
  "%s: the state dict of an nn.Embedding, the net and an nn.Linear, of two layers",
  async (net, gates) => {
    const [D, H] = [8, 16];
    const train = ["train", "text", ...SMALL, "--model", net, "--layers", "2", "--steps", "2"];
    await unrolled(folder, [...train, "--no-report", "--out", `${net}.safetensors`]);
    const args = ["export", `${net}.safetensors`, `${net}.weights.safetensors`];
    expect(await unrolled(folder, args)).toEqual({
      code: 0,
      stdout: `wrote ${net}.weights.safetensors\n`,
      stderr: "",
    });
    const { tensors } = read(`${net}.weights.safetensors`);
    const V = tensors.get("embedding.weight")!.shape[0]!;
    const shapes = Object.fromEntries([...tensors].map(([name, { shape }]) => [name, [...shape]]));
    expect(shapes).toEqual({
      "embedding.weight": [V, D],
      [`${net}.weight_ih_l0`]: [gates * H, D],
      [`${net}.weight_hh_l0`]: [gates * H, H],
      [`${net}.bias_ih_l0`]: [gates * H],
      [`${net}.bias_hh_l0`]: [gates * H],
      [`${net}.weight_ih_l1`]: [gates * H, H],
      [`${net}.weight_hh_l1`]: [gates * H, H],
      [`${net}.bias_ih_l1`]: [gates * H],
      [`${net}.bias_hh_l1`]: [gates * H],
      "linear.weight": [V, H],
      "linear.bias": [V],
    });
    expect(new Set([...tensors.values()].map(({ dtype }) => dtype))).toEqual(new Set(["float32"]));
    const checkpoint = read(`${net}.safetensors`).tensors;
    for (const [name, { values }] of tensors) expect(checkpoint.get(name)!.values).toEqual(values);
  },
);

test("an export may be written again, and is no checkpoint", async () => {
  await unrolled(folder, ["train", "text", ...SMALL, "--steps", "1", "--no-report"]);
  const args = ["export", "model.safetensors", "weights.safetensors"];
  expect(await unrolled(folder, args)).toMatchObject({ code: 0 });
  expect(await unrolled(folder, args)).toMatchObject({ code: 0 });
  const { code, stderr } = await unrolled(folder, ["sample", "weights.safetensors"]);
  expect(code).toBe(2);
  expect(stderr).toContain("weights.safetensors is not a checkpoint of unrolled train");
});

test("a transformer is a GPT-2 under Hugging Face's names, with its config", async () => {
  await unrolled(folder, ["train", "text", ...SMALL_TRANSFORMER, "--steps", "2", "--no-report", "--out", "t.safetensors"]); // prettier-ignore
  const run = await unrolled(folder, ["export", "t.safetensors", "t.weights.safetensors"]);
  expect(run).toMatchObject({ code: 0, stderr: "" });
  const { tensors, metadata } = read("t.weights.safetensors");
  expect([...tensors.keys()].every((name) => name.startsWith("transformer."))).toBe(true);
  const config = JSON.parse(metadata.get("unrolled.config")!) as { vocab_size: number };
  expect(config).toMatchObject({ n_embd: 16, n_head: 2, n_layer: 2, n_positions: 16 });
  const bytes = new Uint8Array(readFileSync(join(folder, "t.weights.safetensors")));
  const model = GPT2.fromPretrained(bytes, config);
  scope(() => {
    const { logits } = model.forward(tensor([1, 2, 3], [1, 3], { dtype: "int32" }));
    expect(logits.shape).toEqual([1, 3, config.vocab_size]);
  });
  model.free();
});
