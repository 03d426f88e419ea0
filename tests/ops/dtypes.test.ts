/** @file What moves elements moves them in every dtype; what converts them says what it cannot hold. */

import { describe, expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { level } from "../support/given.ts";

const DTYPES: u.DType[] = ["float32", "float64", "int32", "bool"];

/** Elements whose bits would show if int32 were read as a number on the way. */
function some(shape: u.Shape, dtype: u.DType): u.Tensor {
  const n = shape.reduce((p, d) => p * d, 1);
  const values = Array.from({ length: n }, (_, i) =>
    dtype === "bool"
      ? Number(i % 3 === 0)
      : dtype === "int32"
        ? [0x7f800001, -4194303, -(2 ** 31), i][i % 4]!
        : i,
  );
  return u.tensor(values, shape, { dtype });
}

const ids = (...values: number[]): u.Tensor => u.tensor(values, { dtype: "int32" });

describe.each(DTYPES)("%s", (dtype) => {
  const moves: Record<string, (x: u.Tensor) => u.Tensor> = {
    reshape: (x) => x.reshape([-1]),
    flatten: (x) => x.flatten(1),
    squeeze: (x) => x.unsqueeze(0).squeeze(),
    transpose: (x) => x.transpose(0, 2),
    permute: (x) => x.permute([1, 2, 0]),
    "slice of the first axis": (x) => x.slice(0, 1, 2),
    "slice inside": (x) => x.slice(1, 0, 3, 2),
    "slice backwards": (x) => x.slice(2, undefined, undefined, -1),
    select: (x) => x.select(1, 1),
    flip: (x) => x.flip([0, 2]),
    split: (x) => x.split(2, 1)[1]!,
    unbind: (x) => x.unbind(2)[1]!,
    concat: (x) => u.concat([x, x], 1),
    stack: (x) => u.stack([x, x], -1),
    pad: (x) => u.pad(x, [1, 0], { value: 1 }),
    broadcastTo: (x) => u.broadcastTo(x.slice(0, 0, 1), [2, 3, 4]),
    tril: (x) => u.tril(x),
    triu: (x) => u.triu(x, 1),
    indexSelect: (x) => u.indexSelect(x, 1, ids(2, 0)),
    gather: (x) => u.gather(x.reshape([24]), 0, ids(23, 0, 7)),
    where: (x) => u.where(u.tensor([true, false, true, false]), x, x.slice(0, 0, 1)),
  };
  test.each(Object.entries(moves))("%s", (_, f) => {
    level(() => {
      const x = some([2, 3, 4], dtype);
      const y = f(x);
      // the same moves on the places of the elements say what should have come
      const places = f(u.arange(24, { dtype: "float64" }).reshape([2, 3, 4]).add(100));
      const from = x.data();
      const want = [...places.data()].map((p) => (p < 100 ? p : from[p - 100]!));
      expect(y.dtype).toBe(dtype);
      expect(y.shape).toEqual(places.shape);
      expect([...y.data()]).toEqual(want);
    });
  });

  test("comparisons", () => {
    level(() => {
      const x = u.tensor([0, 1, 1], { dtype });
      const y = u.tensor([1, 1, 0], { dtype });
      expect(x.eq(y).toArray()).toEqual([false, true, false]);
      expect(x.ne(y).toArray()).toEqual([true, false, true]);
      expect(x.lt(y).toArray()).toEqual([true, false, false]);
      expect(x.ge(1).toArray()).toEqual([false, true, true]);
      expect(u.gt(1, x).toArray()).toEqual([true, false, false]);
    });
  });

  test("choices between numbers and tensors", () => {
    level(() => {
      const c = u.tensor([true, false]);
      expect(u.where(c, u.tensor([0, 0], { dtype }), 1).data()).toEqual(
        u.tensor([0, 1], { dtype }).data(),
      );
      expect(u.where(c, 1, u.tensor([0], { dtype })).data()).toEqual(
        u.tensor([1, 0], { dtype }).data(),
      );
    });
  });

  test.each(DTYPES)("to %s", (target) => {
    level(() => {
      const x = u.tensor([0, 1, 1, 0], [2, 2], { dtype });
      const y = x.to(target);
      expect([y.dtype, y.shape]).toEqual([target, [2, 2]]);
      expect([...y.data()]).toEqual([0, 1, 1, 0]);
      expect(y === x).toBe(target === dtype);
    });
  });
});

describe("comparisons of int32", () => {
  test("are exact where float32 is not", () => {
    level(() => {
      const x = ids(2 ** 24, 2 ** 31 - 1, -(2 ** 31));
      expect(x.eq(ids(2 ** 24 + 1, 2 ** 31 - 2, 0)).toArray()).toEqual([false, false, false]);
      expect(x.lt(2 ** 31 - 1).toArray()).toEqual([true, false, true]);
      expect(x.eq(-(2 ** 31)).toArray()).toEqual([false, false, true]);
    });
  });
});

describe("conversion", () => {
  test("to int32 cuts off fractions", () => {
    level(() => {
      for (const dtype of ["float32", "float64"] as const) {
        const x = u.tensor([1.9, -1.9, 0.5, -0.5, -(2 ** 31)], { dtype });
        expect(x.to("int32").toArray().toString()).toBe("1,-1,0,0,-2147483648");
      }
    });
  });

  test("to int32 refuses what does not fit", () => {
    level(() => {
      for (const v of [NaN, Infinity, -Infinity, 2 ** 31, -(2 ** 31) - 4096]) {
        const x = u.tensor([1, v]);
        const before = u.memory().tensors;
        expect(() => x.to("int32")).toThrow(
          /to: int32 holds integers from -2147483648 to 2147483647, got/,
        );
        expect(u.memory().tensors).toBe(before);
      }
    });
  });

  test("to bool is false for 0 alone", () => {
    level(() => {
      expect(u.tensor([0, -0, 1e-45, NaN, -3]).to("bool").toArray()).toEqual([
        false,
        false,
        true,
        true,
        true,
      ]);
      expect(ids(0, -1).to("bool").toArray()).toEqual([false, true]);
    });
  });

  test("to float32 rounds to nearest even", () => {
    level(() => {
      const values = [0.1, 1 + 2 ** -24, 1 + 3 * 2 ** -24, 1e40, 1e-46];
      const x = u.tensor(values, { dtype: "float64" });
      expect([...x.to("float32").data()]).toEqual(values.map(Math.fround));
      expect(x.to("float32").to("float64").item === undefined).toBe(false);
      expect([
        ...ids(2 ** 24 + 1)
          .to("float32")
          .data(),
      ]).toEqual([2 ** 24]);
    });
  });

  test("between floats lets gradients through, each in its dtype", () => {
    level(() => {
      const x = u.tensor([1, 2], { requiresGrad: true });
      u.sum(x.to("float64").mul(0.1)).backward();
      expect(x.grad!.dtype).toBe("float32");
      expect([...x.grad!.data()]).toEqual([0.1, 0.1].map(Math.fround));
      expect(x.to("int32").requiresGrad).toBe(false);
      expect(x.to("bool").requiresGrad).toBe(false);
    });
  });
});

describe("arithmetic", () => {
  test("wants floats of one dtype, and says how to get there", () => {
    level(() => {
      expect(() => ids(1).add(1)).toThrow(
        /add: expected a to be float32 or float64, got int32 tensor \[1\]/,
      );
      expect(() => u.zeros([1]).add(u.zeros([1], { dtype: "float64" }))).toThrow(
        /convert one with \.to\(\.\.\.\)/,
      );
    });
  });
});
