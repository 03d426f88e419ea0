/** @file The case table: one row an op. It is the forward test, the gradient check, the leak test and the benchmark. */

import { readdirSync } from "node:fs";
import type { Shape, Tensor } from "../../ts/index.ts";

/** A plain float64 array with a shape: what oracles compute in. */
export interface Nd {
  shape: Shape;
  data: number[];
}

export interface OpCase {
  /** The exported function that the row shows. */
  op: string;
  /** What sets this row apart from others of the same op, such as an option. */
  variant?: string;
  /** The op on float inputs; anything else (indices, options) is fixed inside. One result. */
  f: (...xs: Tensor[]) => Tensor;
  /** The slow, obvious version, in float64. */
  oracle: (...xs: Nd[]) => Nd;
  /** Input shapes to try, one list an example: odd sizes, broadcasting, empty axes. */
  shapes: readonly (readonly Shape[])[];
  /**
   * Input shapes for a size around the vectors' width. Default, where all inputs of the first example have one shape: that
   * shape with n on its last axis.
   */
  sweep?: (n: number) => readonly Shape[];
  /** Where the inputs are drawn from, for all or for each: [low, high]. Default [-2, 2]. */
  domain?: readonly [number, number] | readonly (readonly [number, number])[];
  /** Largest float32 error relative to max(1, |value|), where the default of the tests is not right; with the reason. */
  tolerance?: number;
  /** False for what has no gradient (comparisons), or "once" for a fused kernel. Default true: twice. */
  differentiable?: boolean | "once";
  /** Wrong uses, and what the message must say. */
  errors: readonly (readonly [() => unknown, RegExp])[];
  bench?: Bench | readonly Bench[];
}

/** A size for the benchmark: input shapes, and what is done on them. */
export interface Bench {
  shapes: readonly Shape[];
  /** Floating-point operations, or bytes moved where those decide. */
  flops?: number;
  bytes?: number;
  /** The share of the machine's limit that it must reach. */
  share?: number;
}

/** Every row: what the files of tests/support/cases export. */
export async function allCases(): Promise<OpCase[]> {
  const folder = new URL("./cases/", import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith(".ts"));
  const modules = await Promise.all(
    files.map((file) => import(new URL(file, folder).href) as Promise<{ cases: OpCase[] }>),
  );
  return modules.flatMap(({ cases }) => cases);
}

/** The name of a row in a report. */
export const nameOf = ({ op, variant }: OpCase): string => (variant ? `${op}, ${variant}` : op);
