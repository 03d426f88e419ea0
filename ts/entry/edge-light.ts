/** @file The module in Vercel's edge runtime, which compiles it at deployment. */

// @ts-expect-error the runtime's own kind of import
import module from "./kernels.wasm?module";

export const getModule = (): WebAssembly.Module => module as WebAssembly.Module;
