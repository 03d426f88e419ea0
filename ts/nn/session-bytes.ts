/** @file A session's states as bytes: a head of 32-bit integers, then the numbers, all little-endian. */

import { fail, sameShape, show } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";

/** What must be the same on both sides. */
export interface SessionSizes {
  gates: number;
  /** Of a number. */
  bytes: number;
  batch: number;
  layers: number;
  /** Of the states of a layer. */
  widths: readonly number[];
}

/** "unrS", and the version of the format. */
const MAGIC = [0x53726e75, 1] as const;

const headOf = ({ gates, bytes, batch, layers, widths }: SessionSizes): number[] => {
  return [...MAGIC, gates, bytes, batch, layers, ...widths];
};

export function toBytes(sizes: SessionSizes, states: readonly Tensor[]): Uint8Array {
  return joined([new Uint8Array(Int32Array.from(headOf(sizes)).buffer), ...states.map(windowOf)]);
}

/** The parts, one after another. */
export function joined(parts: readonly Uint8Array[]): Uint8Array {
  const all = new Uint8Array(parts.reduce((n, part) => n + part.length, 0));
  let at = 0;
  for (const part of parts) {
    all.set(part, at);
    at += part.length;
  }
  return all;
}

/** Fills the states. @throws RangeError or TypeError, and changes nothing, when the bytes are not such states' */
export function loadBytes(bytes: Uint8Array, sizes: SessionSizes, states: readonly Tensor[]): void {
  if (!(bytes instanceof Uint8Array)) {
    throw new TypeError(`session: expected bytes to be a Uint8Array, got ${typeof bytes}`);
  }
  const want = headOf(sizes);
  let at = 4 * want.length;
  const got = [...new Int32Array(bytes.slice(0, Math.min(at, bytes.length & ~3)).buffer)];
  if (!sameShape(got, want)) {
    const layout = "[magic, version, gates, bytes of a number, batch, layers, ...widths]";
    fail("session", "the bytes", `to begin with ${layout} = ${show(want)}`, show(got));
  }
  const windows = states.map(windowOf);
  const total = windows.reduce((n, part) => n + part.length, at);
  if (bytes.length !== total) fail("session", "bytes", `to be ${total}`, String(bytes.length));
  for (const part of windows) {
    part.set(bytes.subarray(at, at + part.length));
    at += part.length;
  }
}

/** Good until the next allocation. */
function windowOf(t: Tensor): Uint8Array {
  const { buffer, byteOffset, byteLength } = t.view();
  return new Uint8Array(buffer, byteOffset, byteLength);
}
