/** @file `unrolled/slim`: the whole API, with the loading left to the application. */

export * from "../index.ts";
export { init, initSync } from "./slim.ts";
