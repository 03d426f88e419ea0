import { describe, expect, test } from "vitest";
import {
  DataLoader,
  type DataLoaderOptions,
  Generator,
  manualSeed,
  padCollate,
  rand,
  scope,
  tensor,
  type Tensor,
  zeros,
} from "../../ts/index.ts";
import { level } from "../support/given.ts";

const numbers = (n: number): number[] => Array.from({ length: n }, (_, i) => i);
const plain = { collate: (samples: number[]) => samples };
type Options = DataLoaderOptions<number, number[]>;
const loaderOf = (n: number, options: Options): DataLoader<number, number[]> =>
  new DataLoader(numbers(n), { ...plain, ...options });

test.each([
  [7, { batchSize: 3 }, [[0, 1, 2], [3, 4, 5], [6]]],
  [
    7,
    { batchSize: 3, dropLast: true },
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ],
  [
    6,
    { batchSize: 3, dropLast: true },
    [
      [0, 1, 2],
      [3, 4, 5],
    ],
  ],
  [2, { batchSize: 3, dropLast: true }, []],
  [2, {}, [[0], [1]]],
  [0, { batchSize: 3 }, []],
  [5, { batchSize: 2, sampler: [4, 4, 0] }, [[4, 4], [0]]],
])("%i samples with %o", (n, options, want) => {
  const loader = loaderOf(n, options);
  expect([...loader]).toEqual(want);
  expect(loader.length).toBe(want.length);
  expect([...loader]).toEqual(want);
});

test("shuffled epochs have every sample once, differ, and follow the seed", () => {
  level(() => {
    const epochs = (seed: number): number[][] => {
      const loader = loaderOf(50, { batchSize: 8, shuffle: true, generator: new Generator(seed) });
      return [[...loader].flat(), [...loader].flat()];
    };
    const [first, second] = epochs(1);
    expect(first!.toSorted((a, b) => a - b)).toEqual(numbers(50));
    expect(second).not.toEqual(first);
    expect(epochs(1)).toEqual([first, second]);
    expect(epochs(2)[0]).not.toEqual(first);
    manualSeed(1);
    expect([...loaderOf(50, { shuffle: true })].flat()).toEqual(first);
  });
});

describe.each<[string, Options]>([
  ["shuffled", { batchSize: 3, shuffle: true }],
  ["shuffled, dropLast", { batchSize: 3, shuffle: true, dropLast: true }],
  ["in order", { batchSize: 4 }],
  ["sampled", { batchSize: 2, sampler: [3, 1, 4, 1, 5, 9, 2, 6] }],
])("%s", (_, options) => {
  test("a new loader goes on at every position, and with the same epochs after", () => {
    const straight: number[][] = [];
    const generator = new Generator(3);
    const loader = loaderOf(10, { ...options, generator });
    for (let epoch = 0; epoch < 3; epoch++) for (const batch of loader) straight.push(batch);
    for (let cut = 0; cut < straight.length; cut++) {
      const seen: number[][] = [];
      let state: string | undefined;
      const first = loaderOf(10, { ...options, generator: new Generator(3) });
      let epoch = 0;
      for (; epoch < 3 && state === undefined; epoch++) {
        for (const batch of first) {
          seen.push(batch);
          if (seen.length <= cut) continue;
          state = JSON.stringify(first.stateDict());
          break;
        }
      }
      const second = loaderOf(10, { ...options, generator: new Generator(99) });
      second.loadStateDict(JSON.parse(state!) as ReturnType<typeof first.stateDict>);
      for (epoch--; epoch < 3; epoch++) for (const batch of second) seen.push(batch);
      expect(seen, `cut at ${cut}`).toEqual(straight);
    }
  });
});

test("what else draws from the generator during an epoch is not drawn again", () => {
  scope(() => {
    const run = (cut?: number): number[] => {
      const seen: number[] = [];
      let generator = new Generator(5);
      let loader = loaderOf(6, { shuffle: true, generator });
      let state: ReturnType<typeof loader.stateDict> | undefined;
      const epoch = (): boolean => {
        for (const [sample] of loader) {
          seen.push(sample!, rand([1], { generator }).item());
          if (seen.length / 2 !== cut || state) continue;
          state = loader.stateDict();
          return false;
        }
        return true;
      };
      for (let k = 0; k < 2; k++) {
        if (epoch()) continue;
        generator = new Generator(0);
        loader = loaderOf(6, { shuffle: true, generator });
        loader.loadStateDict(state!);
        epoch();
      }
      return seen;
    };
    expect(run(4)).toEqual(run());
    expect(run(9)).toEqual(run());
  });
});

describe("batches", () => {
  test("of tensors, numbers, booleans, strings, tuples and objects", () => {
    scope(() => {
      const sample = (i: number) => ({
        x: tensor([i, i + 1]),
        y: tensor(i, { dtype: "int32" }),
        pair: [i / 2, i > 0] as [number, boolean],
        typed: Float64Array.of(i, -i),
        name: `sample ${i}`,
      });
      const [batch] = new DataLoader([sample(0), sample(1)], { batchSize: 2 });
      expect(batch!.x.toArray()).toEqual([
        [0, 1],
        [1, 2],
      ]);
      expect([batch!.y.dtype, batch!.y.toArray()]).toEqual(["int32", [0, 1]]);
      expect([batch!.pair[0].dtype, batch!.pair[0].toArray()]).toEqual(["float32", [0, 0.5]]);
      expect([batch!.pair[1].dtype, [...batch!.pair[1].data()]]).toEqual(["bool", [0, 1]]);
      expect([batch!.typed.dtype, batch!.typed.shape]).toEqual(["float64", [2, 2]]);
      expect(batch!.name).toEqual(["sample 0", "sample 1"]);
    });
  });

  test("of a dataset that computes its samples", () => {
    scope(() => {
      const dataset = { length: 3, get: (i: number) => tensor([i * i]) };
      const batches = [...new DataLoader(dataset, { batchSize: 2 })];
      expect(batches.map((b: Tensor) => b.toArray())).toEqual([[[0], [1]], [[4]]]);
    });
  });

  test("of sequences, padded", () => {
    scope(() => {
      const sequences = [tensor([1, 2, 3]), tensor([4]), tensor([5, 6])];
      const { padded, lengths } = padCollate({ value: -1 })(sequences);
      expect(padded.toArray()).toEqual([
        [1, 4, 5],
        [2, -1, 6],
        [3, -1, -1],
      ]);
      expect([lengths.dtype, lengths.toArray()]).toEqual(["int32", [3, 1, 2]]);
      const wide = [zeros([2, 3]), zeros([0, 3])];
      expect(padCollate()(wide).padded.shape).toEqual([2, 2, 3]);
      expect(padCollate({ batchFirst: true })([zeros([4, 3])]).padded.shape).toEqual([1, 4, 3]);
      const ints = padCollate({ batchFirst: true })([Int32Array.of(1, 2), Int32Array.of(3)]);
      expect([ints.padded.dtype, ints.padded.toArray()]).toEqual([
        "int32",
        [
          [1, 2],
          [3, 0],
        ],
      ]);
    });
  });

  test("belong to the scope in which they are taken", () => {
    level(() => {
      const loader = new DataLoader([Float32Array.of(1), Float32Array.of(2)], { batchSize: 2 });
      for (const batch of loader) expect(batch.shape).toEqual([2, 1]);
    });
  });
});

describe("refuses", () => {
  test.each<[string, () => unknown, RegExp]>([
    [
      "batchSize 0",
      () => loaderOf(3, { batchSize: 0 }),
      /batchSize to be an integer of at least 1/,
    ],
    ["batchSize 1.5", () => loaderOf(3, { batchSize: 1.5 }), /got 1.5/],
    [
      "shuffle and sampler",
      () => loaderOf(3, { shuffle: true, sampler: [0] }),
      /shuffle to be false with a sampler/,
    ],
    ["a sampler outside", () => [...loaderOf(3, { sampler: [3] })], /below 3, got 3/],
    ["a sampler below", () => [...loaderOf(3, { sampler: [-1] })], /got -1/],
    [
      "a position",
      () => {
        const loader = loaderOf(3, {});
        loader.loadStateDict({ ...loader.stateDict(), position: -1 });
      },
      /expected position/,
    ],
    [
      "different shapes",
      () => [...new DataLoader([zeros([2]), zeros([3])], { batchSize: 2 })],
      /to have one shape, got \[2\] and \[3\]; padCollate makes them alike/,
    ],
    [
      "different kinds",
      () => [...new DataLoader<unknown>([1, "a"], { batchSize: 2 })],
      /to be of one kind, got number and string/,
    ],
    [
      "different dtypes",
      () => [...new DataLoader([zeros([2]), zeros([2], { dtype: "float64" })], { batchSize: 2 })],
      /got float32 tensor and float64 tensor/,
    ],
    [
      "different fields",
      () => [...new DataLoader<object>([{ a: 1 }, { b: 1 }], { batchSize: 2 })],
      /to have the fields a, got b/,
    ],
    [
      "padding of other widths",
      () => padCollate()([zeros([2, 3]), zeros([2, 4])]),
      /each sequence to be float32 \[T, 3\], got float32 \[2, 4\]/,
    ],
    ["padding of a scalar", () => padCollate()([zeros([])]), /to have a time axis/],
    ["padding of lists", () => padCollate()([[1] as never]), /expected tensors or typed arrays/],
  ])("%s", (_, f, message) => scope(() => expect(f).toThrow(message)));
});
