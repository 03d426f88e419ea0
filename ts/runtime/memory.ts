/**
 * @file WASM memory. TypeScript is its only owner: kernels never allocate, so memory grows only inside `alloc`, and
 * a view is good until the next `alloc`.
 */

import { boot, kernels, type Ptr } from "./kernels.ts";

/** The largest tensor, in bytes: what every engine can view. */
export const MAX_BYTES = 2 ** 31;

/** Idle blocks by size. A training step asks for the same sizes every time. */
const pool = new Map<number, Ptr[]>();

/** Bytes in blocks handed out, their peak, and bytes in idle blocks. */
let live = 0;
let peak = 0;
let idle = 0;

/** Idle blocks may make up this much of the peak before the oldest sizes go back to Rust. */
const SLACK = 0.2;

/**
 * Uninitialised room for `bytes` bytes, 64-byte aligned; 0 when WASM memory is full, or beyond 2 GiB.
 */
export function alloc(bytes: number): Ptr {
  boot();
  if (bytes > MAX_BYTES) return 0;
  const size = blockSize(bytes);
  const block = pool.get(size)?.pop();
  if (block !== undefined) idle -= size;
  else if (live + size + idle > Math.max(peak, live + size) * (1 + SLACK)) trim();
  const ptr = block ?? (kernels.alloc(size) >>> 0 || retry(size));
  if (ptr === 0) return 0;
  live += size;
  if (live > peak) peak = live;
  return ptr;
}

/** Gives back what `alloc(bytes)` gave. */
export function free(ptr: Ptr, bytes: number): void {
  const size = blockSize(bytes);
  live -= size;
  if (isChecked()) return kernels.free(ptr, size);
  idle += size;
  const blocks = pool.get(size);
  if (blocks) blocks.push(ptr);
  else pool.set(size, [ptr]);
}

/** Gives every idle block back to Rust. */
export function trim(): void {
  for (const [size, blocks] of pool) for (const ptr of blocks) kernels.free(ptr, size);
  pool.clear();
  idle = 0;
}

function retry(size: number): Ptr {
  trim();
  return kernels.alloc(size) >>> 0; // addresses above 2 GiB arrive negative
}

/** The checked build watches exact blocks, so there is no pool and no rounding. */
const isChecked = (): boolean => "fault_at" in kernels;

/** Four sizes to a power of two, so that rounding wastes at most a quarter. */
function blockSize(bytes: number): number {
  if (isChecked()) return bytes;
  if (bytes <= 64) return 64;
  const step = 2 ** (29 - Math.clz32(bytes - 1));
  return Math.ceil(bytes / step) * step;
}

/** What WASM memory holds, in bytes: blocks in use, idle blocks, and the whole linear memory. */
export function usage(): { live: number; idle: number; peak: number; wasm: number } {
  boot();
  return { live, idle, peak, wasm: kernels.memory.buffer.byteLength };
}

/** A window onto WASM memory. Good until the next `alloc`, which may move the memory: do not keep it. */
export function view<A>(
  View: new (buffer: ArrayBufferLike, at: number, length: number) => A,
  ptr: Ptr,
  length: number,
): A {
  return new View(kernels.memory.buffer, ptr, length);
}
