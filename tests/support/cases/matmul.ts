import * as u from "../../../ts/index.ts";
import type { Bench, Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, broadcast, build, total } from "../nd.ts";
import { notTensors } from "../refusals.ts";

/** Σ_k a[.., m, k] b[.., k, n] */
function product(a: Nd, b: Nd, transposeA: boolean, transposeB: boolean): Nd {
  const A = a.shape.length === 1 ? { ...a, shape: [1, ...a.shape] } : a;
  const B = b.shape.length === 1 ? { ...b, shape: [...b.shape, 1] } : b;
  const turn = (index: number[], t: boolean): number[] =>
    t ? [...index.slice(0, -2), index.at(-1)!, index.at(-2)!] : index;
  const [M, K] = turn(A.shape.slice(-2), transposeA) as [number, number];
  const N = turn(B.shape.slice(-2), transposeB)[1]!;
  const batch = broadcast(A.shape.slice(0, -2), B.shape.slice(0, -2));
  const { data } = build([...batch, M, N], (index) => {
    const [outer, m, n] = [index.slice(0, -2), index.at(-2)!, index.at(-1)!];
    return total(
      Array.from(
        { length: K },
        (_, k) =>
          at(A, turn([...outer, m, k], transposeA)) * at(B, turn([...outer, k, n], transposeB)),
      ),
    );
  });
  const sides = [...(a.shape.length === 1 ? [] : [M]), ...(b.shape.length === 1 ? [] : [N])];
  return { shape: [...batch, ...sides], data };
}

const BATCHES: readonly (readonly [u.Shape, u.Shape])[] = [
  [[], []],
  [[2], []],
  [[], [2]],
  [[2], [2]],
  [[2, 1], [3]],
  [
    [1, 3],
    [2, 1],
  ],
  [[2, 3], [3]],
  [
    [2, 1],
    [2, 3],
  ],
  [[1], [2]],
  [[0], [1]],
];
const SIDES = [
  [3, 2, 4],
  [1, 1, 1],
  [1, 5, 2],
  [0, 2, 3],
  [2, 0, 3],
  [2, 3, 0],
] as const;

const row = (transposeA: boolean, transposeB: boolean): OpCase => {
  const shapes = (
    [a, b]: readonly [u.Shape, u.Shape],
    [M, N, K]: readonly [number, number, number],
  ) => [
    [...a, ...(transposeA ? [K, M] : [M, K])],
    [...b, ...(transposeB ? [N, K] : [K, N])],
  ];
  return {
    op: "matmul",
    variant: `${transposeA ? "aᵀ" : "a"} ${transposeB ? "bᵀ" : "b"}`,
    f: (a, b) => u.matmul(a, b, { transposeA, transposeB }),
    oracle: (a, b) => product(a!, b!, transposeA, transposeB),
    shapes: [
      ...BATCHES.map((batch) => shapes(batch, [3, 2, 4])),
      ...SIDES.map((sides) => shapes([[], []], sides)),
      ...SIDES.map((sides) => shapes([[2], [2]], sides)),
    ],
    sweep: (n) => shapes([[2], []], [n, Math.max(1, n - 2), n + 1]),
    tolerance: 1e-5, // up to 66 products of up to 4 each
    errors: [],
    bench: benches(transposeA, transposeB),
  };
};

type Sides = readonly [M: number, K: number, N: number];

/** What the benchmark multiplies, and the share of the machine's limit that it must reach: C [M, N] from so many K. */
const SQUARES = [64, 128, 256, 512, 1024].map((n): Sides => [n, n, n]);
const ODD: readonly Sides[] = [
  [127, 127, 127],
  [129, 129, 129],
  [63, 65, 67],
  [5, 1000, 7],
];

function benches(transposeA: boolean, transposeB: boolean): Bench[] {
  const bench = (share: number, [M, K, N]: Sides, batch: u.Shape = []): Bench => ({
    shapes: [
      [...batch, ...(transposeA ? [K, M] : [M, K])],
      [...batch, ...(transposeB ? [N, K] : [K, N])],
    ],
    // a vector against a matrix: reading the matrix decides
    ...(M === 1 || N === 1 ? { bytes: 4 * K * M * N } : { flops: 2 * M * K * N * (batch[0] ?? 1) }),
    share,
  });
  if (transposeA && transposeB) return [];
  const large = SQUARES.map((sides) => bench(0.9, sides));
  if (transposeA) {
    return [
      ...large,
      bench(0.9, [256, 2048, 1024]),
      bench(0.83, [512, 32, 2048]),
      bench(0.85, [1, 512, 2048]),
    ];
  }
  if (transposeB) {
    return [
      ...large,
      bench(0.83, [32, 2048, 512]),
      bench(0.83, [128, 64, 128], [64]),
      bench(0.85, [1, 512, 2048]),
    ];
  }
  return [
    ...large,
    bench(0.9, [2048, 128, 1024]),
    bench(0.83, [32, 512, 2048]),
    bench(0.83, [128, 64, 128], [64]),
    ...ODD.map((sides) => bench(0.78, sides)),
    bench(0.85, [1, 512, 2048]),
    bench(0.85, [2048, 512, 1]),
  ];
}

const refusals: OpCase["errors"] = [
  ...notTensors("matmul", u.matmul, 0),
  [() => u.matmul(given([2, 3]), 2 as never), /matmul: expected b to be a tensor, got number/],
  [() => u.matmul(given([2, 2], "int32"), given([2, 2])), /expected a to be float32 or float64/],
  [() => u.matmul(given([2, 2]), given([2, 2], "float64")), /expected tensors of one dtype/],
  ...(
    [
      [
        [2, 3],
        [2, 3],
      ],
      [
        [2, 3],
        [4, 2],
      ],
      [[2, 3], [2]],
      [[2], [3, 2]],
      [[3], [2]],
      [[], [2]],
      [[2, 3], []],
      [
        [2, 3],
        [0, 2],
      ],
      [
        [4, 2, 3],
        [4, 2, 3],
      ],
    ] as const
  ).map(
    ([a, b]) =>
      [
        () => u.matmul(given(a), given(b)),
        /matmul: expected a \[\.\.\., M, K\] and b \[\.\.\., K, N\], got \[/,
      ] as const,
  ),
  [() => u.matmul(given([2, 3, 4]), given([3, 4, 5])), /matmul: expected shapes that broadcast/],
  [
    () => u.matmul(given([2, 3]), given([3, 2]), { transposeA: true }),
    /expected a \[\.\.\., K, M\] and b \[\.\.\., K, N\], got \[2, 3\] and \[3, 2\]/,
  ],
  [() => u.matmul(given([2, 3]), given([3, 2]), { transposeB: true }), /b \[\.\.\., N, K\], got/],
  [() => u.matmul(given([3]), given([3, 2]), { transposeA: true }), /matmul: expected/],
];

export const cases: OpCase[] = [
  { ...row(false, false), errors: refusals },
  row(false, true),
  row(true, false),
  row(true, true),
  {
    op: "matmul",
    variant: "vectors",
    f: (a, b) => u.matmul(a, b),
    oracle: (a, b) => product(a!, b!, false, false),
    shapes: [
      [[3], [3]],
      [[3], [3, 2]],
      [[2, 3], [3]],
      [[3], [2, 3, 4]],
      [[2, 4, 3], [3]],
      [[0], [0]],
    ],
    sweep: (n) => [[n], [n]],
    errors: [],
  },
];
