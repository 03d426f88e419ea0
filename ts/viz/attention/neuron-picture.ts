/** @file The pictures of the neuron view: collapsed to lines, or expanded to vectors. */

import { COLOUR, formula, text } from "../drawing.ts";
import {
  boxes,
  column,
  columnWidth,
  heightOf,
  type Layout,
  layoutOf,
  lines,
  rowAt,
  short,
  widthOf,
} from "./lines.ts";
import { connectorOf, type Neurons, opacityOf, products, scores } from "./neurons.ts";

const [VECTOR, GAP, SQUARE, BAR] = [200, 25, 22, 70];
const TOP = 42;

/** Where the parts of the expanded picture are. */
interface Places {
  q: number;
  k: number;
  product: number;
  dot: number;
  tokens: number;
  bar: number;
  width: number;
  height: number;
  layout: Layout;
}

export function placesOf(neurons: Neurons): Places {
  const left = columnWidth(neurons.left);
  const q = left + GAP;
  const k = q + VECTOR + 1.5 * GAP;
  const product = k + VECTOR + GAP;
  const dot = product + VECTOR + GAP;
  const tokens = dot + SQUARE + GAP;
  const right = columnWidth(neurons.right);
  const bar = tokens + right + 8;
  const layout = { left, middle: tokens - left, right, top: TOP, row: 26 };
  const width = bar + BAR + 52;
  return { q, k, product, dot, tokens, bar, width, height: heightOf(layout, neurons), layout };
}

/** Tokens, queries and keys: what is there whatever is pointed at. @param live in a page */
export function expandedBase(neurons: Neurons, { live = false, own = -1 } = {}): string {
  const places = placesOf(neurons);
  const { q, k, product, dot, tokens, layout } = places;
  const { d, scale } = neurons;
  const usual = Math.abs(scale * Math.sqrt(d) - 1) < 1e-6;
  const heading = (x: number, words: string): string => formula(x, 22, words, { size: 16, anchor: "start", colour: COLOUR.soft }); // prettier-ignore
  const middle = VECTOR / 2;
  return [
    formula(q + middle, 22, "query q", { size: 16, colour: COLOUR.soft }),
    formula(k + middle, 22, "key k", { size: 16, colour: COLOUR.soft }),
    formula(product + middle, 22, "q × k", { size: 16, colour: COLOUR.soft }),
    formula(dot + SQUARE / 2, 22, usual ? "q·k ∕ √d" : `q·k · ${short(scale)}`, { size: 16, colour: COLOUR.soft }), // prettier-ignore
    heading(tokens + 9, "softmax"),
    ...neurons.left.map((_, i) => vector(q, rowAt(layout, i), rowOf(neurons.q, d, i))),
    ...neurons.right.map((_, j) => vector(k, rowAt(layout, j), rowOf(neurons.k, d, j))),
    columns(neurons, layout, live, own),
  ].join("");
}

/** Query i at work: connectors, products, scores and weights. */
export function expandedOwn(neurons: Neurons, i: number): string {
  const { q, k, product, dot, tokens, bar, layout } = placesOf(neurons);
  const S = neurons.right.length;
  const y = rowAt(layout, i);
  const parts = [wire([[layout.left, y], [q - 2, y]], 1), frame(q, y, 1)]; // prettier-ignore
  scores(neurons, i).forEach((score, j) => {
    const a = neurons.a[i * S + j]!;
    const opacity = connectorOf(a);
    const to = rowAt(layout, j);
    const turn = q + VECTOR + 0.75 * GAP;
    parts.push(
      wire([[q + VECTOR + 1, y], [turn, y], [turn, to], [k - 3, to]], opacity), // prettier-ignore
      wire([[k + VECTOR + 1, to], [product - 1, to]], opacity), // prettier-ignore
      wire([[product + VECTOR + 1, to], [dot - 1, to]], opacity), // prettier-ignore
      wire([[dot + SQUARE + 1, to], [tokens - 1, to]], opacity), // prettier-ignore
      frame(k, to, opacity),
      frame(product, to, opacity),
      vector(product, to, products(neurons, i, j)),
      square(dot, to, score),
      `<rect class="weight" x="${tokens}" y="${short(to - 12)}" width="${layout.right}" height="24" rx="4" fill="${COLOUR.cool}" fill-opacity="${short(a * 0.45)}"/>`, // the token stays readable
      `<rect x="${bar}" y="${short(to - 5)}" width="${short(Math.max(1, a * BAR))}" height="10" rx="2" fill="${COLOUR.cool}"/>`,
      text(bar + Math.max(1, a * BAR) + 6, to, a.toFixed(2), { size: 12.5, anchor: "start", colour: COLOUR.soft }), // prettier-ignore
    );
  });
  return parts.join("");
}

const collapsedLayout = (neurons: Neurons): Layout => ({ ...layoutOf(neurons, TOP), row: 26 });

export function collapsedSize(neurons: Neurons): { width: number; height: number } {
  const layout = collapsedLayout(neurons);
  return { width: widthOf(layout), height: heightOf(layout, neurons) };
}

export const collapsedBase = (neurons: Neurons, { live = false, own = -1 } = {}): string =>
  columns(neurons, collapsedLayout(neurons), live, own);

/** A line for each pair, as opaque as its weight; of query i alone, with the keys' grounds as opaque. */
export function collapsedOwn(neurons: Neurons, i?: number): string {
  const layout = collapsedLayout(neurons);
  const block = { ...neurons, heads: [0], weights: Float64Array.from(neurons.a) };
  const how = [block, layout, [true], () => COLOUR.cool] as const;
  if (i === undefined) return lines(...how);
  const pointed = { side: "left", index: i } as const;
  return lines(...how, pointed) + boxes(...how, pointed);
}

/** Tokens on both sides; only those on the left can be pointed at. */
function columns(neurons: Neurons, layout: Layout, live: boolean, own: number): string {
  const pointed = own < 0 ? undefined : ({ side: "left", index: own } as const);
  const left = column("left", neurons.left, layout, { pointed, live });
  const label = `role="listbox" aria-label="Tokens that attend"`;
  return (
    `<g data-side="left"${live ? ` ${label}` : ""}>${left}</g>` +
    `<g>${column("right", neurons.right, layout)}</g>`
  );
}

const rowOf = (values: ArrayLike<number>, d: number, i: number): number[] =>
  Array.from({ length: d }, (_, e) => values[i * d + e]!);

/** A vector as a strip of squares, from x, around y: blue from 0 up, orange below. */
function vector(x: number, y: number, values: readonly number[]): string {
  const width = VECTOR / values.length;
  const cells = values.map((v, e) => {
    const opacity = short(opacityOf(v));
    const fill = v < 0 ? COLOUR.warm : COLOUR.cool;
    return `<rect x="${short(x + e * width)}" y="${y - 10}" width="${short(width)}" height="20" fill="${fill}" fill-opacity="${opacity}"/>`;
  });
  const border = `<rect x="${x - 1}" y="${y - 10.5}" width="${VECTOR + 2}" height="21" rx="2" fill="none" stroke="${COLOUR.rule}"/>`;
  return `<g class="vector">${cells.join("")}${border}</g>`;
}

function square(x: number, y: number, score: number): string {
  const colour = score < 0 ? COLOUR.warm : COLOUR.cool;
  const border = short(Math.max(Math.tanh(Math.abs(score) / 2), 0.35)); // so that a small score is seen
  return `<rect class="score" x="${x}" y="${y - 10}" width="${SQUARE}" height="20" rx="2" fill="${colour}" fill-opacity="${short(opacityOf(score))}" stroke="${colour}" stroke-opacity="${border}"><title>${short(score)}</title></rect>`;
}

const wire = (points: readonly (readonly [number, number])[], opacity: number): string =>
  `<path class="wire" d="M${points.map((p) => p.join(" ")).join("L")}" fill="none" stroke="${COLOUR.cool}" stroke-width="2" stroke-opacity="${short(opacity)}"/>`;

const frame = (x: number, y: number, opacity: number): string =>
  `<rect x="${x - 1}" y="${y - 11}" width="${VECTOR + 2}" height="22" rx="2" fill="none" stroke="${COLOUR.cool}" stroke-width="2" stroke-opacity="${short(opacity)}"/>`;
