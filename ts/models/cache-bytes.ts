/** @file What caches hold, as bytes: for each a head of 32-bit integers, then keys and values, all little-endian. */

import { BYTES } from "../core/dtype.ts";
import { fail, sameShape, show } from "../core/shape.ts";
import { joined } from "../nn/session-bytes.ts";
import type { CacheSizes, KVCache } from "./kv-cache.ts";

/** "unrK", and the version of the format. */
const MAGIC = [0x4b726e75, 1] as const;
const LAYOUT = "[magic, version, bytes of a number, batch, layers, heads, size of a head]";

/** What must be the same on both sides. The lengths of the sequences follow it. */
const headOf = ({ layers, batch, heads, size, dtype }: CacheSizes): number[] => {
  return [...MAGIC, BYTES[dtype], batch, layers, heads, size];
};

export function toBytes(caches: readonly KVCache[]): Uint8Array {
  return joined(
    caches.flatMap((cache) => [
      new Uint8Array(Int32Array.from([...headOf(cache.sizes), ...cache.lengths]).buffer),
      ...cache.windows(),
    ]),
  );
}

/** Fills the caches. @throws RangeError or TypeError, and changes nothing, when the bytes are not such caches' */
export function loadBytes(bytes: Uint8Array, caches: readonly KVCache[]): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`session: expected bytes to be a Uint8Array, got ${typeof bytes}`);
  }
  const found: { lengths: number[]; data: Uint8Array }[] = [];
  let at = 0;
  for (const { sizes } of caches) {
    const want = headOf(sizes);
    const count = want.length + sizes.batch;
    const end = Math.min(at + 4 * count, bytes.length & ~3);
    const got = [...new Int32Array(bytes.slice(Math.min(at, end), end).buffer)];
    const lengths = got.slice(want.length);
    const fits = sameShape(got.slice(0, want.length), want) && lengths.length === sizes.batch;
    if (!fits || lengths.some((n) => n < 0)) {
      fail("session", "the bytes", `to begin with ${LAYOUT} = ${show(want)}`, show(got));
    }
    const steps = lengths.reduce((n, length) => n + length, 0);
    const from = at + 4 * count;
    at = from + 2 * sizes.layers * steps * sizes.heads * sizes.size * BYTES[sizes.dtype];
    found.push({ lengths, data: bytes.subarray(from, at) });
  }
  if (bytes.length !== at) fail("session", "bytes", `to be ${at}`, String(bytes.length));
  caches.forEach((cache, i) => cache.grow(Math.max(...found[i]!.lengths))); // may find no room
  for (const [i, cache] of caches.entries()) {
    const { lengths, data } = found[i]!;
    cache.starts.view().set(lengths);
    let from = 0;
    for (const part of cache.windows()) {
      part.set(data.subarray(from, from + part.length));
      from += part.length;
    }
  }
}
