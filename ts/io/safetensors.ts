/** @file The safetensors format: 8 bytes of header length, a JSON header, the data. */

import { BYTES, type DType } from "../core/dtype.ts";
import { scope } from "../core/lifetime.ts";
import { show } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { type Json, parseHeader, quote, refuse, SafetensorsError, Spelt } from "./header.ts";

export { SafetensorsError };

/** How a tensor of ours is called in a file; the official writer puts the first before the last. */
const NAMES: Record<DType, string> = { float64: "F64", float32: "F32", int32: "I32", bool: "BOOL" };
const ORDER = /*#__PURE__*/ Object.values(NAMES);

/** What is read: a dtype of the format, its bytes an element, ours. */
const READ = new Map<string, { bytes: number; dtype: DType }>([
  ["F64", { bytes: 8, dtype: "float64" }],
  ["F32", { bytes: 4, dtype: "float32" }],
  ["F16", { bytes: 2, dtype: "float32" }],
  ["BF16", { bytes: 2, dtype: "float32" }],
  ["I64", { bytes: 8, dtype: "int32" }],
  ["I32", { bytes: 4, dtype: "int32" }],
  ["U8", { bytes: 1, dtype: "int32" }],
  ["BOOL", { bytes: 1, dtype: "bool" }],
]);
/** Legal, and not read. */
const UNREAD = new Set([
  "I8",
  "I16",
  "U16",
  "U32",
  "U64",
  "C64",
  "F4",
  "F6_E2M3",
  "F6_E3M2",
  "F8_E4M3",
  "F8_E5M2",
  "F8_E8M0",
  "F8_E4M3FNUZ",
  "F8_E5M2FNUZ",
]);

const MOST_HEADER = 100_000_000;
const MOST_BYTES = 2 ** 31;
const METADATA = "__metadata__";

/** What a file holds. */
export interface Safetensors {
  tensors: Map<string, Tensor>;
  metadata: Map<string, string>;
}

interface Entry {
  name: string;
  spelt: string;
  dtype: DType;
  shape: number[];
  from: number;
  to: number;
}

/**
 * The tensors and the metadata in a file's bytes. F16 and BF16 become float32, U8 and I64 int32. Everything is checked
 * before anything is made.
 *
 * @throws SafetensorsError when the bytes are not such a file, or hold what no tensor here can
 *
 * @example
 * const bytes = saveSafetensors(new Map([["w", tensor([1, 2])]]), new Map([["step", "7"]]));
 * const { tensors, metadata } = loadSafetensors(bytes);
 * tensors.get("w")!.toArray(); // [1, 2]
 * metadata.get("step"); // "7"
 */
export function loadSafetensors(bytes: Uint8Array): Safetensors {
  const { entries, data, metadata } = contents(bytes);
  const tensors = new Map<string, Tensor>();
  try {
    for (const entry of entries) {
      const t = empty(entry.shape, entry.dtype);
      tensors.set(entry.name, t);
      fill(t, entry, data);
    }
  } catch (error) {
    for (const t of tensors.values()) t.free();
    throw error;
  }
  return { tensors, metadata };
}

/**
 * @internal The same tensors one by one, each freed after its visit: so a large file is not in memory twice.
 *
 * @throws SafetensorsError as loadSafetensors does, before the first visit
 */
export function visitSafetensors(
  bytes: Uint8Array,
  visit: (name: string, t: Tensor) => void,
): void {
  const { entries, data } = contents(bytes);
  for (const entry of entries) {
    scope(() => {
      const t = empty(entry.shape, entry.dtype);
      fill(t, entry, data);
      visit(entry.name, t);
    });
  }
}

/** @internal What a file holds, by name. */
export const namesInSafetensors = (bytes: Uint8Array): string[] =>
  contents(bytes).entries.map(({ name }) => name);

/** A file taken apart, and checked. */
function contents(bytes: Uint8Array): {
  entries: Entry[];
  data: DataView;
  metadata: Map<string, string>;
} {
  if (Object.prototype.toString.call(bytes) !== "[object Uint8Array]") {
    throw new TypeError(`loadSafetensors: expected a Uint8Array, got ${kindOf(bytes)}`);
  }
  const [header, start] = headerOf(bytes);
  const data = new DataView(bytes.buffer, bytes.byteOffset + start, bytes.byteLength - start);
  const metadata = metadataOf(header.get(METADATA));
  header.delete(METADATA);
  const entries = [...header].map(([name, value]) => entryOf(name, value));
  expectCovered(entries, data.byteLength);
  for (const entry of entries) expectReadable(entry, data);
  return { entries, data, metadata };
}

/** The header, and where the data begins. */
function headerOf(bytes: Uint8Array): [Map<string, Json>, number] {
  if (bytes.length < 8) refuse(`expected at least 8 bytes, got ${bytes.length}`);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const length = view.getUint32(0, true) + view.getUint32(4, true) * 2 ** 32;
  if (length > MOST_HEADER)
    refuse(`expected a header of at most ${MOST_HEADER} bytes, got ${length}`);
  const start = 8 + length;
  if (start > bytes.length)
    refuse(`expected a header of ${length} bytes, got ${bytes.length - 8} bytes in all`);
  if (length === 0 || bytes[8] !== 0x7b) refuse("expected the header to begin with {");
  let text = "";
  try {
    // A copy, since no decoder takes shared memory.
    const copy = new Uint8Array(bytes.subarray(8, start));
    text = new TextDecoder("utf-8", { fatal: true }).decode(copy);
  } catch {
    refuse("expected the header to be UTF-8");
  }
  return [parseHeader(text) as Map<string, Json>, start]; // it begins with {
}

function metadataOf(value: Json | undefined = new Map()): Map<string, string> {
  if (!(value instanceof Map))
    return refuse(`expected ${METADATA} to be an object, got ${told(value)}`);
  for (const [key, text] of value) {
    if (typeof text !== "string")
      refuse(`expected ${quote(key)} in ${METADATA} to be a string, got ${told(text)}`);
  }
  return value as Map<string, string>;
}

/** Further fields are ignored, as by the official reader. */
function entryOf(name: string, value: Json): Entry {
  const who = `tensor ${quote(name)}`;
  if (!(value instanceof Map)) return refuse(`expected ${who} to be an object, got ${told(value)}`);
  const spelt = value.get("dtype");
  if (typeof spelt !== "string")
    return refuse(`expected the dtype of ${who} to be a string, got ${told(spelt)}`);
  const read = READ.get(spelt);
  if (read === undefined) {
    return refuse(
      UNREAD.has(spelt)
        ? `the dtype of ${who} is ${spelt}, which is not supported; expected one of ${[...READ.keys()].join(", ")}`
        : `the dtype of ${who} is ${quote(spelt)}, which is none of the format's`,
    );
  }
  const integers = (field: string): number[] => {
    const list = value.get(field);
    if (!Array.isArray(list))
      return refuse(`expected the ${field} of ${who} to be an array, got ${told(list)}`);
    for (const n of list) {
      if (typeof n !== "number")
        refuse(`expected the ${field} of ${who} to be integers from 0 to 2^53, got ${told(n)}`);
    }
    return list as number[];
  };
  const { bytes, dtype } = read;
  const shape = integers("shape");
  const offsets = integers("data_offsets");
  if (offsets.length !== 2) refuse(`expected two data_offsets of ${who}, got ${offsets.length}`);
  const [from, to] = offsets as [number, number];
  if (from > to) refuse(`expected the data of ${who} to end after ${from}, got ${to}`);
  let [size, wide] = [bytes, Math.max(bytes, BYTES[dtype])];
  for (const d of shape) {
    size *= d;
    wide *= Math.max(d, 1);
    if (wide > MOST_BYTES)
      refuse(`expected ${who} to need at most 2 GiB, got the shape ${brief(shape)}`);
  }
  if (to - from !== size)
    refuse(`expected ${who} to have ${size} bytes, ${brief(shape)} of ${spelt}, got ${to - from}`);
  return { name, spelt, dtype, shape, from, to };
}

/** Every byte of the data belongs to one tensor. */
function expectCovered(entries: Entry[], length: number): void {
  let end = 0;
  for (const { name, from, to } of entries.toSorted((a, b) => a.from - b.from || a.to - b.to)) {
    if (from !== end)
      refuse(`expected the data of tensor ${quote(name)} to begin at ${end}, got ${from}`);
    end = to;
  }
  if (end !== length) refuse(`expected ${end} bytes of data, got ${length}`);
}

/** Values that the tensor's dtype can hold. */
function expectReadable({ name, spelt, from, to }: Entry, data: DataView): void {
  if (spelt === "BOOL") {
    for (let at = from; at < to; at++) {
      if (data.getUint8(at) > 1)
        refuse(`expected tensor ${quote(name)} to hold 0 and 1, got ${data.getUint8(at)}`);
    }
  }
  if (spelt === "I64") {
    for (let at = from; at < to; at += 8) {
      if (data.getInt32(at + 4, true) !== data.getInt32(at, true) >> 31)
        refuse(
          `expected tensor ${quote(name)} to hold I64 that fit int32, got ${data.getBigInt64(at, true)}`,
        );
    }
  }
}

function fill(t: Tensor, { spelt, from, to }: Entry, data: DataView): void {
  const { buffer, byteOffset, byteLength } = t.view();
  const bits = (): Int32Array => new Int32Array(buffer, byteOffset, t.size);
  const each = (read: (i: number) => number): void => {
    const out = bits();
    for (let i = 0; i < out.length; i++) out[i] = read(i);
  };
  if (spelt === "F16") each((i) => widened(data.getUint16(from + 2 * i, true)));
  else if (spelt === "BF16") each((i) => data.getUint16(from + 2 * i, true) << 16);
  else if (spelt === "I64") each((i) => data.getInt32(from + 8 * i, true));
  else if (spelt === "U8") each((i) => data.getUint8(from + i));
  else {
    const source = new Uint8Array(data.buffer, data.byteOffset + from, to - from);
    new Uint8Array(buffer, byteOffset, byteLength).set(source);
  }
}

/** The bits of a float16 as those of a float32. */
function widened(half: number): number {
  const sign = (half & 0x8000) << 16;
  let exponent = (half >> 10) & 31;
  let fraction = half & 1023;
  if (exponent === 31) return sign | 0x7f800000 | (fraction << 13);
  if (exponent === 0) {
    if (fraction === 0) return sign;
    const shift = Math.clz32(fraction) - 21;
    exponent = 1 - shift;
    fraction = (fraction << shift) & 1023;
  }
  return sign | ((exponent + 112) << 23) | (fraction << 13);
}

/**
 * The bytes of a file with these tensors, as the official writer's: largest dtype first and then by name. Metadata is by
 * key.
 *
 * @throws SafetensorsError for a name that the format cannot hold
 * @throws ReferenceError for a tensor that was freed
 * @throws TypeError for what is no tensor, and for metadata that are not strings
 *
 * @example
 * const layer = new nn.Linear(2, 3);
 * const bytes = saveSafetensors(layer.stateDict());
 * new nn.Linear(2, 3).loadStateDict(loadSafetensors(bytes).tensors);
 */
export function saveSafetensors(
  tensors: ReadonlyMap<string, Tensor>,
  metadata: ReadonlyMap<string, string> = new Map(),
): Uint8Array {
  const named = pairs("tensors", tensors).map(([name, t]) => {
    expectTensor("saveSafetensors", quote(expectText("a name", name)), t);
    if (name === METADATA) {
      throw new SafetensorsError(`saveSafetensors: ${METADATA} is the format's own, no tensor's`);
    }
    return { name, t, place: ORDER.indexOf(NAMES[t.dtype]) };
  });
  named.sort((a, b) => a.place - b.place || byCodePoint(a.name, b.name));
  const texts = pairs("metadata", metadata).map(([key, text]): [string, string] => [
    expectText("a key of the metadata", key),
    expectText(`the metadata of ${quote(key)}`, text),
  ]);
  texts.sort(([a], [b]) => byCodePoint(a, b));

  let end = 0;
  const parts = named.map(({ name, t }) => {
    const from = end;
    end += t.size * BYTES[t.dtype];
    const offsets = `"data_offsets":[${from},${end}]`;
    return `${JSON.stringify(name)}:{"dtype":"${NAMES[t.dtype]}","shape":[${t.shape.join(",")}],${offsets}}`;
  });
  if (texts.length > 0) {
    const inner = texts.map(([key, text]) => `${JSON.stringify(key)}:${JSON.stringify(text)}`);
    parts.unshift(`"${METADATA}":{${inner.join(",")}}`);
  }
  const header = new TextEncoder().encode(`{${parts.join(",")}}`);
  const length = Math.ceil(header.length / 8) * 8;
  if (length > MOST_HEADER) {
    throw new SafetensorsError(
      `saveSafetensors: expected a header of at most ${MOST_HEADER} bytes, got ${length}`,
    );
  }
  const bytes = new Uint8Array(8 + length + end).fill(0x20, 8, 8 + length);
  new DataView(bytes.buffer).setUint32(0, length, true);
  bytes.set(header, 8);
  let at = 8 + length;
  for (const { t } of named) {
    const source = t.view();
    bytes.set(new Uint8Array(source.buffer, source.byteOffset, source.byteLength), at);
    at += source.byteLength;
  }
  return bytes;
}

/** A map's, whatever JavaScript passed for it. */
function pairs<V>(what: string, map: ReadonlyMap<string, V>): [string, V][] {
  if (map instanceof Map) return [...map];
  throw new TypeError(`saveSafetensors: expected ${what} to be a Map, got ${kindOf(map)}`);
}

function expectText(what: string, text: unknown): string {
  if (typeof text !== "string") {
    throw new TypeError(`saveSafetensors: expected ${what} to be a string, got ${kindOf(text)}`);
  }
  if (!text.isWellFormed()) {
    throw new SafetensorsError(
      `saveSafetensors: expected ${what} to be Unicode, got a lone surrogate in ${quote(text)}`,
    );
  }
  return text;
}

/** The order of UTF-8, which is not that of UTF-16: surrogates are above everything else. */
function byCodePoint(a: string, b: string): number {
  const n = Math.min(a.length, b.length);
  for (let i = 0; i < n; i++) {
    const [x, y] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (x !== y) return lifted(x) - lifted(y);
  }
  return a.length - b.length;
}

const lifted = (unit: number): number => ((unit & 0xf800) === 0xd800 ? unit + 0x10000 : unit);

const brief = (shape: readonly number[]): string =>
  shape.length > 16 ? `${show(shape.slice(0, 16))}…` : show(shape);

const kindOf = (x: unknown): string => (x === null ? "null" : typeof x);

/** A value of the header in a message. */
function told(value: Json | undefined): string {
  if (value === undefined) return "none";
  if (value instanceof Spelt) return value.text.slice(0, 80);
  if (value instanceof Map) return "an object";
  if (Array.isArray(value)) return "an array";
  return typeof value === "string" ? quote(value) : String(value);
}
