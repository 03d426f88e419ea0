import * as u from "../../../ts/index.ts";
import type { Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, build } from "../nd.ts";
import { axisErrors, notTensors } from "../refusals.ts";

/** An oracle for what only moves elements: the shape of the result, and where each element comes from. */
const moved =
  (shapeOf: (shape: u.Shape) => u.Shape, from: (index: number[], shape: u.Shape) => number[]) =>
  (x: Nd): Nd =>
    build(shapeOf(x.shape), (index) => at(x, from(index, x.shape)));

const reshaped = (
  op: string,
  f: OpCase["f"],
  pairs: readonly (readonly [u.Shape, u.Shape])[],
): OpCase => ({
  op,
  f,
  oracle: (x) => ({
    shape: pairs.find(([from]) => String(from) === String(x!.shape))![1],
    data: x!.data,
  }),
  shapes: pairs.map(([from]) => [from]),
  sweep: () => [pairs[0]![0]],
  errors: [],
});

const permutation = (axes: readonly number[], shapes: OpCase["shapes"]): OpCase => ({
  op: "permute",
  variant: `[${axes.join(", ")}]`,
  f: (x) => u.permute(x, axes),
  oracle: moved(
    (shape) => axes.map((a) => shape[a]!),
    (index) => axes.map((_, a) => index[axes.indexOf(a)]!),
  ),
  shapes,
  sweep: (n) => [shapes[0]![0]!.with(-1, n)],
  errors: [],
});

const swapped = (a: number, b: number, shapes: OpCase["shapes"]): OpCase => {
  const swap = <T>(list: readonly T[]): T[] => list.with(a, list[b]!).with(b, list[a]!);
  return {
    op: "transpose",
    variant: `${a} and ${b}`,
    f: (x) => u.transpose(x, a, b),
    oracle: moved(swap, swap),
    shapes,
    errors: [],
  };
};

/** Python's x[start:end:step] along an axis, from the numbers that it visits. */
const sliced = (
  axis: number,
  visit: (n: number) => number[],
  f: OpCase["f"],
  shapes: OpCase["shapes"],
): OpCase => ({
  op: "slice",
  f,
  oracle: moved(
    (shape) => shape.with(axis, visit(shape[axis]!).length),
    (index, shape) => index.with(axis, visit(shape[axis]!)[index[axis]!]!),
  ),
  shapes,
  errors: [],
});

const joined = (
  op: string,
  f: OpCase["f"],
  axis: number,
  stacked: boolean,
  shapes: OpCase["shapes"],
): OpCase => ({
  op,
  variant: `axis ${axis}`,
  f,
  oracle: (...xs) => {
    const parts = stacked ? xs.map((x) => ({ ...x, shape: x.shape.toSpliced(axis, 0, 1) })) : xs;
    const n = parts.reduce((sum, x) => sum + x.shape[axis]!, 0);
    return build(parts[0]!.shape.with(axis, n), (index) => {
      let [i, k] = [index[axis]!, 0];
      while (i >= parts[k]!.shape[axis]!) i -= parts[k++]!.shape[axis]!;
      return at(parts[k]!, index.with(axis, i));
    });
  },
  shapes,
  errors: [],
});

const triangle = (op: "tril" | "triu", diagonal: number): OpCase => ({
  op,
  variant: `diagonal ${diagonal}`,
  f: (x) => u[op](x, diagonal),
  oracle: (x) =>
    build(x!.shape, (index) => {
      const [r, c] = index.slice(-2) as [number, number];
      return (op === "tril" ? c - r <= diagonal : c - r >= diagonal) ? at(x!, index) : 0;
    }),
  shapes: [[[3, 4]], [[2, 3, 3]], [[2, 0]], [[0, 2]]],
  errors:
    diagonal === 0
      ? [
          ...notTensors(op, u[op]),
          [() => u[op](given([3])), /expected x to have at least 2 axes, got \[3\]/],
          [() => u[op](given([])), /expected x to have at least 2 axes/],
          [() => u[op](given([2, 2]), 0.5), /expected diagonal to be an integer/],
          [() => u[op](given([2, 2]), NaN), /expected diagonal to be an integer/],
        ]
      : [],
});

const rangeTo = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

export const cases: OpCase[] = [
  {
    ...reshaped("reshape", (x) => u.reshape(x, x.ndim === 1 ? [2, -1] : [-1]), [
      [[6], [2, 3]],
      [[2, 3], [6]],
      [[], [1]],
      [[2, 0], [0]],
    ]),
    errors: [
      ...notTensors("reshape", u.reshape, [2]),
      [
        () => u.reshape(given([2, 3]), [4]),
        /reshape: expected sizes that multiply to 6 .*, got \[4\] for \[2, 3\]/,
      ],
      [() => u.reshape(given([2, 3]), [-1, 4]), /multiply to 6/],
      [() => u.reshape(given([2, 3]), [-1, -1]), /multiply to 6/],
      [() => u.reshape(given([2, 3]), [-2, -3]), /multiply to 6/],
      [() => u.reshape(given([2, 3]), [1.5, 4]), /multiply to 6/],
      [() => u.reshape(given([2, 3]), [0, -1]), /multiply to 6/],
      [() => u.reshape(given([0]), [0, -1]), /multiply to 0/],
      [() => u.reshape(given([2, 3]), [NaN]), /multiply to 6/],
      [() => u.reshape(given([2, 3]), []), /multiply to 6/],
      [() => u.reshape(given([2, 3]), 6 as never), /expected shape to be an array of sizes, got 6/],
    ],
  },
  {
    ...reshaped("flatten", (x) => u.flatten(x), [
      [[2, 3], [6]],
      [[], [1]],
      [[2, 0, 3], [0]],
    ]),
    errors: [
      ...notTensors("flatten", u.flatten),
      ...axisErrors("flatten", u.flatten),
      [() => u.flatten(given([2, 3]), 1, 0), /flatten: expected end from 1 on, got 0/],
    ],
  },
  {
    ...reshaped("flatten", (x) => u.flatten(x, 1, 2), [
      [
        [2, 3, 2, 2],
        [2, 6, 2],
      ],
    ]),
    variant: "inner axes",
  },
  {
    ...reshaped("squeeze", (x) => u.squeeze(x), [
      [[1, 3, 1], [3]],
      [[1], []],
      [[2], [2]],
      [[], []],
    ]),
    errors: [
      ...notTensors("squeeze", u.squeeze),
      ...axisErrors("squeeze", u.squeeze),
      [() => u.squeeze(given([1, 2]), 1), /squeeze: expected axis 1 to have size 1, got \[1, 2\]/],
    ],
  },
  {
    ...reshaped("squeeze", (x) => u.squeeze(x, [-1]), [
      [
        [1, 3, 1],
        [1, 3],
      ],
    ]),
    variant: "one axis",
  },
  {
    ...reshaped("unsqueeze", (x) => u.unsqueeze(x, -1), [
      [
        [2, 3],
        [2, 3, 1],
      ],
      [[], [1]],
    ]),
    errors: [
      ...notTensors("unsqueeze", u.unsqueeze, 0),
      [() => u.unsqueeze(given([2]), 2), /unsqueeze: expected axis from -2 to 1/],
      [() => u.unsqueeze(given([2]), 0.5), /expected axis/],
      [() => u.unsqueeze(given([2]), undefined as never), /expected axis/],
    ],
  },
  {
    ...reshaped("unsqueeze", (x) => u.unsqueeze(x, 1), [
      [
        [2, 3],
        [2, 1, 3],
      ],
    ]),
    variant: "inside",
  },

  {
    ...swapped(0, 1, [[[3, 4]], [[2, 3, 4]], [[1, 5]], [[0, 2]], [[17, 33]]]),
    sweep: (n) => [[n, 5]],
    errors: [
      ...notTensors("transpose", u.transpose, 0, 1),
      ...axisErrors("transpose", (x, axis) => u.transpose(x, axis, 0)),
      ...axisErrors("transpose", (x, axis) => u.transpose(x, 0, axis)),
    ],
  },
  swapped(1, 2, [[[2, 3, 4]], [[2, 3, 4, 2]]]),
  swapped(0, 2, [[[2, 3, 4]], [[2, 1, 4]]]),
  swapped(1, 1, [[[2, 3]]]),
  ...[
    [0, 1, 2],
    [0, 2, 1],
    [1, 0, 2],
    [1, 2, 0],
    [2, 0, 1],
    [2, 1, 0],
  ].map((axes) =>
    permutation(axes, [[[2, 3, 4]], [[1, 3, 4]], [[2, 1, 4]], [[2, 3, 1]], [[2, 0, 3]]]),
  ),
  ...[
    [3, 2, 1, 0],
    [2, 3, 0, 1],
    [0, 2, 1, 3],
    [3, 0, 2, 1],
  ].map((axes) => permutation(axes, [[[2, 3, 2, 3]], [[2, 1, 3, 2]]])),
  {
    ...permutation([0], [[[3]]]),
    errors: [
      ...notTensors("permute", u.permute, [0]),
      [
        () => u.permute(given([2, 3]), [0]),
        /permute: expected axes to name each of 2 axes once, got \[0\]/,
      ],
      [() => u.permute(given([2, 3]), [0, 0]), /each of 2 axes once/],
      [() => u.permute(given([2, 3]), [0, 2]), /permute: expected axis from -2 to 1/],
      [() => u.permute(given([2, 3]), [0, 1, 2]), /expected axis|each of 2 axes/],
      [() => u.permute(given([2, 3]), []), /each of 2 axes once/],
    ],
  },

  {
    ...sliced(
      0,
      () => [1, 2],
      (x) => u.slice(x, 0, 1, 3),
      [[[4, 3]], [[3]]],
    ),
    variant: "of the first axis",
    errors: [
      ...notTensors("slice", u.slice, 0),
      ...axisErrors("slice", u.slice),
      [() => u.slice(given([]), 0), /slice: expected x to have an axis, got \[\]/],
      [
        () => u.slice(given([3]), 0, 0, 3, 0),
        /slice: expected step to be an integer, not 0, got 0/,
      ],
      [() => u.slice(given([3]), 0, 0, 3, 0.5), /slice: expected step to be an integer/],
      [() => u.slice(given([3]), 0, 0.5), /slice: expected start to be an integer/],
      [() => u.slice(given([3]), 0, 0, NaN), /slice: expected end to be an integer/],
      [() => u.slice(given([3]), 0, "1" as never), /slice: expected start to be an integer/],
    ],
  },
  {
    ...sliced(
      1,
      () => [1, 2],
      (x) => u.slice(x, 1, 1, 3),
      [[[2, 4, 3]], [[5, 3]]],
    ),
    variant: "of an inner axis",
    sweep: (n) => [[2, 4, n]],
  },
  {
    ...sliced(
      1,
      (n) => rangeTo(n).filter((i) => i % 2 === 0),
      (x) => u.slice(x, -1, undefined, undefined, 2),
      [[[2, 5]], [[3, 4]], [[2, 0]]],
    ),
    variant: "every other",
    sweep: (n) => [[2, n]],
  },
  {
    ...sliced(
      0,
      (n) => rangeTo(n).reverse(),
      (x) => u.slice(x, 0, undefined, undefined, -1),
      [[[4, 3]], [[5]]],
    ),
    variant: "backwards",
  },
  {
    ...sliced(
      1,
      () => [4, 2],
      (x) => u.slice(x, 1, -1, 0, -2),
      [[[2, 5]]],
    ),
    variant: "backwards in twos",
    sweep: () => [[2, 5]],
  },
  {
    ...sliced(
      0,
      (n) => rangeTo(n).slice(-2),
      (x) => u.slice(x, 0, -2, 99),
      [[[4, 3]], [[1, 2]]],
    ),
    variant: "negative and too large",
  },
  {
    ...sliced(
      0,
      () => [],
      (x) => u.slice(x, 0, 2, 1),
      [[[4, 3]]],
    ),
    variant: "nothing",
    sweep: (n) => [[4, n]],
  },
  ...[0, 1, 2].map((axis): OpCase => ({
    op: "select",
    variant: `axis ${axis}`,
    f: (x) => u.select(x, axis, -1),
    oracle: moved(
      (shape) => shape.toSpliced(axis, 1),
      (index, shape) => index.toSpliced(axis, 0, shape[axis]! - 1),
    ),
    shapes: [[[2, 3, 4]]],
    sweep: (n) => [[2, 3, axis === 2 ? n + 1 : n]],
    errors:
      axis > 0
        ? []
        : [
            ...notTensors("select", u.select, 0, 0),
            ...axisErrors("select", (x, axis) => u.select(x, axis, 0)),
            ...[2, -3, 0.5, NaN, 2 ** 32].map(
              (i) =>
                [
                  () => u.select(given([2, 3]), 0, i),
                  /select: expected i from -2 to 1 \(size 2 on axis 0\)/,
                ] as const,
            ),
            [() => u.select(given([]), 0, 0), /select: expected i/],
            [() => u.select(given([0]), 0, 0), /select: expected i/],
          ],
  })),
  {
    op: "flip",
    f: (x) => u.flip(x, [0, -1]),
    oracle: moved(
      (shape) => shape,
      (index, shape) =>
        index.with(0, shape[0]! - 1 - index[0]!).with(-1, shape.at(-1)! - 1 - index.at(-1)!),
    ),
    shapes: [[[2, 3]], [[2, 3, 4]], [[0, 2]]],
    errors: [...notTensors("flip", u.flip, 0), ...axisErrors("flip", u.flip)],
  },
  {
    op: "unbind",
    f: (x) => u.stack(u.unbind(x, 1), 0),
    oracle: moved(
      ([a, b, ...rest]) => [b!, a!, ...rest],
      ([b, a, ...rest]) => [a!, b!, ...rest],
    ),
    shapes: [[[2, 3]], [[2, 3, 2]]],
    sweep: (n) => [[2, 3, n]],
    errors: [
      ...notTensors("unbind", u.unbind),
      ...axisErrors("unbind", u.unbind),
      [() => u.unbind(given([])), /unbind: expected x to have an axis/],
    ],
  },
  {
    op: "split",
    f: (x) => u.concat(u.split(x, 2, 1).reverse(), 1),
    oracle: moved(
      (shape) => shape,
      (index, shape) => {
        const order = [4, 2, 3, 0, 1].slice(5 - shape[1]!);
        return index.with(1, order[index[1]!]!);
      },
    ),
    shapes: [[[2, 5]], [[1, 5, 2]]],
    sweep: () => [[2, 5]],
    errors: [
      ...notTensors("split", u.split, 1),
      ...axisErrors("split", (x, axis) => u.split(x, 1, axis)),
      [() => u.split(given([]), 1), /split: expected x to have an axis/],
      [() => u.split(given([5]), 0), /split: expected size to be an integer of at least 1, got 0/],
      [() => u.split(given([5]), [2, 2]), /split: expected sizes to add up to 5, got \[2, 2\]/],
      [
        () => u.split(given([5]), [6, -1]),
        /split: expected each size to be an integer of at least 0, got -1/,
      ],
      [() => u.split(given([5]), [2.5, 2.5]), /split: expected each size/],
    ],
  },
  {
    op: "split",
    variant: "into sizes",
    f: (x) => u.concat(u.split(x, [1, 0, 2]), 0),
    oracle: (x) => x!,
    shapes: [[[3, 2]]],
    errors: [],
  },

  {
    ...joined("concat", (...xs) => u.concat(xs), 0, false, [
      [
        [2, 3],
        [2, 3],
      ],
      [
        [2, 3],
        [1, 3],
        [0, 3],
      ],
      [[3]],
    ]),
    errors: [
      [() => u.concat([]), /concat: expected tensors to be one at least, got none/],
      [() => u.concat(given([2]) as never), /concat: expected an array of tensors/],
      [
        () => u.concat([given([2]), 3 as never]),
        /concat: expected tensor 1 to be a tensor, got number/,
      ],
      [() => u.concat([null as never]), /concat: expected tensor 0 to be a tensor, got null/],
      [
        () => u.concat([given([2]), given([2], "float64")]),
        /concat: expected tensors of one dtype/,
      ],
      [
        () => u.concat([given([2, 3]), given([2, 4])]),
        /concat: expected shapes that agree but on axis 0, got \[2, 3\] and \[2, 4\]/,
      ],
      [() => u.concat([given([2, 3]), given([2])]), /agree but on axis 0/],
      [() => u.concat([given([2, 3]), given([3, 3])], 1), /agree but on axis 1/],
      [
        () => u.concat([given([]), given([])]),
        /concat: expected tensors to have an axis; use stack/,
      ],
      [() => u.concat([given([2, 3])], 2), /concat: expected axis from -2 to 1/],
    ],
    bench: {
      shapes: [
        [1024, 1024],
        [1024, 1024],
      ],
      bytes: 16 * 2 ** 20,
    },
  },
  joined("concat", (...xs) => u.concat(xs, 1), 1, false, [
    [
      [2, 3],
      [2, 3],
    ],
    [
      [2, 1, 2],
      [2, 3, 2],
    ],
  ]),
  joined("concat", (...xs) => u.concat(xs, -1), 2, false, [
    [
      [2, 1, 2],
      [2, 1, 3],
    ],
  ]),
  {
    ...joined("stack", (...xs) => u.stack(xs), 0, true, [
      [
        [2, 3],
        [2, 3],
      ],
      [[], []],
      [[0], [0]],
    ]),
    errors: [
      [() => u.stack([]), /stack: expected tensors to be one at least, got none/],
      [
        () => u.stack([given([2]), given([3])]),
        /stack: expected tensors of one shape, got \[2\] and \[3\]/,
      ],
      [() => u.stack([given([2]), given([2], "int32")]), /stack: expected tensors of one dtype/],
      [() => u.stack([given([2]), [1, 2] as never]), /stack: expected tensor 1 to be a tensor/],
      [() => u.stack([given([2])], 2), /stack: expected axis from -2 to 1/],
    ],
  },
  joined("stack", (...xs) => u.stack(xs, 1), 1, true, [
    [
      [2, 3],
      [2, 3],
      [2, 3],
    ],
  ]),
  joined("stack", (...xs) => u.stack(xs, -1), 2, true, [
    [
      [2, 3],
      [2, 3],
    ],
  ]),
  {
    op: "pad",
    f: (x) => u.pad(x, [1, 2, 0, 3], { value: 0.5 }),
    oracle: (x) => {
      const [r, c] = x!.shape as [number, number];
      return build([r + 3, c + 3], ([i, j]) =>
        i! < r && j! >= 1 && j! <= c ? at(x!, [i!, j! - 1]) : 0.5,
      );
    },
    shapes: [[[2, 3]], [[1, 1]], [[0, 2]]],
    errors: [
      ...notTensors("pad", u.pad, []),
      [
        () => u.pad(given([2]), [1]),
        /pad: expected padding to be pairs for at most 1 axes, got \[1\]/,
      ],
      [() => u.pad(given([2]), [1, 1, 1, 1]), /pairs for at most 1 axes/],
      [
        () => u.pad(given([2]), [-1, 1]),
        /pad: expected each padding to be an integer of at least 0, got -1/,
      ],
      [() => u.pad(given([2]), [0.5, 1]), /each padding/],
      [() => u.pad(given([2], "int32"), [1, 1], { value: 0.5 }), /int32 holds integers/],
    ],
  },
  ...(["reflect", "replicate", "circular"] as const).map((mode): OpCase => ({
    op: "pad",
    variant: mode,
    f: (x) => u.pad(x, [2, 1, 1, 0], { mode }),
    oracle: (x) => {
      const source = (i: number, n: number): number => {
        if (i >= 0 && i < n) return i;
        if (mode === "circular") return i < 0 ? i + n : i - n;
        if (mode === "replicate") return i < 0 ? 0 : n - 1;
        return i < 0 ? -i : 2 * n - 2 - i;
      };
      const [rows, columns] = x!.shape as [number, number];
      return build([rows + 1, columns + 3], ([i, j]) =>
        at(x!, [source(i! - 1, rows), source(j! - 2, columns)]),
      );
    },
    shapes: [[[2, 3]], [[3, 4]]],
    sweep: (n) => [[2, n + 3]],
    errors: [
      [
        () => u.pad(given([2, 0]), [1, 0], { mode }),
        /padding to be at most 0 \(.+, size 0\), got 1/,
      ],
      ...(mode === "replicate"
        ? []
        : ([
            [() => u.pad(given([2, 3]), [1, 4], { mode }), /to be at most [23] \(.+, size 3\)/],
          ] as const)),
      [
        () => u.pad(given([2]), [1, 1], { mode: "wrap" as "circular" }),
        /expected mode constant, reflect, replicate or circular, got wrap/,
      ],
    ],
  })),
  {
    op: "pad",
    variant: "nothing",
    f: (x) => u.pad(x, []),
    oracle: (x) => x!,
    shapes: [[[2]]],
    errors: [],
  },
  ...[-2, -1, 0, 1, 3].map((d) => triangle("tril", d)),
  ...[-2, -1, 0, 1, 3].map((d) => triangle("triu", d)),
  {
    op: "broadcastTo",
    f: (x) => u.broadcastTo(x, [2, 4, 3]),
    oracle: (x) => build([2, 4, 3], (index) => at(x!, index)),
    shapes: [[[3]], [[4, 3]], [[4, 1]], [[2, 1, 3]], [[2, 1, 1]], [[1, 4, 1]], [[]], [[2, 4, 3]]],
    sweep: () => [[3]],
    errors: [
      ...notTensors("broadcastTo", u.broadcastTo, [2]),
      [
        () => u.broadcastTo(given([3]), [2]),
        /broadcastTo: expected a shape that \[3\] broadcasts to, got \[2\]/,
      ],
      [() => u.broadcastTo(given([2, 3]), [3]), /expected a shape that \[2, 3\] broadcasts to/],
      [() => u.broadcastTo(given([2, 3]), [2, 1]), /broadcasts to/],
      [() => u.broadcastTo(given([2]), [2, 3]), /broadcasts to/],
      [() => u.broadcastTo(given([1]), [-1]), /broadcastTo: expected each size/],
      [() => u.broadcastTo(given([1]), [0.5]), /broadcastTo: expected each size/],
      [() => u.broadcastTo(given([1]), 3 as never), /broadcastTo: expected shape to be an array/],
      [
        () => u.broadcastTo(given([1]), [2 ** 40, 2 ** 20]),
        /broadcastTo: expected shape to need at most 2 GiB/,
      ],
    ],
  },
];
