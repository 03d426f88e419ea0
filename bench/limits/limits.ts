/** @file What the machine can do, measured beside each piece of work: see limits.wat. */

import { readFileSync } from "node:fs";

interface Exports {
  memory: WebAssembly.Memory;
  multiply_add(n: number): number;
  multiply_in_l1(a: number, b: number, k: number, n: number): number;
  read(from: number, bytes: number): number;
  copy(from: number, to: number, bytes: number): void;
}

/** Something that takes a time, and how much it does: floating-point operations, or bytes read and written. */
export interface Limit {
  run: () => void;
  amount: number;
}

let instance: Exports | undefined;

function wasm(): Exports {
  if (instance) return instance;
  const file = new URL("limits.wasm", import.meta.url); // beside the bundle, in build/bench
  const { exports } = new WebAssembly.Instance(new WebAssembly.Module(readFileSync(file)));
  instance = exports as unknown as Exports;
  new Float32Array(instance.memory.buffer).fill(0.5);
  return instance;
}

const whole = (bytes: number): number => Math.ceil(bytes / 128) * 128;

/** Multiplications and additions on nothing but registers. */
export function multiplyAdd(): Limit {
  const n = 20_000;
  const { multiply_add } = wasm();
  return { run: () => multiply_add(n), amount: n * 13 * 8 };
}

/** The fastest product that reads its operands from the first cache. */
export function multiplyInL1(): Limit {
  const [k, n] = [256, 100];
  const { multiply_in_l1 } = wasm();
  return { run: () => multiply_in_l1(0, 4096, k, n), amount: n * k * 64 };
}

/** Reading so many bytes, again and again. */
export function read(bytes: number): Limit {
  const { read } = wasm();
  return { run: () => read(0, whole(bytes)), amount: whole(bytes) };
}

/** Copying within so many bytes: one half to the other. */
export function copy(bytes: number): Limit {
  const half = whole(bytes / 2);
  const { copy } = wasm();
  return { run: () => copy(0, half, half), amount: 2 * half };
}
