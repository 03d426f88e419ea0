/** @file The library in Vercel's edge runtime, which compiles the module at deployment. */

// @ts-expect-error the runtime's own kind of import
import module from "./kernels.wasm?module";
import { initSync } from "./slim.ts";

initSync(module as WebAssembly.Module);

export * from "../index.ts";
