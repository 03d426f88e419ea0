/** @file Checkpoints in golden files: what Hugging Face's writer saved, as scripts/golden/huggingface.py packs it. */

import { expect } from "vitest";
import type { Tensor } from "../../ts/index.ts";
import { type GoldenTensor, numberOf } from "./golden.ts";

/** A checkpoint's files by name, in base64. */
export type PackedFiles = Record<string, string>;

export const unpack = (files: PackedFiles): Record<string, Uint8Array> =>
  Object.fromEntries(
    Object.entries(files).map(([name, text]) => [
      name,
      new Uint8Array(Buffer.from(text, "base64")),
    ]),
  );

/** Within 1e-4; in float64 within 1e-5, as the reference of T5 takes its norms in float32. */
export function expectNear(got: Tensor, want: GoldenTensor, what: string): void {
  expect(got.shape, what).toEqual(want.shape);
  const tolerance = got.dtype === "float64" ? 1e-5 : 1e-4;
  const values = got.data();
  for (const [i, w] of want.data.map(numberOf).entries()) {
    if (!(Math.abs(values[i]! - w) <= tolerance * Math.max(1, Math.abs(w)))) {
      expect.fail(`${what}[${i}]: expected ${w}, got ${values[i]}`);
    }
  }
}
