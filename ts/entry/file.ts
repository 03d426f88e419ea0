/** @file The module, from the file beside: for the CommonJS entry, which only Node loads. */

import { readFileSync } from "node:fs";
import { join } from "node:path";

export const getModule = (): WebAssembly.Module =>
  new WebAssembly.Module(readFileSync(join(__dirname, "kernels.wasm")));
