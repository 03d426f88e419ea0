/** @file The library in Cloudflare Workers, which compile the module at deployment and refuse to at run time. */

// @ts-expect-error the runtime's own kind of import
import module from "./kernels.wasm";
import { initSync } from "./slim.ts";

initSync(module as WebAssembly.Module);

export * from "../index.ts";
