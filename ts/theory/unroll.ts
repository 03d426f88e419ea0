/** @file Unrolling: a recurrent net over a finite sequence as an ordinary feed-forward graph. */

import { add, type Tensor } from "unrolled";
import {
  type Recurrence,
  type State,
  stepsWithLoss,
  tensorsOf,
  type NamedTensors,
} from "./recurrence.ts";

/** A block of the unrolled net. */
export interface GraphNode {
  /** "h0", "x1", "W.name", "f1", "y1", "L1"; "L" is the sum where there are several losses. */
  id: string;
  /** An op is a copy of f or of g. */
  kind: "input" | "param" | "op" | "loss";
  /** The step it belongs to, from 1; undefined for what the steps share. */
  step?: number;
  /** The other copies of the same block, with the same weights. */
  sharedWith: readonly string[];
}

/** What one block gives another. */
export interface GraphEdge {
  from: string;
  to: string;
}

/** The graph as plain data, the weights in it, and a way to compute it. */
export interface Unrolled<S extends State = Tensor> {
  /** In topological order. */
  nodes: readonly GraphNode[];
  edges: readonly GraphEdge[];
  /** By the id of their node. */
  params: ReadonlyMap<string, Tensor>;
  /** Computes every node from those before it. */
  run(): UnrolledValues<S>;
}

/** What the unrolled net computed. */
export interface UnrolledValues<S extends State> {
  /** h_1 … h_T */
  hs: S[];
  /** The outputs that have a loss; without a loss, y_T. */
  ys: Tensor[];
  /** The sum of the losses; undefined if there are none. */
  loss: Tensor | undefined;
}

/** Options of `unroll`. */
export interface UnrollOptions {
  /** Whether the copies of f share W. If not, each has a copy of its own, "W.name@1", … Default true. */
  tied?: boolean;
}

type Read = (id: string) => State;
type Names = readonly (readonly [name: string, id: string])[];

/**
 * Replaces the loop h_t = f_W(x_t, h_{t−1}) by T copies of f with the same weights: "it is a normal feedforward network;
 * it consists of several same blocks with the same weights!"
 *
 * @param xs x_1 … x_T
 * @throws RangeError for an empty sequence
 *
 * @example
 * const f = (x: Tensor, h: Tensor, { w }: Record<string, Tensor>) => tanh(add(x, mul(w!, h)));
 * const graph = unroll({ f, W: { w: tensor(0.5) }, h0: zeros([]) }, [tensor(1), tensor(0), tensor(0)]);
 * graph.nodes.filter(({ kind }) => kind === "op").map(({ id }) => id); // ["f1", "f2", "f3"]
 * graph.run().hs.map((h) => h.item()); // [0.7616, 0.3634, 0.1797]
 */
export function unroll<S extends State = Tensor>(
  net: Recurrence<S>,
  xs: readonly Tensor[],
  { tied = true }: UnrollOptions = {},
): Unrolled<S> {
  const { f, g, loss, W, V = {}, h0 } = net;
  const withLoss = stepsWithLoss(net, xs.length);
  const graph = new Graph();

  const Ws = xs.map((_, i) =>
    tied && i > 0 ? [] : graph.weights("W", W, tied ? undefined : i + 1),
  );
  const VNames = g ? graph.weights("V", V) : [];
  let h = graph.add({ id: "h0", kind: "input" }, [], () => h0);
  const fs: string[] = [];
  const ys: string[] = [];
  const losses: string[] = [];
  for (const [i, x] of xs.entries()) {
    const step = i + 1;
    const names = Ws[tied ? 0 : i]!;
    const before = h;
    const now = graph.add({ id: `x${step}`, kind: "input", step }, [], () => x);
    h = graph.add({ id: `f${step}`, kind: "op", step }, [now, before, ...ids(names)], (read) =>
      f(read(now) as Tensor, read(before) as S, weightsOf(names, read)),
    );
    fs.push(h);
    if (!withLoss.includes(step)) continue;
    const state = h;
    const y = g
      ? graph.add({ id: `y${step}`, kind: "op", step }, [state, ...ids(VNames)], (read) =>
          g(read(state) as S, weightsOf(VNames, read)),
        )
      : state;
    ys.push(y);
    if (!loss) continue;
    losses.push(
      graph.add({ id: `L${step}`, kind: "loss", step }, [y], (read) =>
        loss(read(y) as Tensor, step),
      ),
    );
  }
  const total =
    losses.length > 1
      ? graph.add({ id: "L", kind: "loss" }, losses, (read) =>
          losses.map((l) => read(l) as Tensor).reduce(add),
        )
      : losses[0];
  if (tied) graph.share(fs);
  if (g) graph.share(ys);

  const { nodes, edges, params } = graph;
  const run = (): UnrolledValues<S> => {
    const read = graph.run();
    return {
      hs: fs.map((id) => read(id) as S),
      ys: ys.map((id) => tensorsOf(read(id))[0]!),
      loss: total === undefined ? undefined : (read(total) as Tensor),
    };
  };
  return { nodes, edges, params, run };
}

const ids = (names: Names): string[] => names.map(([, id]) => id);

const weightsOf = (names: Names, read: Read): NamedTensors =>
  Object.fromEntries(names.map(([name, id]) => [name, read(id) as Tensor]));

/** A graph under construction: a node is added after those it reads. */
class Graph {
  readonly nodes: GraphNode[] = [];
  readonly edges: GraphEdge[] = [];
  readonly params = new Map<string, Tensor>();
  readonly #compute: (readonly [id: string, compute: (read: Read) => State])[] = [];

  add(
    node: Omit<GraphNode, "sharedWith">,
    from: readonly string[],
    compute: (read: Read) => State,
  ): string {
    this.nodes.push({ ...node, sharedWith: [] });
    this.edges.push(...from.map((id) => ({ from: id, to: node.id })));
    this.#compute.push([node.id, compute]);
    return node.id;
  }

  /** A node for each weight; with a step, for a copy that only this step has. */
  weights(letter: string, weights: NamedTensors, step?: number): Names {
    return Object.entries(weights).map(([name, w]) => {
      const id = `${letter}.${name}${step === undefined ? "" : `@${step}`}`;
      const own = step === undefined ? w : w.detach();
      own.requiresGrad ||= step !== undefined;
      this.params.set(id, own);
      this.add({ id, kind: "param", ...(step !== undefined && { step }) }, [], () => own);
      return [name, id] as const;
    });
  }

  share(copies: readonly string[]): void {
    for (const node of this.nodes) {
      if (copies.includes(node.id)) node.sharedWith = copies.filter((id) => id !== node.id);
    }
  }

  run(): Read {
    const values = new Map<string, State>();
    const read: Read = (id) => values.get(id)!;
    for (const [id, compute] of this.#compute) values.set(id, compute(read));
    return read;
  }
}
