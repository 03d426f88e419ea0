/** @file The safetensors format: 8 bytes of header length, a JSON header, the data. */

import { BYTES, type DType } from "../core/dtype.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";

const NAMES: Record<DType, string> = { float32: "F32", float64: "F64", int32: "I32", bool: "BOOL" };
const DTYPES = new Map(Object.entries(NAMES).map(([dtype, name]) => [name, dtype as DType]));
const MOST_HEADER = 100_000_000;

export class SafetensorsError extends Error {}

export interface Safetensors {
  tensors: Map<string, Tensor>;
  metadata: Map<string, string>;
}

const refuse = (why: string): never => {
  throw new SafetensorsError(`loadSafetensors: ${why}`);
};

/**
 * The tensors and the metadata in a file's bytes. F32, F64, I32 and BOOL; everything is checked before anything is made.
 *
 * @throws SafetensorsError when the bytes are not such a file
 */
export function loadSafetensors(bytes: Uint8Array): Safetensors {
  if (bytes.length < 8) refuse("expected at least 8 bytes");
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MOST_HEADER || 8 + length > bytes.length)
    refuse(`expected a shorter header, got ${length} bytes`);
  let header: unknown;
  try {
    const text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(
      bytes.subarray(8, 8 + length),
    );
    if (!text.startsWith("{")) refuse("expected the header to begin with {");
    header = JSON.parse(text);
  } catch (error) {
    if (error instanceof SafetensorsError) throw error;
    refuse(`expected a JSON header: ${(error as Error).message}`);
  }
  const metadata = new Map<string, string>();
  const entries: { name: string; dtype: DType; shape: number[]; from: number; to: number }[] = [];
  for (const [name, value] of Object.entries(header as object)) {
    if (name === "__metadata__") {
      for (const [key, text] of Object.entries(value as object)) {
        if (typeof text !== "string") refuse(`expected the metadata ${key} to be a string`);
        metadata.set(key, text as string);
      }
      continue;
    }
    const { dtype: spelt, shape, data_offsets: offsets } = value as Record<string, unknown>;
    const dtype =
      DTYPES.get(spelt as string) ??
      refuse(`the dtype of ${name} is ${String(spelt)}, which is not supported`);
    const whole = (list: unknown): list is number[] =>
      Array.isArray(list) && list.every((n) => Number.isSafeInteger(n) && n >= 0);
    if (!whole(shape) || !whole(offsets) || offsets.length !== 2)
      refuse(`expected a shape and two offsets for ${name}`);
    const [from, to] = offsets as [number, number];
    const size = (shape as number[]).reduce((n, d) => n * d, BYTES[dtype]);
    if (to - from !== size) refuse(`expected ${name} to have ${size} bytes, got ${to - from}`);
    entries.push({ name, dtype, shape: shape as number[], from, to });
  }
  let end = 0;
  for (const { name, from, to } of entries.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end) refuse(`expected ${name} to begin at ${end}, got ${from}`);
    end = to;
  }
  if (8 + length + end !== bytes.length)
    refuse(`expected ${8 + length + end} bytes, got ${bytes.length}`);
  const tensors = new Map<string, Tensor>();
  for (const { name, dtype, shape, from, to } of entries) {
    const t = empty(shape, dtype);
    const target = t.view();
    new Uint8Array(target.buffer, target.byteOffset, target.byteLength).set(
      bytes.subarray(8 + length + from, 8 + length + to),
    );
    tensors.set(name, t);
  }
  return { tensors, metadata };
}

/** The bytes of a file with these tensors, largest dtype first and then by name. @throws TypeError for what is no tensor */
export function saveSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const sorted = [...tensors].toSorted(
    ([a, s], [b, t]) => BYTES[t.dtype] - BYTES[s.dtype] || (a < b ? -1 : 1),
  );
  let end = 0;
  const header: [string, unknown][] =
    metadata.size > 0 ? [["__metadata__", Object.fromEntries(metadata)]] : [];
  for (const [name, t] of sorted) {
    expectTensor("saveSafetensors", name, t);
    const size = t.size * BYTES[t.dtype];
    header.push([name, { dtype: NAMES[t.dtype], shape: t.shape, data_offsets: [end, end + size] }]);
    end += size;
  }
  const text = `{${header.map(([name, value]) => `${JSON.stringify(name)}:${JSON.stringify(value)}`).join(",")}}`;
  const encoded = new TextEncoder().encode(text);
  const length = Math.ceil(encoded.length / 8) * 8;
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.set(encoded, 8);
  let at = 8 + length;
  for (const [, t] of sorted) {
    const source = t.view();
    bytes.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), at);
    at += source.byteLength;
  }
  return bytes;
}
