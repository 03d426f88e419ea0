/** @file Attention: one query against all keys, then all at once, and why the loop is to be avoided. */

import {
  attentionWeights,
  concat,
  Generator,
  gradcheck,
  indexSelect,
  matmul,
  noGrad,
  randn,
  scaledDotProductAttention,
  scope,
  slice,
  softmax,
  sub,
  sum,
  tensor,
  type Tensor,
  zeros,
} from "unrolled";
import { attentionFrames } from "../viz/attention-slides.ts";
import { timingBars } from "../viz/timing-bars.ts";
import type { Exhibit, Picture, Verdict } from "./exhibit.ts";
import { above, below, exactly } from "./measure.ts";

/** Tokens and sizes of the picture, and those of the race. */
const [SHOWN, D] = [4, 4];
const [N, WIDE] = [128, 64];
const RUNS = 200;

/** As the slides draw it: for each query its scores, their softmax, the weighted sum of the values. */
function byLoop(q: Tensor, k: Tensor, v: Tensor): Tensor {
  const [L, d] = q.shape as [number, number];
  const scale = 1 / Math.sqrt(d);
  const ys = Array.from({ length: L }, (_, i) => {
    const scores = matmul(slice(q, 0, i, i + 1), k, { transposeB: true }).mul(scale); // [1, S]
    return matmul(softmax(scores, -1), v); // [1, dv]
  });
  return concat(ys, 0);
}

const apart = (a: Tensor, b: Tensor): number =>
  Math.max(...Array.from(sub(a, b).data(), (v) => Math.abs(v)));

/** The fastest run of each, in turns: whatever else the machine does only adds. */
function fastest(fs: readonly (() => Tensor)[]): number[] {
  const best = fs.map(() => Infinity);
  for (let run = 0; run < RUNS; run++) {
    fs.forEach((f, i) => {
      const start = performance.now();
      scope(() => void f());
      best[i] = Math.min(best[i]!, performance.now() - start);
    });
  }
  return best;
}

function agreement(generator: Generator): Verdict[] {
  const [q, k, v] = ["q", "k", "v"].map(() => randn([N, WIDE], { generator })) as [Tensor, Tensor, Tensor]; // prettier-ignore
  const y = scaledDotProductAttention(q, k, v);
  const rows = sum(attentionWeights(q, k), -1).data();
  const order = tensor(Int32Array.from({ length: N }, (_, i) => (i * 37) % N)); // 37 and 128 share no factor
  const mixed = [q, k, v].map((x) => indexSelect(x, 0, order)) as [Tensor, Tensor, Tensor];
  const blind = scaledDotProductAttention(q, k, v, { attnMask: zeros([N, N], { dtype: "bool" }) });
  return [
    below("the loop of the slides and the product of matrices differ by", 1e-6, apart(byLoop(q, k, v), y)),
    below("sums of the weights of a query differ from 1 by", 1e-6, Math.max(...Array.from(rows, (s) => Math.abs(s - 1)))),
    below("outputs of tokens in another order, and outputs in that order, differ by", 1e-6, apart(scaledDotProductAttention(...mixed), indexSelect(y, 0, order))),
    exactly("largest output of queries that may see no key", 0, Math.max(...Array.from(blind.data(), (v) => Math.abs(v)))),
  ];
} // prettier-ignore

function gradients(generator: Generator): Verdict {
  const options = { dtype: "float64", generator } as const;
  const inputs = [[3, 4], [5, 4], [5, 2]].map((shape) => randn(shape, options)); // prettier-ignore
  for (const x of inputs) x.requiresGrad = true;
  const bound = 1e-6;
  let pass = true;
  try {
    gradcheck((q, k, v) => scaledDotProductAttention(q!, k!, v!), inputs, { atol: bound, rtol: bound }); // prettier-ignore
  } catch {
    pass = false;
  }
  return {
    what: "gradients of q, k and v, and finite differences (float64)",
    expected: "within 1e-6",
    measured: pass ? "within 1e-6" : "further apart",
    pass,
  };
}

function race(generator: Generator): { verdict: Verdict; picture: Picture } {
  const [q, k, v] = ["q", "k", "v"].map(() => randn([N, WIDE], { generator })) as [Tensor, Tensor, Tensor]; // prettier-ignore
  const [loop, product] = fastest([
    () => byLoop(q, k, v),
    () => scaledDotProductAttention(q, k, v),
  ]) as [number, number];
  const times = [
    { name: `for-loop over ${N} queries`, milliseconds: loop },
    { name: "softmax(Q Kᵀ ∕ √d) V", milliseconds: product },
  ];
  return {
    verdict: above(`the loop takes longer than the product (n = ${N}, d = ${WIDE}) by a factor`, 3, loop / product), // prettier-ignore
    picture: {
      caption: `Avoid the for-loop: the same attention of ${N} tokens of ${WIDE} numbers, timed here, the fastest of ${RUNS} runs each.`,
      svg: timingBars(times, `The for-loop took ${loop.toFixed(2)} ms, the product of matrices ${product.toFixed(2)} ms`),
    },
  }; // prettier-ignore
}

/** Small numbers, rounded so that the picture's arithmetic can be followed. */
function slides(generator: Generator) {
  const rounded = (x: Tensor): Tensor => tensor(Array.from(x.data(), (v) => Math.round(10 * v) / 10), x.shape); // prettier-ignore
  const [q, k, v] = ["q", "k", "v"].map(() => rounded(randn([SHOWN, D], { generator }))) as [Tensor, Tensor, Tensor]; // prettier-ignore
  const rows = (x: Tensor): number[][] => {
    const [n, width] = x.shape as [number, number];
    const values = Array.from(x.data());
    return Array.from({ length: n }, (_, i) => values.slice(i * width, (i + 1) * width));
  };
  const scores = matmul(q, k, { transposeB: true }).mul(1 / Math.sqrt(D));
  const [a, y] = [attentionWeights(q, k), scaledDotProductAttention(q, k, v)];
  return { q: rows(q), k: rows(k), v: rows(v), scores: rows(scores), a: rows(a), y: rows(y) };
}

export const exhibit: Exhibit = {
  id: "S18",
  title: "Attention",
  statement:
    "s(qᵢᵀ [k₁ … kₙ]) = [a₁ … aₙ]: each query is compared with all keys; the softmax of the products weighs the values, whose sum is " +
    "the output. Avoid the for-loop: all outputs at once are products of matrices.",
  run({ progress }) {
    return scope(() => {
      const generator = new Generator(5);
      const { verdict, picture } = noGrad(() => race(generator));
      const verdicts = [...noGrad(() => agreement(generator)), gradients(generator), verdict];
      progress(1);
      const caption =
        "The slides, with numbers: a query in red, keys blue, weights orange, values green, outputs purple.";
      const frames = attentionFrames(slides(generator), 1);
      return { verdicts, pictures: [{ caption, frames }, picture] };
    });
  },
};
