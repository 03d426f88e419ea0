/** @file A recurrent net being unrolled, and a gradient on its way back, as on the lecture's slides. */

import type { GraphNode } from "../theory/unroll.ts";
import { arrow, box, circle, COLOUR, curve, drawing, formula } from "./drawing.ts";

/** Options of `unrolledNet`. */
export interface UnrolledNetOptions {
  /** What `unroll` gave: T copies of f, and an output and a loss of the last step if there are. */
  nodes: readonly GraphNode[];
  /** How many copies stand on their own; what is left is drawn with its loop. Default T. */
  copies?: number;
  /** Whether the weights that the copies share are drawn. Default false. */
  weights?: boolean;
  /** The copy that the gradient of the last loss is followed to. Default: none. */
  term?: number;
}

const [WIDTH, HEIGHT] = [820, 390];
const Y = { W: 42, loss: 42, output: 126, block: 222, input: 342 };
const [HALF_WIDTH, HALF_HEIGHT] = [46, 30];
const STRIDE = 205;

/**
 * The block with its loop, some copies peeled off it, the whole chain, or the way of one term of the gradient.
 *
 * @returns an SVG
 */
export function unrolledNet(options: UnrolledNetOptions): string {
  const { nodes, weights = false, term } = options;
  const T = nodes.filter(({ id }) => /^f\d+$/.test(id)).length;
  const { copies = T } = options;
  const folded = copies < T;
  const hasOutput = !folded && nodes.some(({ id }) => id === `y${T}`);
  const hasLoss = !folded && nodes.some(({ id }) => id === `L${T}`);
  const gap = Math.min(STRIDE, (WIDTH - 350) / Math.max(1, T - 1));
  const x = (t: number): number => 170 + (t - 1) * gap;
  const parts: string[] = [];
  const lit = (on: boolean) => (on ? { colour: COLOUR.warm, width: 3 } : {});
  const back = (k: number): boolean => term !== undefined && k > term && !folded;

  parts.push(formula(62, Y.block, "h_0", { size: 20 }));
  for (let t = 1; t <= copies; t++) {
    const before = t === 1 ? 80 : x(t - 1) + HALF_WIDTH;
    parts.push(
      ...horizontal(before, x(t) - HALF_WIDTH - 3, back(t), t),
      arrow([[x(t), Y.input - 18], [x(t), Y.block + HALF_HEIGHT + 3]]), // prettier-ignore
      formula(x(t), Y.input, `x_${sub(t)}`, { size: 20 }),
      block(x(t), weights || term !== undefined),
    );
  }
  if (folded) parts.push(...loop(x(copies + 1), copies, T));
  if (weights || term !== undefined) {
    parts.push(circle(62, Y.W + 20, 21, { colour: COLOUR.cool, width: 2 }), formula(62, Y.W + 20, "W", { size: 20, colour: COLOUR.cool })); // prettier-ignore
    for (let t = 1; t <= copies; t++) {
      const top = [x(t) - 26, Y.block - HALF_HEIGHT] as const;
      const route = [[83, Y.W + 20], [top[0], Y.W + 20], top] as const; // prettier-ignore
      if (t === term) {
        parts.push(arrow(route.toReversed(), lit(true)));
        parts.push(formula(top[0] - 10, (Y.W + top[1]) / 2 + 16, `∂^+h_${sub(t)} / ∂W`, { colour: COLOUR.warm, anchor: "end" })); // prettier-ignore
      } else parts.push(curve(route, { colour: COLOUR.cool, dashed: true }));
    }
  }
  if (hasOutput) {
    const on = term !== undefined;
    const up = [[x(T) + 8, Y.block - HALF_HEIGHT], [x(T) + 8, Y.output + 19]] as const; // prettier-ignore
    const [from, to] = [x(T) + 26, x(T) + 112];
    parts.push(arrow(on ? up.toReversed() : up, lit(on)), formula(x(T) + 8, Y.output, `y_${sub(T)}`, { size: 20 })); // prettier-ignore
    if (on) parts.push(formula(x(T) + 18, (Y.output + Y.block) / 2 - 4, `∂y_${sub(T)} / ∂h_${sub(T)}`, { colour: COLOUR.warm, anchor: "start" })); // prettier-ignore
    if (hasLoss) {
      const across = [[from, Y.output], [to, Y.output]] as const; // prettier-ignore
      parts.push(arrow(on ? across.toReversed() : across, lit(on)), box(to + 42, Y.output, 78, 44, { fill: COLOUR.wash }), formula(to + 42, Y.output, `L(y_${sub(T)})`, { size: 18 })); // prettier-ignore
      if (on) parts.push(formula((from + to) / 2, Y.output - 20, `∂L / ∂y_${sub(T)}`, { colour: COLOUR.warm })); // prettier-ignore
    }
  }
  return drawing(WIDTH, HEIGHT, describe(T, copies, term), parts);

  function horizontal(from: number, to: number, on: boolean, t: number): string[] {
    const way = [[from, Y.block], [to, Y.block]] as const; // prettier-ignore
    const label = on ? `∂h_${sub(t)} / ∂h_${sub(t - 1)}` : t === 1 ? "" : `h_${sub(t - 1)}`;
    return [
      arrow(on ? way.toReversed() : way, lit(on)),
      formula((from + to) / 2, Y.block - 18, label, { size: on ? 15 : 18, colour: on ? COLOUR.warm : COLOUR.ink }), // prettier-ignore
    ];
  }
}

/** The block that has not been unrolled: it feeds itself, and the rest of the inputs waits. */
function loop(x: number, copies: number, T: number): string[] {
  const from = copies === 0 ? 80 : x - STRIDE + HALF_WIDTH;
  const [side, top] = [x + HALF_WIDTH + 34, Y.block - 84];
  const waiting = Array.from({ length: T - copies }, (_, i) => `x_${sub(copies + 1 + i)}`).join(
    "  ",
  );
  return [
    arrow([[Math.max(80, from), Y.block], [x - HALF_WIDTH - 3, Y.block]]), // prettier-ignore
    copies === 0 ? "" : formula((from + x - HALF_WIDTH) / 2, Y.block - 18, `h_${sub(copies)}`, { size: 18 }), // prettier-ignore
    arrow(
      [[x + HALF_WIDTH, Y.block], [side, Y.block], [side, top], [x - HALF_WIDTH - 26, top], [x - HALF_WIDTH - 26, Y.block - 12], [x - HALF_WIDTH - 3, Y.block - 12]], // prettier-ignore
      { colour: COLOUR.warm },
    ),
    formula(x, top - 16, "h_t", { size: 18, colour: COLOUR.warm }),
    arrow([[x, Y.input - 18], [x, Y.block + HALF_HEIGHT + 3]]), // prettier-ignore
    formula(x - 8, Y.input, waiting, { size: 20, anchor: "start" }),
    block(x, false),
  ];
}

const block = (x: number, shared: boolean): string =>
  box(x, Y.block, 2 * HALF_WIDTH, 2 * HALF_HEIGHT, shared ? { fill: COLOUR.wash, colour: COLOUR.cool, width: 2 } : { fill: COLOUR.wash }) + // prettier-ignore
  formula(x, Y.block, "f_W", { size: 20, colour: shared ? COLOUR.cool : COLOUR.ink });

/** As a group for `formula`. */
const sub = (n: number): string => `{${n}}`;

function describe(T: number, copies: number, term: number | undefined): string {
  if (term !== undefined)
    return `The gradient of the loss after step ${T}, followed back to the copy of f in step ${term}.`;
  if (copies < T)
    return `A recurrent block; ${copies} of ${T} steps stand on their own, the rest is a loop.`;
  return `A recurrent net unrolled over ${T} steps.`;
}
