/** @file The module in Cloudflare Workers, which compile it at deployment and refuse to at run time. */

// @ts-expect-error the runtime's own kind of import
import module from "./kernels.wasm";

export const getModule = (): WebAssembly.Module => module as WebAssembly.Module;
