import * as u from "../../../ts/index.ts";
import type { Nd, OpCase } from "../cases.ts";
import { given } from "../given.ts";
import { at, broadcast, build, total } from "../nd.ts";
import { notTensors } from "../refusals.ts";

/** What row (.., i, j) of the scores gets added; −∞ where query i may not see key j. */
type Mask = (index: number[], L: number, S: number) => number;

const range = (n: number): number[] => Array.from({ length: n }, (_, i) => i);

/** softmax(Q Kᵀ · scale + mask), one weight after the other; 0 in the row of a query that sees no key. */
function weights(
  q: Nd,
  k: Nd,
  { mask, scale, grouped }: { mask?: Mask; scale?: number; grouped?: boolean },
): Nd {
  const [L, E] = q.shape.slice(-2) as [number, number];
  const S = k.shape.at(-2)!;
  const front = frontOf([q, k], grouped);
  const factor = scale ?? 1 / Math.sqrt(E || 1);
  const rows = build([...front, L], (index) => {
    const heads = keyHeads(index.slice(0, -1), q, k, grouped);
    const scores = range(S).map((j) => {
      const products = range(E).map((e) => at(q, [...index, e]) * at(k, [...heads, j, e]));
      return factor * total(products) + (mask?.([...index, j], L, S) ?? 0);
    });
    const most = Math.max(...scores);
    const powers = scores.map((s) => (most === -Infinity ? 0 : Math.exp(s - most)));
    const sum = total(powers);
    found.push(powers.map((p) => (sum === 0 ? 0 : p / sum)));
    return 0;
  });
  const data = found.splice(0).flat();
  return { shape: [...rows.shape, S], data };
}
const found: number[][] = [];

/** The axes in front, to which all broadcast; of groups of heads, those of the queries. */
function frontOf(xs: Nd[], grouped = false): number[] {
  if (!grouped) return broadcast(...xs.map((x) => x.shape.slice(0, -2)));
  return [...broadcast(...xs.map((x) => x.shape.slice(0, -3))), xs[0]!.shape.at(-3)!];
}

const keyHeads = (heads: number[], q: Nd, k: Nd, grouped = false): number[] => {
  const group = grouped ? q.shape.at(-3)! / k.shape.at(-3)! : 1;
  return [...heads.slice(0, -1), ...heads.slice(-1).map((h) => Math.floor(h / group))];
};

function attention(q: Nd, k: Nd, v: Nd, options: Parameters<typeof weights>[2] = {}): Nd {
  const front = frontOf([q, k, v], options.grouped);
  const A = weights(q, k, options);
  const [L, S, Ev] = [q.shape.at(-2)!, k.shape.at(-2)!, v.shape.at(-1)!];
  return build([...front, L, Ev], (index) => {
    const [outer, c] = [index.slice(0, -1), index.at(-1)!];
    const heads = keyHeads(index.slice(0, -2), q, k, options.grouped);
    return total(range(S).map((j) => at(A, [...outer, j]) * at(v, [...heads, j, c])));
  });
}

/** Three keys in five, and none for every fourth query. */
const sees = (i: number, j: number): boolean => i % 4 !== 3 && (3 * i + j) % 5 < 3;
const hidden: Mask = (index) => (sees(index.at(-2)!, index.at(-1)!) ? 0 : -Infinity);
const boolMask = (L: number, S: number): u.Tensor =>
  u.tensor(
    range(L).flatMap((i) => range(S).map((j) => sees(i, j))),
    [L, S],
    { dtype: "bool" },
  );
const causal =
  (lowerRight: boolean): Mask =>
  (index, L, S) =>
    index.at(-1)! <= index.at(-2)! + (lowerRight ? S - L : 0) ? 0 : -Infinity;
const added =
  (mask: Nd): Mask =>
  (index) =>
    at(mask, index);

const sdpa = u.scaledDotProductAttention;
const OP = "scaledDotProductAttention";

/** [q, k, v] with heads in front of [L, E], [S, E] and [S, Ev]. */
const shapes = (
  [q, k, v]: readonly [u.Shape, u.Shape, u.Shape],
  [L, S, E, Ev]: readonly [number, number, number, number],
): u.Shape[] => [
  [...q, L, E],
  [...k, S, E],
  [...v, S, Ev],
];
const NONE = [[], [], []] as const;
const HEADS = [[2], [2], [2]] as const;

const SIDES = [
  [3, 4, 2, 3],
  [2, 2, 2, 2],
  [1, 1, 1, 1],
  [1, 5, 3, 2],
  [5, 1, 2, 1],
  [0, 3, 2, 2],
  [3, 0, 2, 2],
  [3, 2, 0, 2],
  [3, 2, 2, 0],
] as const;

const sweep = (n: number): u.Shape[] => shapes(NONE, [n, n + 1, Math.max(1, n - 2), n]);
const shared: Pick<OpCase, "sweep" | "tolerance" | "differentiable"> = {
  sweep: (n) => shapes(NONE, [n, n + 1, 3, 2]),
  tolerance: 1e-5, // scores of up to 66 products, and their exponentials
  differentiable: "once",
};

type Call = (q: u.Tensor, k: u.Tensor, options?: u.AttentionOptions) => u.Tensor;

/** What both refuse. */
const refusals = (call: Call): OpCase["errors"] => [
  ...notTensors(OP, call as never, given([2, 3])),
  [() => call(given([2, 3]), 2 as never), /expected key to be a tensor, got number/],
  [() => call(given([2, 3], "int32"), given([2, 3])), /expected query to be float32 or float64/],
  [() => call(given([2, 3]), given([2, 3], "float64")), /expected tensors of one dtype/],
  [
    () => call(given([3]), given([2, 3])),
    /expected query to have at least 2 dimensions, got \[3\]/,
  ],
  [() => call(given([2, 3]), given([3])), /expected key to have at least 2 dimensions, got \[3\]/],
  [
    () => call(given([2, 3]), given([2, 4])),
    /expected key to be \[\.\.\., S, 3\] as query \[2, 3\] is, got \[2, 4\]/,
  ],
  [() => call(given([2, 2, 3]), given([3, 2, 3])), /expected shapes that broadcast/],
  [
    () => call(given([2, 3]), given([4, 3]), { enableGqa: true }),
    /expected query to have at least 3 dimensions, got \[2, 3\]/,
  ],
  [
    () => call(given([3, 2, 3]), given([2, 2, 3]), { enableGqa: true }),
    /expected query to have a multiple of the 2 heads of key, got \[3, 2, 3\]/,
  ],
  [
    () => call(given([3, 2, 3]), given([0, 2, 3]), { enableGqa: true }),
    /expected query to have a multiple of the 0 heads of key/,
  ],
  [
    () => call(given([2, 3]), given([4, 3]), { attnMask: given([2, 4], "bool"), isCausal: true }),
    /expected isCausal or attnMask, got both; put the triangle into attnMask/,
  ],
  [
    () => call(given([2, 3]), given([4, 3]), { attnMask: given([4, 2]) }),
    /expected shapes that broadcast .*, got \[4, 2\] and \[2, 4\]/,
  ],
  [
    () => call(given([2, 3]), given([4, 3]), { attnMask: given([3, 2, 4]) }),
    /expected attnMask to broadcast to \[2, 4\], got \[3, 2, 4\]/,
  ],
  [
    () => call(given([2, 3]), given([4, 3]), { attnMask: given([2, 4], "float64") }),
    /expected attnMask to be bool or float32, as query is, got float64/,
  ],
  [
    () => call(given([2, 3]), given([4, 3]), { attnMask: given([2, 4], "int32") }),
    /expected attnMask to be bool or float32, as query is, got int32/,
  ],
  [
    () => call(given([2, 3]), given([4, 3]), { attnMask: [[true]] as never }),
    /expected attnMask to be a tensor, got object/,
  ],
  [
    () => call(given([2, 3]), given([4, 3]), { causalAlignment: "lowerRight" as never }),
    /expected causalAlignment to be "topLeft" or "bottomRight", got lowerRight/,
  ],
  ...[-0.1, 1.1, NaN, "0.5"].map(
    (dropoutP) =>
      [
        () => call(given([2, 3]), given([4, 3]), { dropoutP: dropoutP as number }),
        /expected dropoutP to be a number from 0 to 1, got/,
      ] as const,
  ),
  ...[NaN, "1"].map(
    (scale) =>
      [
        () => call(given([2, 3]), given([4, 3]), { scale: scale as number }),
        /expected scale to be a number from -Infinity to Infinity, got/,
      ] as const,
  ),
];

const valueRefusals: OpCase["errors"] = [
  [
    () => sdpa(given([2, 3]), given([4, 3]), 1 as never),
    /expected value to be a tensor, got number/,
  ],
  [
    () => sdpa(given([2, 3]), given([4, 3]), given([4])),
    /expected value to have at least 2 dimensions, got \[4\]/,
  ],
  [
    () => sdpa(given([2, 3]), given([4, 3]), given([5, 3])),
    /expected value to be \[\.\.\., 4, Ev\] as key \[4, 3\] is, got \[5, 3\]/,
  ],
  [() => sdpa(given([2, 3]), given([4, 3]), given([4, 3], "bool")), /expected value to be float32/],
  [() => sdpa(given([2, 3]), given([4, 3]), given([4, 3], "float64")), /tensors of one dtype/],
  [
    () => sdpa(given([2, 2, 3]), given([2, 4, 3]), given([1, 4, 3]), { enableGqa: true }),
    /expected value to have the 2 heads of key, got \[1, 4, 3\]/,
  ],
];

export const cases: OpCase[] = [
  {
    ...shared,
    op: OP,
    sweep,
    f: (q, k, v) => sdpa(q!, k!, v!),
    oracle: (q, k, v) => attention(q!, k!, v!),
    shapes: [
      ...SIDES.map((sides) => shapes(NONE, sides)),
      shapes(HEADS, [2, 3, 2, 2]),
      shapes([[1, 2], [3, 1], [2]], [2, 3, 2, 2]),
      shapes([[2], [], [1]], [2, 3, 2, 2]),
      shapes([[0], [0], [0]], [2, 3, 2, 2]),
    ],
    errors: [...refusals((q, k, options) => sdpa(q, k, k, options)), ...valueRefusals],
  },
  {
    ...shared,
    op: OP,
    variant: "causal",
    f: (q, k, v) => sdpa(q!, k!, v!, { isCausal: true }),
    oracle: (q, k, v) => attention(q!, k!, v!, { mask: causal(false) }),
    shapes: SIDES.map((sides) => shapes(HEADS, sides)),
    errors: [],
  },
  {
    ...shared,
    op: OP,
    variant: "causal from the bottom right",
    f: (q, k, v) => sdpa(q!, k!, v!, { isCausal: true, causalAlignment: "bottomRight" }),
    oracle: (q, k, v) => attention(q!, k!, v!, { mask: causal(true) }),
    shapes: SIDES.map((sides) => shapes(HEADS, sides)),
    errors: [],
  },
  {
    ...shared,
    op: OP,
    variant: "boolean mask",
    f: (q, k, v) => {
      const attnMask = boolMask(q!.shape.at(-2)!, k!.shape.at(-2)!);
      return sdpa(q!, k!, v!, { attnMask });
    },
    oracle: (q, k, v) => attention(q!, k!, v!, { mask: hidden }),
    shapes: SIDES.map((sides) => shapes(HEADS, sides)),
    errors: [],
  },
  {
    ...shared,
    op: OP,
    variant: "additive mask",
    f: (q, k, v, attnMask) => sdpa(q!, k!, v!, { attnMask: attnMask! }),
    oracle: (q, k, v, mask) => attention(q!, k!, v!, { mask: added(mask!) }),
    shapes: [
      ...SIDES.map((sides) => [...shapes(HEADS, sides), [sides[0], sides[1]]]),
      ...[
        [],
        [3],
        [2, 1],
        [2, 3],
        [2, 1, 1],
        [2, 2, 3],
        [2, 1, 2, 1],
        [1, 2, 1, 3],
        [2, 2, 2, 3],
      ].map((mask) => [
        ...shapes(
          [
            [2, 2],
            [2, 2],
            [2, 2],
          ],
          [2, 3, 1, 1],
        ),
        mask,
      ]),
      [
        ...shapes(
          [
            [2, 2, 1],
            [2, 2, 1],
            [2, 2, 1],
          ],
          [2, 2, 1, 1],
        ),
        [2, 1, 1, 2, 1],
      ],
    ],
    sweep: (n) => [...shapes(NONE, [n, n + 1, 3, 2]), [n, n + 1]],
    errors: [],
  },
  {
    ...shared,
    op: OP,
    variant: "groups of heads",
    f: (q, k, v) => sdpa(q!, k!, v!, { enableGqa: true, scale: 0.7 }),
    oracle: (q, k, v) => attention(q!, k!, v!, { grouped: true, scale: 0.7 }),
    shapes: [
      shapes([[4], [2], [2]], [2, 3, 2, 2]),
      shapes([[3], [1], [1]], [1, 3, 2, 2]),
      shapes(
        [
          [2, 2],
          [2, 1],
          [2, 1],
        ],
        [2, 2, 2, 1],
      ),
      shapes(
        [
          [2, 2],
          [1, 2],
          [2, 2],
        ],
        [2, 2, 2, 1],
      ),
    ],
    sweep: (n) => shapes([[4], [2], [2]], [n, 3, 2, 2]),
    errors: [],
  },
  {
    ...shared,
    op: OP,
    variant: "groups of heads, a mask for each, one query",
    f: (q, k, v, attnMask) => sdpa(q!, k!, v!, { enableGqa: true, attnMask: attnMask! }),
    oracle: (q, k, v, mask) => attention(q!, k!, v!, { grouped: true, mask: added(mask!) }),
    shapes: [
      [
        ...shapes(
          [
            [2, 4],
            [2, 2],
            [2, 2],
          ],
          [1, 3, 1, 1],
        ),
        [4, 1, 3],
      ],
      [
        ...shapes(
          [
            [2, 4],
            [2, 2],
            [2, 2],
          ],
          [1, 3, 1, 1],
        ),
        [2, 4, 1, 3],
      ],
      [
        ...shapes(
          [
            [2, 4],
            [2, 2],
            [2, 2],
          ],
          [1, 3, 1, 1],
        ),
        [2, 1, 1, 3],
      ],
      [
        ...shapes(
          [
            [2, 4],
            [2, 2],
            [2, 2],
          ],
          [2, 2, 1, 1],
        ),
        [4, 2, 2],
      ],
    ],
    sweep: (n) => [...shapes([[4], [2], [2]], [1, n, 2, 2]), [4, 1, n]],
    errors: [],
  },
  {
    op: "attentionWeights",
    f: (q, k) => u.attentionWeights(q!, k!),
    oracle: (q, k) => weights(q!, k!, {}),
    shapes: SIDES.map((sides) => shapes(HEADS, sides).slice(0, 2)),
    sweep: (n) => sweep(n).slice(0, 2),
    tolerance: 1e-5,
    errors: refusals(u.attentionWeights),
  },
  {
    op: "attentionWeights",
    variant: "masked",
    f: (q, k, attnMask) => u.attentionWeights(q!, k!, { attnMask: attnMask!, scale: 0.3 }),
    oracle: (q, k, mask) => weights(q!, k!, { mask: added(mask!), scale: 0.3 }),
    shapes: [
      [
        [2, 2, 2],
        [2, 3, 2],
        [2, 3],
      ],
    ],
    sweep: (n) => [
      [n, 3],
      [n + 1, 3],
      [n, n + 1],
    ],
    tolerance: 1e-5,
    errors: [],
  },
  {
    op: "attentionWeights",
    variant: "groups of heads",
    f: (q, k) => u.attentionWeights(q!, k!, { enableGqa: true }),
    oracle: (q, k) => weights(q!, k!, { grouped: true }),
    shapes: [
      [
        [4, 2, 2],
        [2, 3, 2],
      ],
    ],
    tolerance: 1e-5,
    errors: [],
  },
];
