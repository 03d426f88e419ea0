/** @file The module when the library runs from its sources: read from the build folder. */

import { readFileSync } from "node:fs";

export function getModule(): WebAssembly.Module {
  const file = process.env.UNROLLED_KERNELS ?? new URL("../../build/kernels.wasm", import.meta.url);
  return new WebAssembly.Module(readFileSync(file));
}
