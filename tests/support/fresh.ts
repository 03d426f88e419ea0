/** @file A second copy of the library, with an instance and a memory of its own. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { vi } from "vitest";

const PAGE = 65536;
const FILE = process.env.UNROLLED_KERNELS ?? new URL("../../build/kernels.wasm", import.meta.url);

/** Loads the library anew. Its memory may grow to `limit` bytes. */
export async function freshLibrary(limit = 2 ** 32) {
  const folder = mkdtempSync(join(tmpdir(), "unrolled-"));
  const file = join(folder, "kernels.wasm");
  writeFileSync(file, limited(readFileSync(FILE), limit / PAGE));
  vi.stubEnv("UNROLLED_KERNELS", file);
  vi.resetModules();
  const library = {
    u: await import("../../ts/index.ts"),
    tensors: await import("../../ts/core/tensor.ts"),
    memory: await import("../../ts/runtime/memory.ts"),
  };
  library.u.memory(); // makes the instance
  vi.unstubAllEnvs();
  rmSync(folder, { recursive: true });
  return library;
}

/** The module, with a maximum of `pages` for its memory. */
function limited(wasm: Uint8Array, pages: number): Uint8Array {
  let at = 8;
  const number = (): number => {
    let n = 0;
    for (let shift = 0; ; shift += 7) {
      const byte = wasm[at++]!;
      n += (byte & 127) * 2 ** shift;
      if (byte < 128) return n;
    }
  };
  const spelt = (n: number): number[] => (n < 128 ? [n] : [(n & 127) | 128, ...spelt(n >>> 7)]);
  while (at < wasm.length) {
    const start = at;
    const [section, size] = [number(), number()];
    if (section !== 5) {
      at += size;
      continue;
    }
    const end = at + size;
    at += 2; // one memory; its flags
    const content = [1, 1, ...spelt(number()), ...spelt(pages)];
    return Buffer.concat([
      wasm.subarray(0, start),
      Uint8Array.of(5, ...spelt(content.length), ...content),
      wasm.subarray(end),
    ]);
  }
  throw new Error("the module has no memory");
}
