import { Generator } from "unrolled";
import { expect, test } from "vitest";
import { ADDING_BASELINE, addingProblem, copyMemory, copyMemoryBaseline } from "../../ts/theory/index.ts"; // prettier-ignore

test("the adding problem marks one number in each half and asks for their sum", () => {
  for (const length of [2, 7, 50]) {
    const { x, y } = addingProblem({ length, batch: 64, generator: new Generator(1) });
    expect(x.shape).toEqual([length, 64, 2]);
    expect(y.shape).toEqual([64, 1]);
    const [steps, sums] = [x.toArray() as number[][][], y.toArray() as number[][]];
    for (let b = 0; b < 64; b++) {
      const marked = steps.flatMap((row, t) => (row[b]![1] === 1 ? [t] : []));
      expect(marked).toHaveLength(2);
      expect(marked[0]! < Math.floor(length / 2) && marked[1]! >= Math.floor(length / 2)).toBe(
        true,
      );
      expect(sums[b]![0]).toBeCloseTo(steps[marked[0]!]![b]![0]! + steps[marked[1]!]![b]![0]!, 6);
    }
  }
});

test("saying 1 to the adding problem costs a sixth", () => {
  const { y } = addingProblem({ length: 20, batch: 20_000, generator: new Generator(2) });
  const error = (y.data() as Float32Array).reduce((s, v) => s + (v - 1) ** 2, 0) / 20_000;
  expect(Math.abs(error - ADDING_BASELINE)).toBeLessThan(0.005);
});

test("copy memory: symbols, blanks, a delimiter, and the symbols again at the end", () => {
  for (const delay of [1, 20]) {
    const { input, target } = copyMemory({ delay, batch: 3, generator: new Generator(3) });
    expect(input.shape).toEqual([delay + 20, 3]);
    expect(target.shape).toEqual([delay + 20, 3]);
    for (let b = 0; b < 3; b++) {
      const column = (t: typeof input): number[] =>
        (t.toArray() as number[][]).map((row) => row[b]!);
      const [read, wanted] = [column(input), column(target)];
      const symbols = read.slice(0, 10);
      expect(symbols.every((s) => s >= 1 && s <= 8)).toBe(true);
      expect(read.slice(10)).toEqual([...zeros(delay - 1), 9, ...zeros(10)]);
      expect(wanted).toEqual([...zeros(delay + 10), ...symbols]);
    }
  }
});

const zeros = (n: number): number[] => Array<number>(n).fill(0);

test("without memory copying costs 10 ln 8 / (T + 20)", () => {
  expect(copyMemoryBaseline(20)).toBeCloseTo(0.51986, 5);
  expect(copyMemoryBaseline(50)).toBeCloseTo(0.29706, 5);
  expect(copyMemoryBaseline(100)).toBeCloseTo(0.17329, 5);
});

test("equal seeds give equal tasks; impossible sizes are told", () => {
  const make = () =>
    copyMemory({ delay: 5, batch: 2, generator: new Generator(7) }).input.toArray();
  expect(make()).toEqual(make());
  expect(() => addingProblem({ length: 1, batch: 1 })).toThrow("a length of at least 2, got 1");
  expect(() => copyMemory({ delay: 0, batch: 1 })).toThrow("a delay of at least 1, got 0");
});
