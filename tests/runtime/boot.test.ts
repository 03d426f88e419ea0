/** @file Where the kernels cannot be made, the error says why and what to do. */

import { afterEach, beforeEach, expect, test, vi } from "vitest";

beforeEach(() => void vi.resetModules());
afterEach(() => void vi.unstubAllGlobals());

/** The error of a fresh copy of the library whose engine is this. */
async function errorUnder(engine: object | undefined): Promise<Error> {
  const { zeros } = await import("../../ts/index.ts");
  vi.stubGlobal("WebAssembly", engine);
  try {
    zeros([1]);
  } catch (error) {
    return error as Error;
  }
  throw new Error("expected an error");
}

const { CompileError } = WebAssembly;
const refusing = (error: Error, validate: (bytes: BufferSource) => boolean): object => ({
  CompileError,
  validate,
  Module: function Module() {
    throw error;
  },
});

test("without WebAssembly", async () => {
  const { message } = await errorUnder(undefined);
  expect(message).toBe("unrolled: this runtime has no WebAssembly, or it is turned off");
});

test("without SIMD", async () => {
  const cause = new CompileError("invalid value type");
  const error = await errorUnder(refusing(cause, () => false));
  expect(error.message).toBe("unrolled: this runtime's WebAssembly has no SIMD");
  expect(error.cause).toBe(cause);
});

test("where compiling is forbidden", async () => {
  const cause = new CompileError("Wasm code generation disallowed by embedder");
  const error = await errorUnder(refusing(cause, WebAssembly.validate));
  expect(error.message).toContain("add 'wasm-unsafe-eval' to its script-src");
  expect(error.message).toContain('the condition "workerd" or "edge-light"');
  expect(error.cause).toBe(cause);
});

test("any other error comes as it is", async () => {
  const cause = new RangeError("could not allocate memory");
  expect(await errorUnder(refusing(cause, () => true))).toBe(cause);
});

test("after a failure the next use tries again", async () => {
  await errorUnder(undefined);
  vi.unstubAllGlobals();
  const { zeros } = await import("../../ts/index.ts");
  expect(zeros([1]).item()).toBe(0);
});
