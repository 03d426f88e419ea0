import * as u from "../../../ts/index.ts";
import type { Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, build, each, total } from "../nd.ts";
import { notTensors } from "../refusals.ts";

type Loss = (
  input: u.Tensor,
  target: u.Tensor,
  options?: { reduction?: "mean" | "sum" | "none" },
) => u.Tensor;

const REDUCTIONS = ["mean", "sum", "none"] as const;

function reduced(loss: Nd, reduction: string, counts?: Nd): Nd {
  if (reduction === "none") return loss;
  const sum = total(loss.data);
  const n = counts ? total(counts.data) : loss.data.length;
  return { shape: [], data: [reduction === "sum" ? sum : sum / n] };
}

const pairErrors = (op: string, f: Loss): OpCase["errors"] => [
  ...notTensors(op, f, given([2])),
  [() => f(given([2]), 1 as never), /expected target to be a tensor, got number/],
  [() => f(given([2], "int32"), given([2])), /expected input to be float32/],
  [() => f(given([2]), given([2], "int32")), /expected target to be float32/],
  [() => f(given([2]), given([2], "float64")), /tensors of one dtype/],
  [() => f(given([2, 3]), given([3])), /expected target to be \[2, 3\], got \[3\]/],
  [() => f(given([2, 3]), given([3, 2])), /expected target to be \[2, 3\], got \[3, 2\]/],
  [
    () => f(given([2]), given([2]), { reduction: "avg" as never }),
    /expected reduction to be "mean", "sum" or "none", got avg/,
  ],
];

/** A loss of two arrays of one shape, in all its reductions. */
const pairs = (
  op: string,
  f: Loss,
  g: (x: number, y: number) => number,
  { domain, ...rest }: Partial<OpCase> = {},
): OpCase[] =>
  REDUCTIONS.map((reduction) => ({
    op,
    variant: [rest.variant, reduction].filter(Boolean).join(", "),
    f: (x, y) => f(x, y, { reduction }),
    oracle: (x, y) => reduced(each(g)(x!, y!), reduction),
    shapes: [
      [
        [2, 3],
        [2, 3],
      ],
      [[], []],
      [[7], [7]],
    ],
    sweep: (n) => [[Math.max(n, 1)], [Math.max(n, 1)]],
    ...(domain ? { domain } : {}),
    errors:
      reduction === "mean" && !rest.variant ? [...pairErrors(op, f), ...(rest.errors ?? [])] : [],
  }));

const weigh =
  (weight: Nd) =>
  (loss: Nd): Nd =>
    each((a, b) => a * b)(loss, weight);

/** The same with a weight for each element. */
const weighted = (
  op: string,
  f: (x: u.Tensor, y: u.Tensor, o: u.WeightedLossOptions) => u.Tensor,
  g: (x: number, y: number) => number,
): OpCase[] => [
  {
    op,
    variant: "weighted mean",
    f: (x, y, weight) => f(x, y, { weight }),
    oracle: (x, y, w) => {
      return reduced(weigh(w!)(each(g)(x!, y!)), "mean", op === "huberLoss" ? undefined : w);
    },
    shapes: [
      [
        [2, 3],
        [2, 3],
        [2, 3],
      ],
    ],
    domain: [
      [-2, 2],
      [-2, 2],
      [0.5, 2],
    ],
    sweep: (n) => [[n + 1], [n + 1], [n + 1]],
    errors: [
      [() => f(given([2]), given([2]), { weight: given([1]) }), /expected weight to be \[2\]/],
      [
        () => f(given([2]), given([2]), { weight: given([2], "bool") }),
        /expected weight to be float32/,
      ],
    ],
  },
];

const parabola =
  (edge: number, scale: number) =>
  (x: number, y: number): number => {
    const d = Math.abs(x - y);
    return d < edge ? (d * d * scale) / 2 : scale * edge * (d - edge / 2);
  };

const xLogX = (x: number): number => (x === 0 ? 0 : x * Math.log(x));

const IGNORED = -100;
const SHAPES: readonly u.Shape[] = [[5], [4, 5], [2, 5, 3], [2, 5, 2, 2]];

/** A class for each sample, one of them ignored where there are some. */
const classesFor = (samples: u.Shape, C: number): Nd =>
  build(samples, (i) => {
    const k = i.reduce((flat, j, a) => flat * samples[a]! + j, 0);
    return k === 1 ? IGNORED : (k * 7 + 2) % C;
  });

const axisOf = (x: Nd): number => Math.min(1, x.shape.length - 1);

const logSoftmax = (x: Nd): Nd => {
  const a = axisOf(x);
  return build(x.shape, (i) => {
    const values = Array.from({ length: x.shape[a]! }, (_, j) => at(x, i.with(a, j)));
    return at(x, i) - Math.log(total(values.map(Math.exp)));
  });
};

interface Options {
  reduction: (typeof REDUCTIONS)[number];
  smooth?: number;
  weights?: boolean;
}

/** Losses of the classes, and what each sample counts: the definition, class by class. */
function byClass(logp: Nd, weight: Nd | undefined, { reduction, smooth = 0 }: Options): Nd {
  const a = axisOf(logp);
  const C = logp.shape[a]!;
  const target = classesFor(logp.shape.toSpliced(a, 1), C);
  const w = (c: number): number => weight?.data[c] ?? 1;
  const loss = build(target.shape, (i) => {
    const t = at(target, i);
    if (t === IGNORED) return 0;
    const p = (c: number): number => (c === t ? 1 - smooth : 0) + smooth / C;
    return -total(
      Array.from({ length: C }, (_, c) => p(c) * w(c) * at(logp, i.toSpliced(a, 0, c))),
    );
  });
  const counts = build(target.shape, (i) => (at(target, i) === IGNORED ? 0 : w(at(target, i))));
  return reduced(loss, reduction, counts);
}

const classified = (
  op: string,
  f: (x: u.Tensor, target: u.Tensor, options: u.CrossEntropyOptions) => u.Tensor,
  prepare: (x: Nd) => Nd,
  options: Options,
): OpCase => {
  const { reduction, smooth, weights = false } = options;
  const parts = [reduction, ...(weights ? ["weighted"] : []), ...(smooth ? ["smoothed"] : [])];
  return {
    op,
    variant: parts.join(", "),
    f: (x, weight) => {
      const a = Math.min(1, x.ndim - 1);
      const { shape, data } = classesFor(x.shape.toSpliced(a, 1), x.shape[a]!);
      return f(x, u.tensor(data, shape, { dtype: "int32" }), {
        reduction,
        ...(smooth ? { labelSmoothing: smooth } : {}),
        ...(weight ? { weight } : {}),
      });
    },
    oracle: (x, weight) => byClass(prepare(x!), weight, options),
    shapes: SHAPES.map((shape) => (weights ? [shape, [5]] : [shape])),
    sweep: (n) => (weights ? [[3, n + 1], [n + 1]] : [[3, n + 1]]),
    domain: weights
      ? [
          [-2, 2],
          [0.5, 2],
        ]
      : [-2, 2],
    errors: [],
  };
};

/** Wrong targets: made once, so that what an op makes can be counted. */
const wrong = {
  large: u.tensor([0, 3], [2], { dtype: "int32" }),
  minus: u.tensor([0, -1], [2], { dtype: "int32" }),
  fine: u.tensor([0, 1], [2], { dtype: "int32" }),
};

const classErrors = (
  op: string,
  f: (x: u.Tensor, target: u.Tensor, options?: u.NllLossOptions) => u.Tensor,
): OpCase["errors"] => [
  ...notTensors(op, f, given([2])),
  [() => f(given([2, 3]), [0, 1] as never), /expected target to be a tensor, got object/],
  [() => f(given([2, 3], "int32"), wrong.fine), /expected input to be float32/],
  [
    () => f(given([]), wrong.fine),
    /expected input to be \[C\], \[N, C\] or \[N, C, d1, ...\], got \[\]/,
  ],
  [() => f(given([2, 3]), wrong.large), /target from 0 to 2, or -100, got 3 at place 1/],
  [() => f(given([2, 3]), wrong.minus), /target from 0 to 2, or -100, got -1 at place 1/],
  [() => f(given([2, 3]), wrong.large, { ignoreIndex: -1 }), /from 0 to 2, or -1, got 3/],
  [
    () => f(given([2, 3]), wrong.fine, { ignoreIndex: 0.5 }),
    /ignoreIndex to be an integer, got 0.5/,
  ],
  [() => f(given([3, 3]), wrong.fine), /expected target to be \[3\], got \[2\]/],
  [() => f(given([2, 3, 2]), wrong.fine), /expected target to be \[2, 2\], got \[2\]/],
  [() => f(given([2, 3]), given([2], "bool")), /expected target to be int32, got bool/],
  [() => f(given([2, 3]), wrong.fine, { weight: given([2]) }), /expected weight to be \[3\]/],
  [() => f(given([2, 3]), wrong.fine, { weight: given([3], "float64") }), /tensors of one dtype/],
  [
    () => f(given([2, 3]), wrong.fine, { reduction: "x" as never }),
    /expected reduction to be "mean"/,
  ],
];

const smoothedProbabilities = (smooth: number, reduction: Options["reduction"]): OpCase => ({
  op: "crossEntropy",
  variant: `probabilities, ${reduction}${smooth ? ", weighted, smoothed" : ""}`,
  f: (x, p, weight) =>
    u.crossEntropy(x, p, { reduction, labelSmoothing: smooth, ...(weight ? { weight } : {}) }),
  oracle: (x, p, weight) => {
    const a = axisOf(x!);
    const [C, logp] = [x!.shape[a]!, logSoftmax(x!)];
    const loss = build(
      x!.shape.toSpliced(a, 1),
      (i) =>
        -total(
          Array.from({ length: C }, (_, c) => {
            const own = i.toSpliced(a, 0, c);
            const share = at(p!, own) * (1 - smooth) + smooth / C;
            return share * at(logp, own) * (weight?.data[c] ?? 1);
          }),
        ),
    );
    return reduced(loss, reduction);
  },
  shapes: SHAPES.map((shape) => (smooth ? [shape, shape, [5]] : [shape, shape])),
  sweep: (n) =>
    smooth
      ? [[2, n + 1], [2, n + 1], [n + 1]]
      : [
          [2, n + 1],
          [2, n + 1],
        ],
  errors: [],
});

export const cases: OpCase[] = [
  ...REDUCTIONS.flatMap((reduction) => [
    classified("nllLoss", u.nllLoss, (x) => x, { reduction }),
    classified("nllLoss", u.nllLoss, (x) => x, { reduction, weights: true }),
    classified("crossEntropy", u.crossEntropy, logSoftmax, { reduction }),
    classified("crossEntropy", u.crossEntropy, logSoftmax, { reduction, smooth: 0.1 }),
    classified("crossEntropy", u.crossEntropy, logSoftmax, {
      reduction,
      smooth: 0.3,
      weights: true,
    }),
    smoothedProbabilities(0, reduction),
    smoothedProbabilities(0.2, reduction),
  ]).map((row, k): OpCase => {
    if (k === 0) return { ...row, errors: classErrors("nllLoss", u.nllLoss) };
    if (k !== 2) return row;
    return {
      ...row,
      errors: [
        ...classErrors("crossEntropy", u.crossEntropy),
        [
          () => u.crossEntropy(given([2, 3]), given([2])),
          /expected target to be \[2, 3\], got \[2\]/,
        ],
        [() => u.crossEntropy(given([2, 3]), given([2, 3], "float64")), /tensors of one dtype/],
        [
          () => u.crossEntropy(given([2, 3]), wrong.fine, { labelSmoothing: 1.5 }),
          /expected labelSmoothing to be a number from 0 to 1, got 1.5/,
        ],
      ],
    };
  }),

  ...pairs("mseLoss", u.mseLoss, (x, y) => (x - y) ** 2),
  ...pairs("l1Loss", u.l1Loss, (x, y) => Math.abs(x - y)),
  ...pairs("smoothL1Loss", u.smoothL1Loss, parabola(1, 1), {
    errors: [
      [
        () => u.smoothL1Loss(given([2]), given([2]), { beta: -1 }),
        /expected beta to be a number from 0/,
      ],
    ],
  }),
  ...pairs(
    "smoothL1Loss",
    (x, y, o) => u.smoothL1Loss(x, y, { beta: 0.4, ...o }),
    parabola(0.4, 2.5),
    {
      variant: "beta 0.4",
    },
  ),
  ...pairs(
    "smoothL1Loss",
    (x, y, o) => u.smoothL1Loss(x, y, { beta: 0, ...o }),
    (x, y) => Math.abs(x - y),
    {
      variant: "beta 0",
    },
  ),
  ...pairs("huberLoss", u.huberLoss, parabola(1, 1), {
    errors: [
      [() => u.huberLoss(given([2]), given([2]), { delta: 0 }), /expected delta to be a number/],
    ],
  }),
  ...pairs("huberLoss", (x, y, o) => u.huberLoss(x, y, { delta: 0.4, ...o }), parabola(0.4, 1), {
    variant: "delta 0.4",
  }),
  ...weighted("mseLoss", u.mseLoss, (x, y) => (x - y) ** 2),
  ...weighted("l1Loss", u.l1Loss, (x, y) => Math.abs(x - y)),
  ...weighted("huberLoss", u.huberLoss, parabola(1, 1)),

  ...pairs("bceWithLogits", u.bceWithLogits, (x, y) => bce(x, y), {
    domain: [
      [-4, 4],
      [0, 1],
    ],
    errors: [
      [
        () => u.bceWithLogits(given([2, 3]), given([2, 3]), { weight: given([2]) }),
        /expected weight to broadcast to \[2, 3\], got \[2\]/,
      ],
      [
        () => u.bceWithLogits(given([3]), given([3]), { posWeight: given([2, 3]) }),
        /expected posWeight to broadcast to \[3\], got \[2, 3\]/,
      ],
    ],
  }),
  {
    op: "bceWithLogits",
    variant: "far from 0",
    f: (x, y) => u.bceWithLogits(x, y, { reduction: "none" }),
    oracle: each(bce),
    shapes: [[[6], [6]]],
    domain: [
      [-200, 200],
      [0, 1],
    ],
    errors: [],
  },
  {
    op: "bceWithLogits",
    variant: "weight and posWeight",
    f: (x, y, weight, posWeight) => u.bceWithLogits(x, y, { weight, posWeight }),
    oracle: (x, y, w, p) => reduced(each((x, y, w, p) => w * bce(x, y, p))(x!, y!, w!, p!), "mean"),
    shapes: [
      [[2, 3], [2, 3], [2, 1], [3]],
      [[4], [4], [], [4]],
    ],
    domain: [
      [-2, 2],
      [0, 1],
      [0.5, 2],
      [0.5, 3],
    ],
    sweep: (n) => [[2, n + 1], [2, n + 1], [2, 1], [n + 1]],
    errors: [],
  },
  ...pairs("klDiv", u.klDiv, (x, y) => xLogX(y) - y * x, {
    domain: [
      [-3, 0],
      [0.1, 1],
    ],
    errors: [
      [
        () => u.klDiv(given([]), given([]), { reduction: "batchmean" }),
        /expected input to have a batch for batchmean/,
      ],
    ],
  }),
  ...pairs(
    "klDiv",
    (x, y, o) => u.klDiv(x, y, { logTarget: true, ...o }),
    (x, y) => Math.exp(y) * (y - x),
    {
      variant: "logTarget",
    },
  ),
  {
    op: "klDiv",
    variant: "batchmean",
    f: (x, y) => u.klDiv(x, y, { reduction: "batchmean" }),
    oracle: (x, y) => {
      const { data } = each((x: number, y: number) => xLogX(y) - y * x)(x!, y!);
      return { shape: [], data: [total(data) / x!.shape[0]!] };
    },
    shapes: [
      [
        [3, 2],
        [3, 2],
      ],
    ],
    domain: [
      [-3, 0],
      [0.1, 1],
    ],
    errors: [],
  },
];

function bce(x: number, y: number, positive = 1): number {
  const missed = (z: number): number => Math.max(-z, 0) + Math.log1p(Math.exp(-Math.abs(z)));
  return positive * y * missed(x) + (1 - y) * missed(-x);
}
