/** @file The rows of the boundary table, read from its source: what a kernel reads and writes is what its row says. */

import { readFileSync } from "node:fs";
import { compileFunction } from "node:vm";
import { kernels } from "../../ts/runtime/kernels.ts";

export type Element = "f32" | "f64" | "i32" | "u8";
export const ELEMENT_BYTES: Record<Element, number> = { f32: 4, f64: 8, i32: 4, u8: 1 };
export type Sizes = Record<string, number>;

export interface Row {
  /** The kernel, such as "copy::slice". */
  kernel: string;
  /** What it is exported as, and for which element type. */
  name: string;
  buffers: {
    name: string;
    element: Element;
    written: boolean;
    optional: boolean;
    /** In elements, from the sizes. */
    length: (sizes: Sizes) => number;
  }[];
  sizes: string[];
  scalars: string[];
}

export function table(): Row[] {
  const source = readFileSync(new URL("../../crates/wasm/src/table.rs", import.meta.url), "utf8");
  const rows = source.matchAll(/^ {4}((?:\w+: \w+,? )+)= (\w+::\w+)\((.*)\);$/gm);
  return [...rows].flatMap(([, names, kernel, rest]) => {
    const [buffers, sizes = "", scalars = ""] = rest!.split(";");
    const list = (text: string): string[] =>
      text
        .split(",")
        .map((s) => s.trim())
        .filter(Boolean);
    const dims = list(sizes);
    return [...names!.matchAll(/(\w+): (\w+)/g)].map(([, name, type]) => ({
      kernel: kernel!,
      name: name!,
      buffers: [...buffers!.matchAll(/(\w+) (\w+)\[([^\]]*)\]/g)].map(([, kind, name, length]) => ({
        name: name!,
        element: (/ints/.test(kind!) ? "i32" : /bools/.test(kind!) ? "u8" : type) as Element,
        written: /write/.test(kind!),
        optional: /maybe/.test(kind!),
        length: lengthOf(length!, dims),
      })),
      sizes: dims,
      scalars: list(scalars),
    }));
  });
}

/** An expression of sizes, and of functions that are exported too. */
function lengthOf(expression: string, sizes: readonly string[]): (values: Sizes) => number {
  const f = compileFunction(`with (kernels) return ${expression};`, ["kernels", ...sizes]) as (
    ...args: unknown[]
  ) => number;
  return (values) => f(kernels, ...sizes.map((size) => values[size]));
}
