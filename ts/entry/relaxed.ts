/**
 * @file `unrolled/relaxed`: kernels with fused multiply-add, for processors without separate adders. The last bits of results
 * may differ between processors. An engine that cannot compile them gets the plain kernels, and says so once.
 */

import { initSync } from "./slim.ts";

export * from "../index.ts";

/** A function that uses one relaxed instruction. */
const PROBE = new Uint8Array([
  0, 97, 115, 109, 1, 0, 0, 0, 1, 5, 1, 96, 0, 1, 123, 3, 2, 1, 0, 10, 15, 1, 13, 0, 65, 1, 253, 15,
  65, 2, 253, 15, 253, 128, 2, 11,
]);

const relaxed = WebAssembly.validate(PROBE);
if (!relaxed) {
  console.warn("unrolled/relaxed: this engine has no relaxed SIMD; the plain kernels run instead");
}
initSync(
  await bytes(
    relaxed
      ? new URL("./kernels.relaxed.wasm", import.meta.url)
      : new URL("./kernels.wasm", import.meta.url),
  ),
);

async function bytes(url: URL): Promise<BufferSource> {
  if (url.protocol === "file:") {
    const { readFile } = await import("node:fs/promises");
    return readFile(url);
  }
  const response = await fetch(url);
  if (!response.ok) throw new TypeError(`unrolled/relaxed: ${url} answered ${response.status}`);
  return response.arrayBuffer();
}
