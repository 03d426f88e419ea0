/** @file The lecture's worked example, slide by slide: values in black, gradients in red. */

import type { LinearRnnResult } from "../theory/linear-rnn.ts";
import { arrow, box, circle, COLOUR, curve, drawing, formula, shown } from "./drawing.ts";

/** What the net was given, and what came out, with the loss Σ (z_t − y_t)². */
export interface LinearRnnExample {
  theta1: number;
  theta2: number;
  z0: number;
  x: readonly number[];
  y: readonly number[];
  result: LinearRnnResult;
}

const HEIGHT = 400;
const Y = { loss: 64, state: 196, input: 330 };
const [FIRST, STRIDE, RADIUS] = [250, 280, 25];
const RED = COLOUR.warm;

/** How far the computation has gone. */
interface Moment {
  /** Steps whose state is known. */
  forward: number;
  losses: boolean;
  /** The earliest step whose gradient is known; T + 1: none. */
  backward: number;
  weights: boolean;
}

/**
 * The net folded, unrolled, computed forward, and backward down to the gradients of the weights.
 *
 * @returns SVGs, one a step
 *
 * @example
 * const example = { theta1: 1, theta2: 0, z0: 0, x: [0, 1], y: [1, 3] };
 * linearRnnFrames({ ...example, result: linearRnn(example) }).length; // 8
 */
export function linearRnnFrames(example: LinearRnnExample): { caption: string; svg: string }[] {
  const { x, y, theta1, theta2, z0, result } = example;
  const { z, losses, loss, dz, dtheta1, dtheta2, copies } = result;
  const T = x.length;
  const start: Moment = { forward: 0, losses: false, backward: T + 1, weights: false };
  const known = { ...start, forward: T };
  const sum = (terms: readonly (readonly [number, number])[]): string =>
    terms.map(([a, b]) => `${bracketed(a)} · ${bracketed(b)}`).join(" + ");
  const steps = x.map((_, i) => i + 1);
  const before = (t: number): number => (t === 1 ? z0 : z[t - 2]!);
  const residual = (t: number): number => z[t - 1]! - y[t - 1]!;

  return [
    {
      caption: `The net: zₜ = θ₁ xₜ + θ₂ zₜ₋₁, with θ₁ = ${shown(theta1)}, θ₂ = ${shown(theta2)}, z₀ = ${shown(z0)}.`,
      svg: folded(example),
    },
    {
      caption: `Unrolled in time: an ordinary feed-forward net with ${T} loss nodes. Both copies use the same θ₁ and θ₂.`,
      svg: unrolled(example, start),
    },
    ...steps.map((t) => ({
      caption: `Forward, time ${t}: z = ${sum([[theta1, x[t - 1]!], [theta2, before(t)]])} = ${shown(z[t - 1]!)}.`, // prettier-ignore
      svg: unrolled(example, { ...start, forward: t }),
    })),
    {
      caption: `The loss nodes: ${losses.map((l, i) => `(${shown(z[i]!)} − ${bracketed(y[i]!)})² = ${shown(l)}`).join(", ")}; together L = ${shown(loss)}.`,
      svg: unrolled(example, { ...known, losses: true }),
    },
    ...steps.toReversed().map((t) => ({
      caption:
        `Backward, time ${t}: ∂L/∂z = 2 · ${bracketed(residual(t))}` +
        `${t < T ? ` + θ₂ · ${bracketed(dz[t]!)}` : ""} = ${shown(dz[t - 1]!)}.`,
      svg: unrolled(example, { ...known, losses: true, backward: t }),
    })),
    {
      caption:
        `Each copy of a weight gets its share, and the weight their sum: ∂L/∂θ₁ = ${sum(steps.map((t) => [dz[t - 1]!, x[t - 1]!]))} = ` +
        `${copies.dtheta1.map(bracketed).join(" + ")} = ${shown(dtheta1)}; ∂L/∂θ₂ = ${sum(steps.map((t) => [dz[t - 1]!, before(t)]))} = ${shown(dtheta2)}.`,
      svg: unrolled(example, { ...known, losses: true, backward: 1, weights: true }),
    },
  ];
}

const bracketed = (v: number): string => (v < 0 ? `(${shown(v)})` : shown(v));

function folded({ theta1, theta2, x, y }: LinearRnnExample): string {
  const width = widthOf(x.length);
  const [left, at, right] = [width / 2 - 220, width / 2, width / 2 + 220];
  const top = Y.state - 104;
  return drawing(width, HEIGHT, "A neuron that feeds itself.", [
    arrow([[left + RADIUS, Y.state], [at - RADIUS - 3, Y.state]]), // prettier-ignore
    arrow([[at + RADIUS, Y.state], [right - 39, Y.state]]), // prettier-ignore
    arrow([[at + 16, Y.state - 19], [at + 52, Y.state - 62], [at + 52, top], [at - 52, top], [at - 52, Y.state - 62], [at - 18, Y.state - 21]]), // prettier-ignore
    node(left, Y.state, "x_t"),
    node(at, Y.state, "z_t"),
    lossNode(right, Y.state, "L_t"),
    formula((left + at) / 2, Y.state - 18, `θ_1 = ${shown(theta1)}`, { size: 17 }),
    formula(at, top - 18, `θ_2 = ${shown(theta2)}`, { size: 17 }),
    formula(right, Y.state + 44, `(z_t − y_t)^2`, { size: 17 }),
    formula(left, Y.state + 44, `x = ${x.map((v) => shown(v)).join(", ")}`, { size: 17 }),
    formula(right, Y.state + 72, `y = ${y.map((v) => shown(v)).join(", ")}`, { size: 17 }),
  ]);
}

function unrolled(
  example: LinearRnnExample,
  { forward, losses, backward, weights }: Moment,
): string {
  const { theta1, theta2, z0, x, y, result } = example;
  const T = x.length;
  const at = (t: number): number => FIRST + (t - 1) * STRIDE;
  const parts = [node(70, Y.state, "z_0"), value(70, Y.state + 44, z0)];
  for (let t = 1; t <= T; t++) {
    const [X, left] = [at(t), t === 1 ? 70 : at(t - 1)];
    const [lit, carried] = [t >= backward, t > backward];
    const middle = (left + X) / 2;
    parts.push(
      arrow([[left + RADIUS, Y.state], [X - RADIUS - 3, Y.state]]), // prettier-ignore
      arrow([[X, Y.input - RADIUS], [X, Y.state + RADIUS + 3]]), // prettier-ignore
      arrow([[X, Y.state - RADIUS], [X, Y.loss + 25]]), // prettier-ignore
      formula(middle, Y.state - 16, "θ_2", { size: 17 }),
      formula(X - 12, (Y.input + Y.state) / 2 + 8, "θ_1", { size: 17, anchor: "end" }),
      node(X, Y.input, `x_${t}`),
      value(X + 34, Y.input, x[t - 1]!, "start"),
      node(X, Y.state, `z_${t}`),
      lossNode(X, Y.loss, `L_${t}`),
      formula(X + 48, Y.loss - 10, `y_${t} = ${shown(y[t - 1]!)}`, { size: 16, anchor: "start", colour: COLOUR.soft }), // prettier-ignore
    );
    if (t <= forward) parts.push(value(X + 30, Y.state - 26, result.z[t - 1]!, "start"));
    if (losses) parts.push(value(X + 48, Y.loss + 13, result.losses[t - 1]!, "start"));
    if (lit) {
      parts.push(
        arrow([[X - 9, Y.loss + 25], [X - 9, Y.state - RADIUS - 1]], { colour: RED, width: 2.4 }), // prettier-ignore
        value(X + 30, Y.state + 26, result.dz[t - 1]!, "start", RED),
      );
    }
    if (carried && t > 1) {
      parts.push(
        arrow([[X - RADIUS - 2, Y.state + 10], [left + RADIUS + 1, Y.state + 10]], { colour: RED, width: 2.4 }), // prettier-ignore
        value(middle, Y.state + 30, theta2 * result.dz[t - 1]!, "middle", RED),
      );
    }
    if (weights) {
      parts.push(
        curve([[X + 9, Y.state + RADIUS], [X + 9, (Y.input + Y.state) / 2 + 8]], { colour: RED, width: 2.4 }), // prettier-ignore
        value(X + 16, (Y.input + Y.state) / 2 + 10, result.copies.dtheta1[t - 1]!, "start", RED),
        value(middle, Y.state - 42, result.copies.dtheta2[t - 1]!, "middle", RED),
      );
    }
  }
  parts.push(
    formula(24, Y.input, `θ_1 = ${shown(theta1)}`, { anchor: "start", size: 17 }),
    formula(24, Y.input + 32, `θ_2 = ${shown(theta2)}`, { anchor: "start", size: 17 }),
  );
  if (losses) parts.push(formula(24, Y.loss, `L = ${shown(result.loss)}`, { anchor: "start", size: 19 })); // prettier-ignore
  if (weights) {
    parts.push(
      value(106, Y.input, result.dtheta1, "start", RED),
      value(106, Y.input + 32, result.dtheta2, "start", RED),
    );
  }
  return drawing(widthOf(T), HEIGHT, `The net over ${T} steps, with a loss at each.`, parts);
}

const widthOf = (T: number): number => FIRST + (T - 1) * STRIDE + 170;

const node = (x: number, y: number, name: string): string =>
  circle(x, y, RADIUS) + formula(x, y, name, { size: 19 });

const lossNode = (x: number, y: number, name: string): string =>
  box(x, y, 72, 46, { fill: COLOUR.wash }) + formula(x, y, name, { size: 19 });

const value = (
  x: number,
  y: number,
  v: number,
  anchor: "start" | "middle" = "middle",
  colour: string = COLOUR.ink,
): string => formula(x, y, shown(v), { size: 18, anchor, colour, weight: 600 });
