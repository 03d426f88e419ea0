/** @file Tensors for tests, and the promises that every test of them makes. */

import { afterEach, beforeEach, expect } from "vitest";
import {
  type DType,
  manualSeed,
  memory,
  scope,
  type Shape,
  tensor,
  type Tensor,
} from "../../ts/index.ts";
import { random, sizeOf } from "./nd.ts";

let made = 0;

/** A tensor of the shape, with some values. Wrong uses in the case table make their inputs by this. */
export function given(shape: Shape, dtype: DType = "float32"): Tensor {
  made++;
  const values = random(sizeOf(shape), made, [-2, 2]);
  const whole = dtype === "int32" || dtype === "bool";
  return tensor(whole ? values.map((v) => (v > 0 ? 1 : 0)) : values, shape, { dtype });
}

/** Expects that `f` throws a typed error, and that it made no tensor but those that it was `given`. */
export function expectRefusal(f: () => unknown, message: RegExp): void {
  const before = memory().tensors;
  scope(() => {
    made = 0;
    let error: unknown;
    try {
      f();
    } catch (e) {
      error = e;
    }
    expect(error, "nothing was thrown").toBeDefined();
    expect((error as Error).message).toMatch(message);
    expect(
      [RangeError, TypeError, ReferenceError, Error].map((E) => E.name),
      "an error of a known type",
    ).toContain((error as Error).name);
    expect((error as Error).message).not.toMatch(/^internal|unreachable|undefined \(/);
    expect(memory().tensors - before, "tensors made before the error").toBe(made);
  });
  expect(memory().tensors).toBe(before);
}

/** Runs `f` in a scope and expects memory to come back to where it was. */
export function level<R>(f: () => R): R {
  const before = memory();
  const result = scope(f);
  const after = memory();
  expect({ tensors: after.tensors, bytes: after.bytes }).toEqual({
    tensors: before.tensors,
    bytes: before.bytes,
  });
  return result;
}

/** Seeds the generator before each test of the file, and expects that the test leaves no tensor behind. */
export function seedAndLevelEach(seed: number): void {
  let before: number;
  beforeEach(() => {
    before = memory().tensors;
    manualSeed(seed);
  });
  afterEach(() => expect(memory().tensors).toBe(before));
}
