/** @file Optimisers: the namespace `optim`. */

export { Adam, type AdamOptions, type Parameters } from "./adam.ts";
export { clipGradNorm } from "./clip.ts";
