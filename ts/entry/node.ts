/**
 * @file `unrolled` in Node, with the module in the file beside: that is read in a tenth of the time that text takes. Bundlers get
 * inline.ts, for what they write leaves the file behind.
 */

import { getModule, provide } from "./slim.ts";

export * from "../index.ts";

provide(() => {
  const { getBuiltinModule } = process; // an import of node:fs would start streams and promises, too: 7 ms
  const { readFileSync } = getBuiltinModule("node:fs");
  try {
    return new WebAssembly.Module(readFileSync(new URL("./kernels.wasm", import.meta.url)));
  } catch {
    // Deno's require() may read no file, and a deployment may lack this one: then the text, which comes with a source of its own.
    getBuiltinModule("node:module").createRequire(import.meta.url)("./index.js");
    return getModule();
  }
});
