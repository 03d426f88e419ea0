/** @file Shapes that are nearly right: refused with both shapes named, or, where they broadcast, computed right. */

import { expect, test } from "vitest";
import { scope, type Shape } from "../../ts/index.ts";
import { allCases, draw, nameOf, type OpCase, tensors } from "../support/cases.ts";
import { close, FLOAT64 } from "../support/tolerances.ts";

/** The shape with each size one more, one less and 0, with each axis missing, and with one more on either side. */
function* near(shape: Shape): Generator<Shape> {
  for (const [axis, size] of shape.entries()) {
    yield shape.with(axis, size + 1);
    if (size > 0) yield shape.with(axis, size - 1);
    if (size > 1) yield shape.with(axis, 0);
    yield shape.toSpliced(axis, 1);
  }
  for (const size of [1, 2]) {
    yield [size, ...shape];
    yield [...shape, size];
  }
}

/** Whether it was refused; fails on a wrong result, and on an error without words. */
function refuses(row: OpCase, shapes: readonly Shape[]): boolean {
  const what = JSON.stringify(shapes);
  return scope(() => {
    const xs = tensors(draw(row, shapes), "float64");
    let y;
    try {
      y = row.f(...xs);
    } catch (error) {
      const typed = error instanceof RangeError || error instanceof TypeError;
      if (!typed) throw new Error(`${what}: ${String(error)}`, { cause: error });
      expect(error.message, what).toMatch(/: (expected|int32 holds) .*, got .*/s);
      return true;
    }
    const want = row.oracle(...draw(row, shapes));
    expect(y.shape, what).toEqual(want.shape);
    const values = y.data();
    const wrong = want.data.findIndex((w, i) => !close(values[i]!, w, FLOAT64));
    if (wrong >= 0)
      expect.fail(`${what}: expected ${want.data[wrong]} at ${wrong}, got ${values[wrong]}`);
    return false;
  });
}

// Its oracle knows one shape.
const NARROW = /^scatterAdd/;
const rows = (await allCases()).filter(
  (row) => row.shapes[0]!.length > 1 && !NARROW.test(nameOf(row)),
);
test.each(rows.map((row) => [nameOf(row), row] as const))("%s", (_, row) => {
  const example = row.shapes.find((shapes) => shapes.every((s) => s.length > 0)) ?? row.shapes[0]!;
  let refused = 0;
  example.forEach((shape, i) => {
    for (const other of near(shape)) if (refuses(row, example.with(i, other))) refused++;
  });
  expect(refused).toBeGreaterThan(0);
});
