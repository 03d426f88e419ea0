/** @file The terms of the backward pass. */

import { Generator, add, grad, lstmCell, noGrad, randn, scope, square, sub, sum, tensor, type Tensor } from "unrolled"; // prettier-ignore
import { bpttTerms, type NamedTensors, type Recurrence, unroll } from "../theory/index.ts";
import { bpttTermsPicture, termFormula } from "../viz/bptt-terms.ts";
import { lineChart } from "../viz/line-chart.ts";
import { COLOUR } from "../viz/drawing.ts";
import { unrolledNet } from "../viz/unrolled-net.ts";
import type { Exhibit, Verdict } from "./exhibit.ts";
import { above, below, exactly } from "./measure.ts";
import { slideNet } from "./slide-net.ts";

const T = 3;
const LONG = 20;

export const exhibit: Exhibit = {
  id: "S6",
  title: "The backward pass, term by term",
  statement:
    "∂L(y₃)/∂W = ∂L/∂y₃ ∂y₃/∂h₃ ∂f_W(x₃, h₂)/∂W + ∂L/∂y₃ ∂y₃/∂h₃ ∂f_W(x₃, h₂)/∂h₂ ∂f_W(x₂, h₁)/∂W + …",
  run({ progress }) {
    return scope(() => {
      const { net, xs } = slideNet(T);
      const { terms, sum: total } = bpttTerms(net, xs);
      const graph = unroll(net, xs);
      const autograd = grad(graph.run().loss!, Object.values(net.W));
      const untied = unroll(net, xs, { tied: false });
      const { loss } = untied.run();
      const ofCopies = terms.map(({ k, gradient }) => {
        const copies = Object.keys(net.W).map((name) => untied.params.get(`W.${name}@${k}`)!);
        return apart(gradient, grad(loss!, copies, { retainGraph: true }));
      });
      progress(0.3);

      const long = slideNet(LONG);
      const whole = bpttTerms(long.net, long.xs);
      const cut = bpttTerms(long.net, long.xs, { truncate: 5 });
      const five = whole.terms.slice(0, 5).map(({ gradient }) => Object.values(gradient));
      const partialSum = five.reduce((a, b) => a.map((g, i) => add(g, b[i]!)));
      const each = { ...long.net, losses: "each" as const };
      const many = bpttTerms(each, long.xs);
      const manyByAutograd = grad(unroll(each, long.xs).run().loss!, Object.values(each.W));
      progress(0.7);
      const lstm = lstmTerms(long);
      progress(1);

      const verdicts: Verdict[] = [
        { what: "the terms of three steps", ...same(TERMS, terms.map(({ k }) => plain(k))) }, // prettier-ignore
        below("their sum and autograd's gradient differ by", 1e-10, apart(total, autograd)),
        below("term k and the gradient of the k-th untied copy of W differ by", 1e-12, Math.max(...ofCopies)), // prettier-ignore
        exactly(`${LONG} steps: truncated at ${LONG}, off by`, 0, apart(bpttTerms(long.net, long.xs, { truncate: LONG }).sum, Object.values(whole.sum))), // prettier-ignore
        exactly(`${LONG} steps: truncated at 5, the partial sum; off by`, 0, apart(cut.sum, partialSum)), // prettier-ignore
        above("and off the whole gradient by", 1e-6, apart(cut.sum, Object.values(whole.sum))),
        exactly("a loss at each step: terms", (LONG * (LONG + 1)) / 2, many.terms.length),
        below(
          "their sum and autograd's gradient differ by",
          1e-10,
          apart(many.sum, manyByAutograd),
        ),
        below("an LSTM's terms and autograd's gradient differ by", 1e-10, lstm.apart),
      ];
      const frames = terms.map(({ k }) => ({
        caption: plain(k),
        svg: unrolledNet({ nodes: graph.nodes, term: k }),
      }));
      const squares = Object.values(total).map((g) => sum(square(g)).item());
      const norm = Math.sqrt(squares.reduce((a, b) => a + b));
      return {
        verdicts,
        pictures: [
          { caption: "The way of each term through the unrolled net.", frames },
          {
            caption:
              "Each term, and its Frobenius norm: the earlier the step, the longer the product.",
            svg: bpttTermsPicture({ T, terms, sum: norm }),
          },
          {
            caption: `The same over ${LONG} steps: how much each copy of the weights contributes. Truncation drops what lies to the right.`,
            svg: lineChart({
              curves: [
                { name: "RNN", colour: COLOUR.warm, marked: true, points: whole.terms.map(({ k, norm }) => [LONG - k, norm]) }, // prettier-ignore
                { name: "LSTM, forget bias 3", colour: COLOUR.cool, marked: true, points: lstm.norms.map(({ k, norm }) => [LONG - k, norm]) }, // prettier-ignore
              ],
              yScale: "log",
              xLabel: "steps back from the loss",
              yLabel: "norm of the term",
              description:
                "Norms of the terms of the gradient over 20 steps, for an RNN and an LSTM.",
            }),
          },
        ],
      };
    });
  },
};

const TERMS = [
  "∂L/∂y₃ · ∂y₃/∂h₃ · ∂⁺h₃/∂W",
  "∂L/∂y₃ · ∂y₃/∂h₃ · ∂h₃/∂h₂ · ∂⁺h₂/∂W",
  "∂L/∂y₃ · ∂y₃/∂h₃ · ∂h₃/∂h₂ · ∂h₂/∂h₁ · ∂⁺h₁/∂W",
];

/** A term in plain characters. */
const plain = (k: number): string =>
  termFormula(T, k)
    .replaceAll(/_\{(\d)\}/g, (_, digit: string) => "₀₁₂₃"[Number(digit)]!)
    .replaceAll("^+", "⁺");

const same = (want: readonly string[], got: readonly string[]): Omit<Verdict, "what"> => ({
  expected: want.join("  +  "),
  measured: got.join("  +  "),
  pass: want.join() === got.join(),
});

const apart = (a: NamedTensors, b: readonly Tensor[]): number =>
  noGrad(() =>
    Math.max(
      ...Object.values(a).flatMap((g, i) => Array.from(sub(g, b[i]!).data(), (v) => Math.abs(v))),
    ),
  );

/** The same with an LSTM whose forget gates begin open. */
function lstmTerms({ net, xs }: { net: Recurrence; xs: readonly Tensor[] }) {
  const generator = new Generator(2);
  const H = net.h0.size;
  const draw = (...shape: number[]): Tensor => {
    const w = randn(shape, { dtype: "float64", generator }).mul(0.5);
    w.requiresGrad = true;
    return w;
  };
  const bias = new Float64Array(4 * H).fill(3, H, 2 * H); // gates i, f, g, o
  const W = {
    w_ih: draw(4 * H, xs[0]!.size),
    w_hh: draw(4 * H, H),
    b_ih: tensor(bias, { requiresGrad: true }),
    b_hh: tensor(new Float64Array(4 * H), { requiresGrad: true }),
  };
  const lstm: Recurrence<readonly [Tensor, Tensor]> = {
    f: (x, state, W) =>
      lstmCell(x, state, { w_ih: W.w_ih!, w_hh: W.w_hh!, b_ih: W.b_ih, b_hh: W.b_hh }),
    W,
    h0: [net.h0, net.h0.mul(0)],
    g: ([h], V) => net.g!(h, V),
    V: net.V!,
    loss: net.loss!,
  };
  const { terms, sum: total } = bpttTerms(lstm, xs);
  const autograd = grad(unroll(lstm, xs).run().loss!, Object.values(W));
  return { norms: terms, apart: apart(total, autograd) };
}
