/** @file The rules one by one; the official reader's verdicts are in corpus.test.ts. */

import { afterEach, expect, test, vi } from "vitest";
import {
  loadSafetensors,
  memory,
  SafetensorsError,
  saveSafetensors,
  scope,
  tensor,
  type Tensor,
  zeros,
} from "../../ts/index.ts";
import { kernels } from "../../ts/runtime/kernels.ts";
import { level } from "../support/given.ts";

const PROTOTYPE = JSON.stringify(Object.getOwnPropertyNames(Object.prototype));
afterEach(() => {
  vi.restoreAllMocks();
  expect(JSON.stringify(Object.getOwnPropertyNames(Object.prototype))).toBe(PROTOTYPE);
});

/** The bytes of a file with this header, as text or to be spelt, and data. */
function fileOf(
  header: string | object,
  data: Uint8Array = new Uint8Array(),
): Uint8Array<ArrayBuffer> {
  const text = Buffer.from(typeof header === "string" ? header : JSON.stringify(header));
  const length = Buffer.alloc(8);
  length.writeUInt32LE(text.length);
  return new Uint8Array(Buffer.concat([length, text, data]));
}

const entry = (dtype: string, shape: number[], to: number, from = 0): object => ({
  dtype,
  shape,
  data_offsets: [from, to],
});

/** The only tensor of a file with these values. */
function read(dtype: string, values: { buffer: ArrayBufferLike; length: number }): Tensor {
  const data = new Uint8Array(values.buffer);
  const { tensors } = loadSafetensors(
    fileOf({ t: entry(dtype, [values.length], data.length) }, data),
  );
  return tensors.get("t")!;
}

function refused(bytes: Uint8Array, message: RegExp): void {
  const before = memory();
  expect(() => loadSafetensors(bytes)).toThrow(SafetensorsError);
  expect(() => loadSafetensors(bytes)).toThrow(message);
  const after = memory();
  expect([after.tensors, after.bytes]).toEqual([before.tensors, before.bytes]);
}

test("the header's length is within its limit and the file", () => {
  refused(new Uint8Array(7), /expected at least 8 bytes, got 7/);
  refused(new Uint8Array(8), /expected the header to begin with \{/);
  const long = fileOf("{}");
  new DataView(long.buffer).setUint32(0, 3, true);
  refused(long, /expected a header of 3 bytes, got 2 bytes in all/);
  new DataView(long.buffer).setUint32(4, 1, true);
  refused(long, /expected a header of at most 100000000 bytes, got 4294967299/);
});

test("a header of 100,000,000 bytes is read, one more is not", () => {
  const wide = new Uint8Array(8 + 100_000_001).fill(0x20, 8);
  wide.set(fileOf("{}").subarray(8), 8);
  const view = new DataView(wide.buffer);
  view.setUint32(0, 100_000_000, true);
  expect(loadSafetensors(wide.subarray(0, -1)).tensors.size).toBe(0);
  view.setUint32(0, 100_000_001, true);
  refused(wide, /at most 100000000 bytes, got 100000001/);
});

test("a number of ten million digits, and brackets ten million deep, are refused in words", () => {
  refused(fileOf(`{"a":${"9".repeat(1e7)}}`), /expected a number within range, got "9+…"/);
  refused(fileOf(`{"a":${"[".repeat(1e7)}}`), /at most 127 levels deep/);
});

test("a file may lie anywhere in its buffer", () => {
  level(() => {
    const file = saveSafetensors(new Map([["t", tensor([1, 2, 3])]]));
    for (const offset of [1, 2, 3, 8]) {
      for (const Buffer of [ArrayBuffer, SharedArrayBuffer]) {
        const bytes = new Uint8Array(new Buffer(file.length + 20), offset, file.length);
        bytes.set(file);
        expect(loadSafetensors(bytes).tensors.get("t")!.toArray()).toEqual([1, 2, 3]);
      }
    }
    expect(loadSafetensors(Buffer.from(file)).tensors.size).toBe(1);
  });
});

test("only a Uint8Array is read", () => {
  for (const wrong of [undefined, null, "x", [1], new ArrayBuffer(8), new Float32Array(2)]) {
    expect(() => loadSafetensors(wrong as never)).toThrow(
      /^loadSafetensors: expected a Uint8Array, got (undefined|null|string|object)$/,
    );
    expect(() => loadSafetensors(wrong as never)).toThrow(TypeError);
  }
});

test.each([
  ['{"a":1,"a":2}', /expected each key once, got "a" twice/],
  ['{"a":{"dtype":"F32","dtype":"F32"}}', /expected each key once, got "dtype" twice/],
  ['{"__metadata__":{"k":"","\\u006b":""}}', /expected each key once, got "k" twice/],
  ['{"a":1', /expected } at character 6 of the header, got its end/],
  ['{"a" 1}', /expected : at character 5 of the header, got "1"/],
  ["{a:1}", /expected a key in quotes at character 1 of the header, got "a"/],
  ["{}x", /expected nothing more at character 2 of the header, got "x"/],
  ['{"a":+1}', /expected a value at character 5/],
  ['{"a":1.}', /expected a digit at character 7/],
  ['{"a":"\n"}', /expected a string to go on at character 6 of the header, got "\\n"/],
  ['{"a":"\\ud800"}', /expected surrogates in pairs, got one alone/],
  ['{"a":"\\u12g4"}', /expected four hexadecimal digits/],
  ['{"a":"\\x"}', /expected an escape at character 7/],
  ['{"a":nul}', /expected null at character 5/],
])("the header %s", (header, message) => refused(fileOf(header), message));

test.each([
  [3, /expected tensor "a.b" to be an object, got 3/],
  [{}, /expected the dtype of tensor "a.b" to be a string, got none/],
  [{ dtype: 1 }, /expected the dtype of tensor "a.b" to be a string, got 1/],
  [{ dtype: "F12" }, /the dtype of tensor "a.b" is "F12", which is none of the format's/],
  [
    { dtype: "U16" },
    /the dtype of tensor "a.b" is U16, which is not supported; expected one of F64/,
  ],
  [{ dtype: "F32" }, /expected the shape of tensor "a.b" to be an array, got none/],
  [{ dtype: "F32", shape: [1.5] }, /integers from 0 to 2\^53, got 1.5/],
  [{ dtype: "F32", shape: [-1] }, /integers from 0 to 2\^53, got -1/],
  [{ dtype: "F32", shape: [] }, /expected the data_offsets of tensor "a.b" to be an array/],
  [{ dtype: "F32", shape: [], data_offsets: [0] }, /expected two data_offsets of .+, got 1/],
  [entry("F32", [], 0, 4), /expected the data of tensor "a.b" to end after 4, got 0/],
  [entry("F32", [2, 3], 20), /"a.b" to have 24 bytes, \[2, 3\] of F32, got 20/],
  [entry("F32", [], 8, 4), /expected the data of tensor "a.b" to begin at 0, got 4/],
  [entry("F32", [], 4), /expected 4 bytes of data, got 0/],
  [entry("U8", [2 ** 29 + 1], 2 ** 29 + 1), /"a.b" to need at most 2 GiB, got the shape/],
  [entry("F32", [2 ** 32, 2 ** 32], 0), /"a.b" to need at most 2 GiB, got the shape/],
])("the entry %j", (value, message) => refused(fileOf({ "a.b": value }), message));

test("a size is an integer and spelt as one, up to 2^53", () => {
  const sized = (n: string): Uint8Array =>
    fileOf(`{"a":{"dtype":"U8","shape":[${n},0],"data_offsets":[0,0]}}`);
  for (const n of ["2.0", "2e0", "-0", "20e-1", "9007199254740993", "9".repeat(40)])
    refused(sized(n), new RegExp(`integers from 0 to 2\\^53, got ${n.replace(".", "\\.")}`));
  refused(sized("9007199254740992"), /at most 2 GiB/);
  level(() => expect(loadSafetensors(sized("2")).tensors.get("a")!.shape).toEqual([2, 0]));
});

test("float16: every value, the bits of NaN too", () => {
  level(() => {
    const t = read(
      "F16",
      Uint16Array.from({ length: 65536 }, (_, i) => i),
    );
    expect([t.dtype, t.shape]).toEqual(["float32", [65536]]);
    const values = t.data();
    const bits = new Uint32Array(values.buffer);
    for (let h = 0; h < 65536; h++) {
      const [sign, e, f] = [h >> 15 ? -1 : 1, (h >> 10) & 31, h & 1023];
      const size = e === 0 ? f * 2 ** -24 : e === 31 ? Infinity : (1024 + f) * 2 ** (e - 25);
      const want = e === 31 && f > 0 ? NaN : sign * size;
      const right = Object.is(values[h], want) && bits[h]! >>> 31 === h >> 15;
      if (!right) expect.fail(`bits ${h}: expected ${want}, got ${values[h]}`);
    }
  });
});

test("bfloat16: the upper half of a float32", () => {
  level(() => {
    const t = read(
      "BF16",
      Uint16Array.from({ length: 65536 }, (_, i) => i),
    );
    expect(t.dtype).toBe("float32");
    const bits = new Uint32Array(t.data().buffer);
    for (let i = 0; i < 65536; i++) if (bits[i] !== i * 65536) expect(bits[i]).toBe(i * 65536);
  });
});

test("U8 and I64 become int32, BOOL bool", () => {
  level(() => {
    const bytes = read("U8", Uint8Array.of(0, 1, 127, 128, 255));
    expect([bytes.dtype, bytes.toArray()]).toEqual(["int32", [0, 1, 127, 128, 255]]);
    const long = read("I64", BigInt64Array.of(0n, -1n, 2n ** 31n - 1n, -(2n ** 31n)));
    expect([long.dtype, long.toArray()]).toEqual(["int32", [0, -1, 2 ** 31 - 1, -(2 ** 31)]]);
    expect(read("BOOL", Uint8Array.of(0, 1)).toArray()).toEqual([false, true]);
  });
});

test("values that the dtype cannot hold are refused, by name", () => {
  const one = (dtype: string, data: Uint8Array): Uint8Array =>
    fileOf({ first: entry("U8", [0], 0), ids: entry(dtype, [1], data.length) }, data);
  for (const n of [2n ** 31n, -(2n ** 31n) - 1n, 2n ** 32n, 2n ** 63n - 1n, -(2n ** 63n)])
    refused(
      one("I64", new Uint8Array(BigInt64Array.of(n).buffer)),
      new RegExp(`expected tensor "ids" to hold I64 that fit int32, got ${n}$`),
    );
  for (const n of [2, 128, 255])
    refused(one("BOOL", Uint8Array.of(n)), new RegExp(`"ids" to hold 0 and 1, got ${n}$`));
});

test("further fields of an entry are ignored, names are only names", () => {
  level(() => {
    const names = [
      "__proto__",
      "constructor",
      "toString",
      "hasOwnProperty",
      "",
      "权重",
      "😀",
      "\0",
    ];
    const entries = names.map(
      (name, i) =>
        `${JSON.stringify(name)}:{"dtype":"U8","shape":[],"x":{"__proto__":{"y":1}},"data_offsets":[${i},${i + 1}]}`,
    );
    const file = fileOf(`{${entries.join(",")}}`, Uint8Array.from(names.keys()));
    const { tensors } = loadSafetensors(file);
    expect([...tensors.keys()]).toEqual(names);
    expect([...tensors.values()].map((t) => t.item())).toEqual([...names.keys()]);
  });
});

test("when there is no room for a later tensor, the earlier ones are freed", () => {
  scope(() => zeros([1])); // the instance is there
  const big = 5 << 20;
  const file = fileOf(
    { a: entry("U8", [16], 16), b: entry("F16", [big / 2], 16 + big, 16) },
    new Uint8Array(16 + big),
  );
  const { alloc } = kernels;
  vi.spyOn(kernels, "alloc").mockImplementation((bytes) => (bytes > 1 << 20 ? 0 : alloc(bytes)));
  const before = memory();
  expect(() => loadSafetensors(file)).toThrow(/^out of memory/);
  const after = memory();
  expect([after.tensors, after.bytes]).toEqual([before.tensors, before.bytes]);
});

test("what is refused for its last tensor allocates nothing", () => {
  scope(() => zeros([1]));
  const alloc = vi.spyOn(kernels, "alloc");
  const { peakBytes } = memory();
  const data = new Uint8Array((1 << 20) + 1);
  data[1 << 20] = 2;
  const file = fileOf(
    { a: entry("U8", [1 << 20], 1 << 20), z: entry("BOOL", [1], data.length, 1 << 20) },
    data,
  );
  refused(file, /tensor "z" to hold 0 and 1/);
  expect(alloc).not.toHaveBeenCalled();
  expect(memory().peakBytes).toBe(peakBytes);
});

test("every dtype and special names go out and come back, bit for bit", () => {
  level(() => {
    const floats = [0, -0, 1.5, NaN, Infinity, -Infinity, 1e-45, 3.4e38];
    const tensors = new Map<string, Tensor>([
      ["__proto__", tensor(floats)],
      ["constructor", tensor(Float64Array.from([...floats, 5e-324, Math.PI]))],
      ["", tensor([1, -1, 2 ** 31 - 1, -(2 ** 31)], [2, 2], { dtype: "int32" })],
      ['layers.0.权重 \u2028"\\\n\0\x7f', tensor([true, false, true])],
      ["😀", tensor(7)],
      ["empty", zeros([0])],
      ["empty too", zeros([3, 0, 2], { dtype: "bool" })],
      ["view", tensor([1, 2, 3, 4, 5, 6], [3, 2]).select(0, 1)],
    ]);
    const metadata = new Map([
      ["__proto__", "a"],
      ["constructor", "\ud83d\ude00"],
      ["", ""],
    ]);
    const file = saveSafetensors(tensors, metadata);
    const back = loadSafetensors(file);
    expect(back.metadata).toEqual(metadata);
    expect([...back.tensors.keys()].toSorted()).toEqual([...tensors.keys()].toSorted());
    for (const [name, t] of tensors) {
      const u = back.tensors.get(name)!;
      expect([u.dtype, u.shape]).toEqual([t.dtype, t.shape]);
      expect(new Uint8Array(u.data().buffer)).toEqual(new Uint8Array(t.data().buffer));
    }
    expect(saveSafetensors(back.tensors, back.metadata)).toEqual(file);
  });
});

test("what is saved: the largest dtype first, then by code point; padded; the same for any order", () => {
  level(() => {
    const named: [string, Tensor][] = [
      ["b", tensor([1])],
      ["a", tensor([1])],
      ["\uff5e", tensor([1])],
      ["😀", tensor([1])],
      ["i", tensor([1], { dtype: "int32" })],
      ["m", tensor([true])],
      ["d", tensor(Float64Array.of(1))],
    ];
    const metadata: [string, string][] = [
      ["z", "1"],
      ["a", "2"],
    ];
    const file = saveSafetensors(new Map(named), new Map(metadata));
    const other = saveSafetensors(new Map(named.toReversed()), new Map(metadata.toReversed()));
    expect(other).toEqual(file);
    const length = new DataView(file.buffer).getUint32(0, true);
    expect(length % 8).toBe(0);
    const header = new TextDecoder().decode(file.subarray(8, 8 + length));
    expect(header).toMatch(/^\{"__metadata__":\{"a":"2","z":"1"\},"d":.+\} *$/);
    const keys = Object.keys(JSON.parse(header) as object);
    expect(keys).toEqual(["__metadata__", "d", "a", "b", "\uff5e", "😀", "i", "m"]);
  });
});

test("what cannot be saved is refused before anything", () => {
  level(() => {
    const t = zeros([2]);
    const save = (tensors: unknown, metadata?: unknown) => (): unknown =>
      saveSafetensors(tensors as never, metadata as never);
    const named = (name: unknown, x: unknown = t) => new Map([[name, x]]);
    expect(save(named("__metadata__"))).toThrow(/__metadata__ is the format's own, no tensor's/);
    expect(save(named("__metadata__"))).toThrow(SafetensorsError);
    for (const lone of ["\ud800", "a\udc00", "\udc00\ud800"]) {
      expect(save(named(lone))).toThrow(/expected a name to be Unicode, got a lone surrogate in/);
      expect(save(named(lone))).toThrow(SafetensorsError);
      expect(save(new Map(), named("k", lone))).toThrow(/the metadata of "k" to be Unicode/);
      expect(save(new Map(), named(lone, "v"))).toThrow(/a key of the metadata to be Unicode/);
    }
    expect(save(named(3))).toThrow(/expected a name to be a string, got number/);
    expect(save(named("x", 3))).toThrow(/saveSafetensors: expected "x" to be a tensor, got number/);
    expect(save({ x: t })).toThrow(/expected tensors to be a Map, got object/);
    expect(save(undefined)).toThrow(/expected tensors to be a Map, got undefined/);
    expect(save(new Map(), { k: "v" })).toThrow(/expected metadata to be a Map, got object/);
    expect(save(new Map(), named("k", 3))).toThrow(
      /the metadata of "k" to be a string, got number/,
    );
    const gone = zeros([3]);
    gone.free();
    const freed = save(new Map([["kept", t], ["gone", gone]])); // prettier-ignore
    expect(freed).toThrow(/^saveSafetensors: "gone": this float32 tensor \[3\] was freed$/);
    expect(freed).toThrow(ReferenceError);
  });
});
