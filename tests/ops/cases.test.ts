/** @file What every op promises, shown for every row of the case table. */

import { describe, expect, test } from "vitest";
import {
  type FloatDType,
  grad,
  gradcheck,
  gradgradcheck,
  select,
  type Shape,
  stack,
  sum,
  tensor,
  type Tensor,
} from "../../ts/index.ts";
import { allCases, nameOf, type Nd, type OpCase } from "../support/cases.ts";
import { draw } from "../support/draw.ts";
import { expectRefusal, level } from "../support/given.ts";
import { close, FLOAT32, FLOAT32_GRADIENT, FLOAT64 } from "../support/tolerances.ts";

/** Everything from 0 to twice the widest vector, and the edges of unrolled loops. */
const WIDTHS = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65];

const tensors = (xs: readonly Nd[], dtype: FloatDType, requiresGrad = false): Tensor[] =>
  xs.map(({ shape, data }) => tensor(data, shape, { dtype, requiresGrad }));

function expectClose(got: Tensor, want: Nd, tolerance: number, what: string): void {
  expect(got.shape, what).toEqual(want.shape);
  const values = got.data();
  want.data.forEach((w, i) => {
    if (!close(values[i]!, w, tolerance)) {
      expect.fail(`${what}, element ${i}: expected ${w}, got ${values[i]}`);
    }
  });
}

function sweepOf({ sweep, shapes }: OpCase): ((n: number) => readonly Shape[]) | undefined {
  if (sweep) return sweep;
  const [first] = shapes;
  const shape = first?.[0];
  if (!shape || shape.length === 0) return undefined;
  const alike = first.every((s) => s.length === shape.length && s.every((d, i) => d === shape[i]));
  return alike ? (n) => first.map((s) => [...s.slice(0, -1), n]) : undefined;
}

describe.each((await allCases()).map((row) => [nameOf(row), row] as const))("%s", (_, row) => {
  const { f, oracle, shapes, errors, tolerance = FLOAT32, differentiable = true } = row;
  const examples = shapes.map((list) => draw(row, list));

  test("agrees with its oracle", () => {
    for (const xs of examples) {
      const what = JSON.stringify(xs.map((x) => x.shape));
      level(() => {
        expectClose(f(...tensors(xs, "float64")), oracle(...xs), FLOAT64, `float64 ${what}`);
        expectClose(f(...tensors(xs, "float32")), oracle(...xs), tolerance, `float32 ${what}`);
      });
    }
  });

  const sweep = sweepOf(row);
  if (sweep)
    test("agrees with its oracle at every width around the vectors'", () => {
      for (const n of WIDTHS) {
        const xs = draw(row, sweep!(n));
        level(() => {
          expectClose(f(...tensors(xs, "float64")), oracle(...xs), FLOAT64, `float64, n = ${n}`);
          expectClose(f(...tensors(xs, "float32")), oracle(...xs), tolerance, `float32, n = ${n}`);
        });
      }
    });

  test("leaves its inputs alone, and reads views as it reads tensors of their own", () => {
    const xs = examples[0]!;
    level(() => {
      const own = tensors(xs, "float32");
      const views = own.map((x) => select(stack([x, x, x]), 0, 1));
      const y = f(...own);
      own.forEach((x, i) => expect([...x.data()]).toEqual(xs[i]!.data));
      expect(f(...views).data()).toEqual(y.data());
    });
  });

  test("leaves nothing behind but its result", () => {
    level(() => {
      const xs = tensors(examples[0]!, "float32", differentiable !== false);
      level(() => void f(...xs));
      if (differentiable !== false) {
        sum(f(...xs)).backward();
        for (const x of xs) x.grad?.free();
      }
    });
  });

  test("refuses freed inputs", () => {
    examples[0]!.forEach((_, i) => {
      level(() => {
        const xs = tensors(examples[0]!, "float32");
        xs[i]!.free();
        expect(() => f(...xs)).toThrow(/this float32 tensor \[.*\] was freed/);
      });
    });
  });

  if (errors.length > 0)
    test("refuses wrong uses, in words, before it allocates", () => {
      for (const [wrong, message] of errors) expectRefusal(wrong, message);
    });

  if (differentiable === false) {
    test("gives no gradient", () => {
      level(() => expect(f(...tensors(examples[0]!, "float64", true)).requiresGrad).toBe(false));
    });
    return;
  }

  test("agrees with finite differences", () => {
    for (const xs of examples) {
      if (xs.some((x) => x.data.length > 60)) continue;
      level(() => {
        gradcheck(f, tensors(xs, "float64", true));
        if (differentiable === true) gradgradcheck(f, tensors(xs, "float64", true));
      });
    }
  });

  test("has the same gradient in float32 as in float64", () => {
    for (const xs of examples) {
      level(() => {
        const [single, double] = (["float32", "float64"] as const).map((dtype) => {
          const inputs = tensors(xs, dtype, true);
          return grad(sum(f(...inputs)), inputs, { allowUnused: true });
        }) as [(Tensor | undefined)[], (Tensor | undefined)[]];
        double.forEach((dx, i) => {
          if (!dx) return expect(single[i]).toBe(undefined);
          const want = { shape: dx.shape, data: [...dx.data()] };
          expectClose(
            single[i]!,
            want,
            10 * Math.max(tolerance, FLOAT32_GRADIENT / 10),
            `input ${i}`,
          );
        });
      });
    }
  });

  const twice = examples.find(
    ([a, b]) => a && b && String(a.shape) === String(b.shape) && a.data.length > 0,
  );
  if (twice)
    test("takes one tensor twice as it takes two that are equal", () => {
      const [a, , ...rest] = twice!;
      level(() => {
        const [x, y, ...others] = tensors([a!, a!, ...rest], "float64", true) as [Tensor, Tensor];
        const both = f(x, x, ...others);
        expect(both.data()).toEqual(f(x, y, ...others).data());
        const [dx] = grad(sum(both), [x]);
        const parts = grad(sum(f(x, y, ...others)), [x, y], { allowUnused: true });
        dx!.data().forEach((d, i) => {
          const want = parts.reduce((total, part) => total + (part ? part.data()[i]! : 0), 0);
          expect(close(d, want, FLOAT64)).toBe(true);
        });
      });
    });
});
