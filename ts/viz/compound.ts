/** @file The derivative of f(x, g(x)): its two paths, and a table of what goes along each. */

import { arrow, box, circle, COLOUR, curve, drawing, formula, shown, text } from "./drawing.ts";

/** What stands in the picture, where b of f(a, b) is g(x). */
export interface CompoundOptions {
  x: number;
  /** g(x) and f(x, g(x)). */
  g: number;
  f: number;
  /** ∂₀f, ∂₁f and g′ there. */
  d0: number;
  d1: number;
  dg: number;
  /** Each in letters: what f and g are, and the derivatives. */
  letters: Record<"f" | "g" | "d0" | "d1" | "dg" | "total", string>;
}

const [WIDTH, HEIGHT] = [960, 258];
const [DIRECT, THROUGH] = [COLOUR.cool, COLOUR.warm];

/**
 * The graph of f(x, g(x)), its two paths in two colours, and a table: each path's derivatives, their product, the sum.
 *
 * @returns an SVG
 */
export function compound({ x, g, f, d0, d1, dg, letters }: CompoundOptions): string {
  const [left, middle, right] = [62, 236, 420];
  const [up, level, down] = [50, 124, 202];
  const columns = [524, 744, 842, 940];
  const row = (y: number, cells: readonly string[], colour: string, weight = 400): string =>
    cells
      .map((cell, i) =>
        formula(columns[i]!, y, cell, {
          anchor: i === 0 ? "start" : "end",
          size: 17,
          colour,
          weight,
        }),
      ) // prettier-ignore
      .join("");
  const rule = (y: number, width = 1): string =>
    curve([[columns[0]!, y], [columns[3]!, y]], { colour: COLOUR.soft, width }); // prettier-ignore
  return drawing(
    WIDTH,
    HEIGHT,
    `The derivative of ${letters.f} where b is ${letters.g}: ${short(d0)} directly, ${short(d1 * dg)} through g, ${short(d0 + d1 * dg)} together.`,
    [
      arrow([[left + 24, level], [left + 70, up], [right - 58, up], [right - 58, level - 20], [right - 47, level - 14]], { colour: DIRECT, width: 2.6 }), // prettier-ignore
      arrow([[left + 20, level + 14], [left + 62, down], [middle - 49, down]], { colour: THROUGH, width: 2.6 }), // prettier-ignore
      arrow([[middle + 46, down], [right - 70, down], [right - 47, level + 18]], { colour: THROUGH, width: 2.6 }), // prettier-ignore
      circle(left, level, 24),
      formula(left, level, "x", { size: 20 }),
      box(middle, down, 92, 50, { fill: COLOUR.wash }),
      formula(middle, down, letters.g, { size: 18 }),
      box(right, level, 94, 62, { fill: COLOUR.wash }),
      formula(right, level, letters.f, { size: 18 }),
      formula(left, level + 42, short(x), { size: 16 }),
      formula(middle, down + 42, short(g), { size: 16 }),
      formula(right, level + 48, short(f), { size: 16 }),
      formula((left + right) / 2, up - 20, `∂_0f = ${letters.d0} = ${short(d0)}`, { size: 16, colour: DIRECT }), // prettier-ignore
      formula(left + 40, down + 34, `g′ = ${letters.dg} = ${short(dg)}`, { size: 16, colour: THROUGH }), // prettier-ignore
      formula(right - 8, down + 34, `∂_1f = ${letters.d1} = ${short(d1)}`, { size: 16, colour: THROUGH }), // prettier-ignore
      text(columns[0]!, 46, "path", { anchor: "start", colour: COLOUR.soft, size: 14 }),
      text(columns[1]!, 46, "by the slot", { anchor: "end", colour: COLOUR.soft, size: 14 }),
      text(columns[2]!, 46, "to the slot", { anchor: "end", colour: COLOUR.soft, size: 14 }),
      text(columns[3]!, 46, "product", { anchor: "end", colour: COLOUR.soft, size: 14 }),
      rule(66),
      row(92, ["direct, ∂_0f", short(d0), "1", short(d0)], DIRECT),
      row(130, ["through g, ∂_1f g′", short(d1), short(dg), short(d1 * dg)], THROUGH),
      rule(156),
      row(184, [letters.total, "", "", short(d0 + d1 * dg)], COLOUR.ink, 600),
    ],
  );
}

const short = (v: number): string => shown(v, 4);
