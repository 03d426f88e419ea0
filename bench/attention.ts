/** @file How near does attention come to the machine's limit, forward and with its gradients, whole and causal? */

import * as u from "unrolled";
import { expectClose } from "./inputs.ts";
import { measure } from "./measure.ts";
import { seconds } from "./table.ts";
import { type Subject, timed, type Work } from "./work.ts";

/** N sequences of L tokens, H heads of E numbers each */
interface Sizes {
  N: number;
  H: number;
  L: number;
  E: number;
  isCausal: boolean;
}

const FACTORS = { forward: [1.35, 1.45], training: [1.47, 1.55] } as const;

export const works = (): Work[] => [
  ...[128, 512].flatMap((L) =>
    [false, true].flatMap((isCausal) => {
      const sizes = { N: 8, H: 8, L, E: 64, isCausal };
      const name = `attention, N 8 H 8 E 64 L ${L}${isCausal ? ", causal" : ""}`;
      const atMost = (pass: keyof typeof FACTORS) =>
        ({ of: "factor", atMost: FACTORS[pass][+isCausal]! }) as const;
      return [
        timed(`${name}: forward`, atMost("forward"), () => forward(sizes)),
        timed(`${name}: forward and backward`, atMost("training"), () => training(sizes)),
      ];
    }),
  ),
  ...[false, true].map(long),
];

const make = ({ N, H, L, E }: Sizes, requiresGrad: boolean): u.Tensor[] => {
  u.manualSeed(1);
  return Array.from({ length: 3 }, () => u.randn([N, H, L, E], { requiresGrad }));
};

const attention = ([q, k, v]: readonly u.Tensor[], { isCausal }: Sizes): u.Tensor =>
  u.scaledDotProductAttention(q!, k!, v!, { isCausal });

/** Multiplications and additions of Q Kᵀ and A V, without what a causal mask hides. */
const multiplyAdds = ({ N, H, L, E, isCausal }: Sizes): number =>
  4 * N * H * E * (isCausal ? (L * (L + 1)) / 2 : L * L);

function forward(sizes: Sizes): Subject {
  const inputs = make(sizes, false);
  return {
    run: () => u.scope(() => void attention(inputs, sizes)),
    flops: multiplyAdds(sizes),
    elements: inputs[0]!.size,
    check: () => u.scope(() => check(inputs, sizes)),
    free: () => inputs.forEach((t) => t.free()),
  };
}

function training(sizes: Sizes): Subject {
  const inputs = make(sizes, true);
  const dy = u.randn(inputs[0]!.shape);
  return {
    run: () => u.scope(() => attention(inputs, sizes).backward(dy)),
    // dV, dA, dQ and dK are two products more for each of the forward's
    flops: 3 * multiplyAdds(sizes),
    check: () => u.scope(() => check(inputs, sizes, dy)),
    free: () => [...inputs, dy, ...inputs.map((t) => t.grad)].forEach((t) => t?.free()),
  };
}

/** The first and the last head against their weights in float64. */
function check(inputs: readonly u.Tensor[], sizes: Sizes, dy?: u.Tensor): void {
  const y = attention(inputs, sizes);
  const got = [y, ...(dy ? u.grad(u.sum(u.mul(y, dy)), inputs) : [])];
  for (const [n, h] of [
    [0, 0],
    [sizes.N - 1, sizes.H - 1],
  ] as const) {
    const head = (t: u.Tensor): u.Tensor => u.select(u.select(t.detach(), 0, n), 0, h);
    const own = inputs.map((t) => u.to(head(t), "float64"));
    for (const t of own) t.requiresGrad = dy !== undefined;
    const [q, k, v] = own as [u.Tensor, u.Tensor, u.Tensor];
    const z = u.matmul(u.attentionWeights(q, k, { isCausal: sizes.isCausal }), v);
    const cotangent = dy && u.to(head(dy), "float64");
    const want = [z, ...(cotangent ? u.grad(u.sum(u.mul(z, cotangent)), own) : [])];
    want.forEach((w, i) => {
      const values = head(got[i]!).data();
      expectClose(`attention, result ${i}`, values, [...w.data()], () => 2e-5);
    });
  }
}

/** A cost that grows beyond the square of the length would show where keys and values leave the caches. */
const long = (isCausal: boolean): Work => ({
  name: `attention, H 8 E 64${isCausal ? ", causal" : ""}: forward and backward, L 4096 beside 512`,
  bar: { of: "growth", atMost: 1.15 },
  figures() {
    const times = [512, 4096].map((L) => {
      const sizes = { N: 1, H: 8, L, E: 64, isCausal };
      const { run, free } = training(sizes);
      const { work } = measure(run);
      free();
      return { work, cost: work / multiplyAdds(sizes) };
    });
    return {
      growth: times[1]!.cost / times[0]!.cost,
      note: times.map(({ work }) => seconds(work)).join(", "),
    };
  },
});
