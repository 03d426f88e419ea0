/** @file Unrolling: the loop as a feed-forward net of equal blocks. */

import { add, grad, noGrad, scope, sub, type Tensor } from "unrolled";
import { type Recurrence, unroll } from "../theory/index.ts";
import { unrolledNet } from "../viz/unrolled-net.ts";
import type { Exhibit, Picture } from "./exhibit.ts";
import { below, exactly } from "./measure.ts";
import { slideNet } from "./slide-net.ts";

const T = 3;

export const exhibit: Exhibit = {
  id: "S4",
  title: "Unrolling a recurrent block",
  statement:
    "Given a finite input sequence we remove the recurrent connection by successive substitution of inputs and unrolling the " +
    "net. The unrolled computational graph is a normal feedforward network; it consists of several same blocks with the same weights!",
  run({ progress }) {
    return scope(() => {
      const { net, xs } = slideNet(T);
      const graph = unroll(net, xs);
      const { hs, ys, loss } = graph.run();
      const looped = loop(net, xs);
      const weights = [...Object.values(net.W), ...Object.values(net.V!)];
      const [own, theirs] = [grad(loss!, weights), grad(looped.L, weights)];

      const untied = unroll(net, xs, { tied: false });
      const { loss: untiedLoss } = untied.run();
      const sums = Object.keys(net.W).map((name) => {
        const copies = xs.map((_, i) => untied.params.get(`W.${name}@${i + 1}`)!);
        return grad(untiedLoss!, copies, { retainGraph: true }).reduce(add);
      });

      const { nodes, edges } = graph;
      const place = new Map(nodes.map(({ id }, i) => [id, i]));
      const backward = edges.filter(({ from, to }) => place.get(from)! >= place.get(to)!);
      const longer = unroll(net, slideNet(20).xs);
      progress(1);
      return {
        verdicts: [
          exactly("states: the graph and the loop differ by", 0, apart(hs, looped.hs)),
          exactly("output: the graph and the loop differ by", 0, apart(ys, [looped.y])),
          exactly("all gradients: the graph and the loop differ by", 0, apart(own, theirs)),
          below("gradient of W and the sum over untied copies differ by", 1e-12, apart(own.slice(0, sums.length), sums)), // prettier-ignore
          exactly("copies of f_W in the graph", T, copiesOf(graph.nodes)),
          exactly("edges that do not go forward", 0, backward.length),
          exactly("weights in the graph of 20 steps, as in that of 3", graph.params.size, longer.params.size), // prettier-ignore
        ],
        pictures: [{ caption: "From the loop to a feed-forward net.", frames: frames(nodes) }],
      };
    });
  },
};

/** The same by a loop. */
function loop({ f, g, W, V = {}, h0, loss }: Recurrence, xs: readonly Tensor[]) {
  let h = h0;
  const hs = xs.map((x) => (h = f(x, h, W)));
  const y = g!(h, V);
  return { hs, y, L: loss!(y, xs.length) };
}

const copiesOf = (nodes: readonly { id: string }[]): number =>
  nodes.filter(({ id }) => /^f\d+$/.test(id)).length;

const apart = (as: readonly Tensor[], bs: readonly Tensor[]): number =>
  noGrad(() =>
    Math.max(...as.flatMap((a, i) => Array.from(sub(a, bs[i]!).data(), (v) => Math.abs(v)))),
  );

function frames(nodes: Parameters<typeof unrolledNet>[0]["nodes"]): Picture[] {
  const substituted = ["h₁ = f_W(x₁, h₀)", "h₂ = f_W(x₂, f_W(x₁, h₀))"];
  const plain = nodes.filter(({ kind }) => kind !== "loss" && kind !== "param");
  const chain = plain.filter(({ id }) => !id.startsWith("y"));
  return [
    {
      caption: "A recurrent block, and a finite input sequence: h₀, x₁, x₂, x₃.",
      svg: unrolledNet({ nodes: chain, copies: 0 }),
    },
    ...substituted.map((h, i) => ({
      caption: `Successive substitution: ${h}.`,
      svg: unrolledNet({ nodes: chain, copies: i + 1 }),
    })),
    {
      caption: "h₃ = f_W(x₃, f_W(x₂, f_W(x₁, h₀))): a normal feedforward network.",
      svg: unrolledNet({ nodes: plain }),
    },
    {
      caption: "It consists of several same blocks with the same weights.",
      svg: unrolledNet({ nodes: plain, weights: true }),
    },
    {
      caption: "The cross-entropy loss on the last output only, for simplicity.",
      svg: unrolledNet({ nodes, weights: true }),
    },
  ];
}
