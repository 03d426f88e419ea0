import { expect, test, vi } from "vitest";
import {
  arange,
  concat,
  eye,
  full,
  Generator,
  gradcheck,
  gradgradcheck,
  manualSeed,
  memory,
  mul,
  noGrad,
  ones,
  randn,
  sign,
  sin,
  sum,
  tanh,
  tensor,
  type Tensor,
  zeros,
} from "../../ts/index.ts";
import { record } from "../../ts/core/autograd.ts";
import { level } from "../support/given.ts";

test("values come back as they went in, in every dtype", () => {
  level(() => {
    expect(
      tensor([
        [1, 2],
        [3, 4.5],
      ]).toArray(),
    ).toEqual([
      [1, 2],
      [3, 4.5],
    ]);
    expect(tensor([true, false]).toArray()).toEqual([true, false]);
    expect(tensor([1, -2], { dtype: "int32" }).data()).toEqual(Int32Array.of(1, -2));
    expect(tensor(Float64Array.of(0.1)).item()).toBe(0.1);
    expect(tensor(0.1).item()).toBe(Math.fround(0.1));
    expect(tensor([NaN, Infinity, -0, 1e-45]).data()).toEqual(
      Float32Array.of(NaN, Infinity, -0, 1e-45),
    );
    expect([tensor(5).shape, tensor([]).shape, tensor([[], []]).shape]).toEqual([[], [0], [2, 0]]);
    expect(tensor(new Float32Array(6), [2, 3]).shape).toEqual([2, 3]);
  });
});

test("data is a copy", () => {
  level(() => {
    const t = zeros([2]);
    t.data()[0] = 7;
    expect(t.toArray()).toEqual([0, 0]);
    const values = Float32Array.of(1, 2);
    const u = tensor(values);
    values[0] = 9;
    expect(u.toArray()).toEqual([1, 2]);
  });
});

test("data taken before memory grows can be read after", () => {
  level(() => {
    const t = tensor([1, 2, 3]);
    const data = t.data();
    const before = memory().wasmBytes;
    const large = zeros([2 ** 24]);
    expect(memory().wasmBytes).toBeGreaterThan(before);
    large.free();
    expect([...data]).toEqual([1, 2, 3]);
    expect(t.toArray()).toEqual([1, 2, 3]);
  });
});

test("wrong values are refused", () => {
  level(() => {
    const before = memory().tensors;
    for (const wrong of [
      () => tensor([[1], [2, 3]]),
      () => tensor([1, [2]] as never),
      () => tensor([[1], 2] as never),
      () => tensor("1" as never),
      () => tensor([1, null] as never),
      () => tensor([1, undefined] as never),
      () => tensor([1n] as never),
      () => tensor([1, 2], [3]),
      () => tensor([1, 2], [-2]),
      () => tensor([1.5], { dtype: "int32" }),
      () => tensor([2 ** 31], { dtype: "int32" }),
      () => tensor([NaN], { dtype: "int32" }),
      () => tensor([2], { dtype: "bool" }),
      () => tensor([1], { dtype: "float16" as never }),
      () => tensor([1], { dtype: "__proto__" as never }),
      () => tensor(new BigInt64Array(2) as never),
      () => full([2], "1" as never),
      () => full([2], 0.5, { dtype: "int32" }),
      () => ones("2" as never),
      () => arange(0, 5, 0),
      () => arange(0, 5, -1),
      () => arange(NaN),
      () => arange(Infinity),
      () => eye(-1),
      () => eye(2, 1.5),
    ]) {
      expect(wrong, String(wrong)).toThrow(/: (expected|\w+ holds)/);
    }
    expect(memory().tensors).toBe(before);
  });
});

test("what lost its memory, or contains itself, is refused", () => {
  const detached = new Float32Array(6);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  const ring: unknown[] = [];
  ring.push(ring);
  const before = memory().tensors;
  expect(() => tensor(detached)).toThrow(/got an array whose buffer was detached or cut/);
  expect(() => tensor(detached, [0])).toThrow(TypeError);
  expect(() => tensor(ring as never)).toThrow(/expected the arrays to be at most 64 deep/);
  expect(memory().tensors).toBe(before);
});

test("arguments are read once", () => {
  level(() => {
    let reads = 0;
    /** Gives each answer once, and 99 ever after. */
    const once = (answers: number[]): number[] => {
      const list = [...answers];
      answers.forEach((answer, i) => {
        let fresh = true;
        const get = (): number => {
          reads++;
          const value = fresh ? answer : 99;
          fresh = false;
          return value;
        };
        Object.defineProperty(list, i, { get, enumerable: true });
      });
      return list;
    };
    expect(zeros(once([2, 3])).shape).toEqual([2, 3]);
    expect(reads).toBe(2);
    reads = 0;
    expect(tensor(once([5, 6])).toArray()).toEqual([5, 6]);
    expect(reads).toBe(2);
    const [a, b] = [zeros([2]), zeros([3])];
    let asked = 0;
    const list = Object.defineProperty([a, a], 1, { get: () => (asked++ === 0 ? a : b) });
    expect(concat(list).shape).toEqual([4]);
    expect(zeros(new Proxy([2, 3], {})).shape).toEqual([2, 3]);
  });
});

test("item wants exactly one element", () => {
  level(() => {
    expect(() => zeros([2]).item()).toThrow(/item: expected a tensor with one element, got \[2\]/);
    expect(() => zeros([0]).item()).toThrow(RangeError);
  });
});

test("a tensor of another copy of the library is refused by name", async () => {
  const mine = zeros([2]);
  vi.resetModules();
  const other = await import("../../ts/index.ts");
  const theirs = other.zeros([2]);
  expect(other.Tensor).not.toBe(mine.constructor);
  const before = memory().tensors;
  for (const wrong of [
    () => mine.add(theirs as never),
    () => sum(theirs as never),
    () => sin(theirs as never),
  ]) {
    expect(wrong).toThrow(
      /is a tensor of another copy of the library: unrolled .*; this one is unrolled .*install or bundle only one/,
    );
  }
  expect(memory().tensors).toBe(before);
  theirs.free();
  mine.free();
});

test("manualSeed starts the same numbers over", () => {
  level(() => {
    const draw = (): number[] => [...randn([5]).data()];
    manualSeed(1);
    const [first, second] = [draw(), draw()];
    manualSeed(1);
    expect([draw(), draw()]).toEqual([first, second]);
    expect(second).not.toEqual(first);
    manualSeed(2);
    expect(draw()).not.toEqual(first);
    for (const wrong of [-1, 0.5, NaN, 2 ** 53, "1"]) {
      expect(() => manualSeed(wrong as number)).toThrow(
        /manualSeed: expected seed to be an integer/,
      );
    }
  });
});

test("a generator's state goes on from where it was", () => {
  level(() => {
    const generator = new Generator(7);
    randn([3], { generator });
    const state = generator.state();
    const want = [...randn([4], { generator }).data()];
    const resumed = new Generator().setState(JSON.parse(JSON.stringify(state)));
    expect([...randn([4], { generator: resumed }).data()]).toEqual(want);
    expect(() => resumed.setState({ seed: 1, counter: -1 })).toThrow(RangeError);
    expect(resumed.state().seed, "a refused state changes nothing").toBe(7);
  });
});

const leaf = (...values: number[]): Tensor =>
  tensor(values, { dtype: "float64", requiresGrad: true });

test("gradcheck passes right gradients, and gradgradcheck right second ones", () => {
  level(() => {
    const [x, w] = [leaf(0.3, -0.7), leaf(1.5, 0.2)];
    expect(gradcheck((x, w) => [mul(sin(x), w), tanh(w)], [x, w])).toBe(true);
    expect(gradgradcheck((x, w) => [mul(sin(x), w), tanh(w)], [x, w])).toBe(true);
    expect([...x.data()], "inputs are as they were").toEqual([0.3, -0.7]);
    expect([x.grad, w.grad]).toEqual([undefined, undefined]);
  });
});

/** 3 x, with a wrong gradient; or with a right one that has a wrong gradient. */
const wrong = (x: Tensor): Tensor => {
  const y = noGrad(() => mul(x, 3));
  return record("wrong", y, [x], [(dy) => mul(dy, 2)]);
};
const wrongLater = (x: Tensor): Tensor => {
  const y = noGrad(() => mul(x, x));
  return record("later", y, [x], [(dy) => mul(dy, mul(x.detach(), 2))]);
};

test("gradcheck says where a gradient is wrong, and both numbers", () => {
  level(() => {
    const [x, w] = [leaf(1, 2), leaf(1, 2)];
    expect(() => gradcheck((x, w) => [mul(x, 2), mul(wrong(w), 1)], [x, w])).toThrow(
      /^gradcheck: input 1, element 0; output 1, element 0: expected (3|2\.99999)\d*(\.\d+)? by finite differences, got 2$/,
    );
    expect(gradcheck(wrongLater, [x])).toBe(true);
    expect(() => gradgradcheck(wrongLater, [x])).toThrow(
      /^gradgradcheck: input 0, element 0; output 0/,
    );
  });
});

test("gradcheck refuses what it cannot check", () => {
  level(() => {
    expect(() => gradcheck(sin, [tensor([1], { requiresGrad: true })])).toThrow(
      /gradcheck: expected float64, which finite differences need, got float32 tensor \[1\]/,
    );
    expect(() => gradcheck(sin, [tensor([1], { dtype: "float64" })])).toThrow(
      /an input that requires a gradient, got none/,
    );
    expect(() => gradcheck((x) => x.detach(), [leaf(1)])).toThrow(
      /an output that requires a gradient, got none/,
    );
    expect(() => gradcheck(sin, [1 as never])).toThrow(/expected each input to be a tensor/);
    expect(gradcheck(sign, [leaf(1)])).toBe(true);
  });
});

test("gradcheck gives inputs back as they were when the function throws", () => {
  level(() => {
    const x = leaf(1, 2);
    let calls = 0;
    const fails = (x: Tensor): Tensor => {
      if (++calls === 3) throw new Error("inside");
      return sin(x);
    };
    expect(() => gradcheck(fails, [x])).toThrow("inside");
    expect([...x.data()]).toEqual([1, 2]);
  });
});
