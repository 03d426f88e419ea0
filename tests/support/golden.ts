/** @file Golden values: what PyTorch computed in float64, made by the scripts in scripts/golden. */

import { readFileSync } from "node:fs";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { type DType, type Shape, tensor, type Tensor } from "../../ts/index.ts";

/** A tensor in a golden file. Numbers that JSON cannot spell are the words "nan", "inf" and "-inf". */
export interface GoldenTensor {
  shape: Shape;
  data: (number | boolean | "nan" | "inf" | "-inf")[];
  dtype?: "int32" | "bool";
}

export function golden<Case>(file: string): Case[] {
  const packed = readFileSync(new URL(`../golden/${file}.json.gz`, import.meta.url));
  return (JSON.parse(gunzipSync(packed).toString()) as { cases: Case[] }).cases;
}

const WORDS = { nan: NaN, inf: Infinity, "-inf": -Infinity };
export const numberOf = (x: GoldenTensor["data"][number]): number =>
  typeof x === "string" ? WORDS[x] : Number(x);

/** The golden tensor as one of ours: integers and booleans as they are, floats in the given type. */
export function fromGolden(
  { shape, data, dtype }: GoldenTensor,
  float: DType = "float64",
  requiresGrad = false,
): Tensor {
  const options = { dtype: dtype ?? float, requiresGrad: requiresGrad && !dtype };
  return tensor(Float64Array.from(data, numberOf), shape, options);
}

/** Relative to the largest magnitude at hand: 1e-10 in float64, 1e-5 in float32, as PyTorch's own tests ask. */
export function expectGolden(got: Tensor | undefined, want: GoldenTensor, what: string): void {
  expect(got, `${what} is missing`).toBeDefined();
  expect(got!.shape, what).toEqual(want.shape);
  const tolerance = got!.dtype === "float64" ? 1e-10 : 1e-5;
  const values = got!.data();
  for (const [i, w] of want.data.map(numberOf).entries()) {
    const close =
      Object.is(values[i], w) ||
      values[i] === w ||
      (Number.isNaN(w) && Number.isNaN(values[i])) ||
      Math.abs(values[i]! - w) <= tolerance * Math.max(1, Math.abs(w));
    if (!close) expect.fail(`${what}[${i}]: expected ${w}, got ${values[i]}`);
  }
}
