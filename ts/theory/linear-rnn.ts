/**
 * @file The lecture's worked example: a linear recurrent net with one state and two weights, small enough for pen and
 * paper. The slide's drawing is lost. This net is a reconstruction: of the 30 scalar nets that use each of θ₁ and θ₂ on
 * one edge, most give the answer that it gives.
 */

import { abs, add, div, type FloatDType, grad, mul, scope, sqrt, square, sub, type Tensor, tensor } from "unrolled"; // prettier-ignore
import type { Recurrence } from "./recurrence.ts";
import { type GraphEdge, type GraphNode, unroll } from "./unroll.ts";

/** Σ r², ½ Σ r², Σ r² / T, Σ |r| (the norm of each step's residual) or √Σ r² (the norm of all), with r_t = z_t − y_t. */
export type LinearRnnLoss = "sse" | "half" | "mean" | "l1norm" | "l2norm";

/** Weights, start and data of `linearRnn`. */
export interface LinearRnnOptions {
  theta1: number;
  theta2: number;
  z0: number;
  /** x_1 … x_T */
  x: readonly number[];
  /** y_1 … y_T, what z_t should be. */
  y: readonly number[];
  /** Default "sse". */
  loss?: LinearRnnLoss;
  /** Default float64. */
  dtype?: FloatDType;
}

/** The states, the loss and its derivatives. */
export interface LinearRnnResult {
  /** z_1 … z_T */
  z: number[];
  /** The loss nodes L_1 … L_T. L is their sum; for "l2norm" its root. */
  losses: number[];
  loss: number;
  /** ∂L/∂z_1 … ∂L/∂z_T, along every path. */
  dz: number[];
  dtheta1: number;
  dtheta2: number;
  dz0: number;
  /** The same for T copies of the weights, one a step: their sums are dtheta1 and dtheta2. */
  copies: { dtheta1: number[]; dtheta2: number[] };
  /** The net unrolled in time. */
  graph: { nodes: readonly GraphNode[]; edges: readonly GraphEdge[] };
}

/**
 * "Estimate gradient of the overall loss with respect to θ₁. Unroll the network in time, to obtain a usual feedforward
 * network with two loss nodes."
 *
 *     z_t = θ₁ x_t + θ₂ z_{t−1},   L = Σ_t (z_t − y_t)²
 *
 * @throws RangeError for an empty sequence, or x and y of different lengths
 *
 * @example
 * linearRnn({ theta1: 1, theta2: 0, z0: 0, x: [0, 1], y: [1, 3] }).dtheta1; // -4
 */
export function linearRnn(options: LinearRnnOptions): LinearRnnResult {
  const { theta1, theta2, z0, x, y, loss = "sse", dtype = "float64" } = options;
  if (x.length !== y.length || x.length === 0) {
    throw new RangeError(
      `linearRnn: expected x and y of one length, at least 1, got ${x.length} and ${y.length}`,
    );
  }
  const node = LOSSES[loss] as LossNode | undefined;
  if (!node) {
    throw new RangeError(
      `linearRnn: expected loss to be one of ${Object.keys(LOSSES).join(", ")}, got ${String(loss)}`,
    );
  }
  return scope(() => {
    const scalar = (v: number): Tensor => tensor(v, { dtype });
    const [xs, targets] = [x.map(scalar), y.map(scalar)];
    const weight = (v: number): Tensor => tensor(v, { dtype, requiresGrad: true });
    const losses: number[] = [];
    const net: Recurrence = {
      f: (x, z, { theta1, theta2 }) => add(mul(theta1!, x), mul(theta2!, z)),
      W: { theta1: weight(theta1), theta2: weight(theta2) },
      h0: weight(z0),
      loss: (z, t) => {
        const L = node(sub(z, targets[t - 1]!), x.length);
        losses[t - 1] = L.item();
        return L;
      },
      losses: "each",
    };
    const whole = (sum: Tensor): Tensor => (loss === "l2norm" ? sqrt(sum) : sum);

    const graph = unroll(net, xs);
    const { hs, loss: sum } = graph.run();
    const L = whole(sum!);
    const gradients = grad(L, [net.W.theta1!, net.W.theta2!, net.h0, ...hs]).map((t) => t.item());
    const [dtheta1, dtheta2, dz0, ...dz] = gradients as [number, number, number, ...number[]];

    const untied = unroll(net, xs, { tied: false });
    const copy = (name: string): Tensor[] =>
      x.map((_, t) => untied.params.get(`W.${name}@${t + 1}`)!);
    const copies = grad(whole(untied.run().loss!), [...copy("theta1"), ...copy("theta2")]).map(
      (t) => t.item(),
    );
    return {
      z: hs.map((z) => z.item()),
      losses,
      loss: L.item(),
      dz,
      dtheta1,
      dtheta2,
      dz0,
      copies: { dtheta1: copies.slice(0, x.length), dtheta2: copies.slice(x.length) },
      graph: { nodes: graph.nodes, edges: graph.edges },
    };
  });
}

type LossNode = (r: Tensor, T: number) => Tensor;

const LOSSES: Record<LinearRnnLoss, LossNode> = {
  sse: (r) => square(r),
  half: (r) => mul(square(r), 0.5),
  mean: (r, T) => div(square(r), T),
  l1norm: (r) => abs(r),
  l2norm: (r) => square(r),
};
