/**
 * @file WASM memory. TypeScript is its only owner: kernels never allocate, so memory grows only inside `alloc`, and
 * a view is good until the next `alloc`.
 */

import { boot, kernels, type Ptr } from "./kernels.ts";

/** The largest tensor, in bytes: what every engine can view. */
export const MAX_BYTES = 2 ** 31;

/** Bytes in blocks handed out, and their peak. */
let live = 0;
let peak = 0;

/** Uninitialised room for `bytes` bytes, 64-byte aligned; 0 when WASM memory is full, or beyond 2 GiB. */
export function alloc(bytes: number): Ptr {
  boot();
  if (!(bytes <= MAX_BYTES)) return 0; // NaN too: ∞ · 0
  const ptr = kernels.alloc(bytes) >>> 0; // addresses above 2 GiB arrive negative
  if (ptr === 0) return 0;
  live += bytes;
  if (live > peak) peak = live;
  return ptr;
}

/** Gives back what `alloc(bytes)` gave. */
export function free(ptr: Ptr, bytes: number): void {
  live -= bytes;
  kernels.free(ptr, bytes);
}

/** The most bytes that were handed out at once, and the size of the linear memory. */
export function usage(): { peak: number; wasm: number } {
  boot();
  return { peak, wasm: kernels.memory.buffer.byteLength };
}

/** A window onto WASM memory. Good until the next `alloc`, which may move the memory: do not keep it. */
export function view<A>(
  View: new (buffer: ArrayBufferLike, at: number, length: number) => A,
  ptr: Ptr,
  length: number,
): A {
  return new View(kernels.memory.buffer, ptr, length);
}
