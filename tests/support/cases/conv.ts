import * as u from "../../../ts/index.ts";
import type { Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, build, total } from "../nd.ts";
import { notTensors } from "../refusals.ts";

/** The sum of the definition, term by term. x [B, C, L], or [C, L]; `before` zeros on the left. */
function convolved(x: Nd, W: Nd, b: Nd | undefined, options: u.Conv1dWindows, before: number): Nd {
  const { stride = 1, padding, dilation = 1, groups = 1 } = options;
  const [O, C, K] = W.shape as [number, number, number];
  const L = x.shape.at(-1)!;
  const span = dilation * (K - 1) + 1;
  const room = padding === "same" ? L + span - 1 : L + 2 * before;
  const T = Math.floor((room - span) / stride) + 1;
  return build([...x.shape.slice(0, -2), O, T], (index) => {
    const [outer, o, t] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
    const first = Math.floor(o / (O / groups)) * C;
    const terms = Array.from({ length: C * K }, (_, i) => {
      const [c, k] = [Math.floor(i / K), i % K];
      const from = t * stride + k * dilation - before;
      return from < 0 || from >= L ? 0 : at(W, [o, c, k]) * at(x, [...outer, first + c, from]);
    });
    return total(terms) + (b ? at(b, [o]) : 0);
  });
}

const row = (
  variant: string,
  options: u.Conv1dWindows,
  before: number,
  shapes: OpCase["shapes"],
): OpCase => ({
  op: "conv1d",
  variant,
  f: (x, W, b) => u.conv1d(x, W, b, options),
  oracle: (x, W, b) => {
    const { padding, dilation = 1 } = options;
    const half = Math.floor((dilation * (W!.shape[2]! - 1)) / 2); // what "same" puts in front
    return convolved(x!, W!, b, options, padding === "same" ? half : before);
  },
  shapes,
  sweep: (n) => [[2, 3 * (options.groups ?? 1), n + 7], [4, 3, 3], [4]],
  tolerance: 5e-6, // up to 15 products of up to 4 each
  errors: [],
});

const refusals: OpCase["errors"] = [
  ...notTensors("conv1d", u.conv1d, 0),
  [() => u.conv1d(given([2, 5], "int32"), given([3, 2, 3])), /expected x to be float32 or float64/],
  [() => u.conv1d(given([2, 5]), 3 as never), /expected W to be a tensor, got number/],
  [() => u.conv1d(given([2, 5]), given([3, 2, 3], "float64")), /expected tensors of one dtype/],
  [() => u.conv1d(given([5]), given([3, 2, 3])), /expected x to be \[B, C, L\] or \[C, L\], got/],
  [() => u.conv1d(given([1, 1, 2, 5]), given([3, 2, 3])), /expected x to be \[B, C, L\]/],
  [() => u.conv1d(given([2, 5]), given([3, 2])), /expected W to have 3 dimensions, got \[3, 2\]/],
  [() => u.conv1d(given([2, 5]), given([3, 2, 0])), /expected W to have one tap at least/],
  [
    () => u.conv1d(given([2, 5]), given([3, 4, 3])),
    /x to have 4 channels \(groups 1, W \[3, 4, 3\]/,
  ],
  [
    () => u.conv1d(given([4, 5]), given([3, 2, 3]), undefined, { groups: 2 }),
    /expected W to have a multiple of 2 rows, got \[3, 2, 3\]/,
  ],
  [
    () => u.conv1d(given([2, 5]), given([3, 2, 3]), given([2])),
    /expected b to be \[3\], got \[2\]/,
  ],
  [
    () => u.conv1d(given([2, 5]), given([3, 2, 6])),
    /expected x to be 6 long at least, as a window is, got 5$/,
  ],
  [
    () => u.conv1d(given([2, 2]), given([3, 2, 3]), undefined, { dilation: 3, padding: 2 }),
    /to be 7 long at least, as a window is, got 2 and 4 of padding/,
  ],
  ...(
    [
      [{ stride: 0 }, /expected stride to be an integer of at least 1, got 0/],
      [{ stride: 1.5 }, /expected stride to be an integer of at least 1, got 1.5/],
      [{ dilation: 0 }, /expected dilation to be an integer of at least 1/],
      [{ groups: 0 }, /expected groups to be an integer of at least 1/],
      [{ padding: -1 }, /expected padding to be an integer of at least 0, got -1/],
      [{ padding: "full" as "same" }, /padding to be a number, "same" or "valid", got "full"/],
      [{ padding: "same", stride: 2 }, /expected stride to be 1 with padding "same", got 2/],
    ] as const
  ).map(
    ([options, message]) =>
      [() => u.conv1d(given([2, 5]), given([3, 2, 3]), undefined, options), message] as const,
  ),
];

export const cases: OpCase[] = [
  {
    ...row("", {}, 0, [
      [[2, 2, 5], [3, 2, 3], [3]],
      [[2, 4], [2, 2, 2], [2]],
      [[1, 1, 1], [1, 1, 1], [1]],
      [[0, 2, 5], [3, 2, 3], [3]],
      [[2, 0, 5], [3, 0, 3], [3]],
      [[2, 2, 5], [0, 2, 3], [0]],
    ]),
    errors: refusals,
    bench: { shapes: [[8, 64, 256], [64, 64, 5], [64]], flops: 2 * 8 * 64 * 252 * 64 * 5 },
  },
  row("padded, with stride and dilation", { stride: 2, padding: 3, dilation: 2 }, 3, [
    [[2, 2, 4], [3, 2, 3], [3]],
    [[3, 2], [2, 3, 2], [2]],
    [[1, 2, 0], [2, 2, 3], [2]],
  ]),
  row("in groups", { groups: 2, padding: 1 }, 1, [
    [[2, 4, 3], [4, 2, 3], [4]],
    [[2, 5], [2, 1, 2], [2]],
  ]),
  {
    ...row('"same", of an even width', { padding: "same", dilation: 3 }, 4, [
      [[2, 2, 5], [3, 2, 4], [3]],
    ]),
    sweep: (n) => [[2, 3, n + 1], [4, 3, 4], [4]],
  },
  {
    ...row('"valid", without bias', { padding: "valid" }, 0, [
      [
        [2, 2, 5],
        [3, 2, 2],
      ],
    ]),
    f: (x, W) => u.conv1d(x, W, undefined, { padding: "valid" }),
    sweep: (n) => [
      [1, 2, 6],
      [n, 2, 3],
    ],
  },
];
