/** @file Pieces of SVG. Colours and fonts are the page's; a picture that stands alone has its own. */

import { escape } from "./escape.ts";

export const COLOUR = {
  ink: "var(--ink, #1f1e1b)",
  soft: "var(--soft, #6b6860)",
  rule: "var(--rule, #e4e0d6)",
  wash: "var(--wash, #f3f0e8)",
  card: "var(--card, #ffffff)",
  warm: "var(--warm, #d9480f)",
  cool: "var(--cool, #1c64d1)",
} as const;

const SANS = "var(--sans, ui-sans-serif, system-ui, sans-serif)";
const SERIF = 'var(--serif, "Palatino Linotype", Palatino, Georgia, serif)';

/** A whole picture; the description is for those who cannot see it. */
export function drawing(
  width: number,
  height: number,
  description: string,
  parts: readonly string[],
): string {
  return (
    `<svg xmlns="${escape("http://www.w3.org/2000/svg")}" viewBox="0 0 ${width} ${height}" role="img" ` +
    `aria-label="${escape(description)}" style="font-family:${escape(SANS)}">${parts.join("")}</svg>`
  );
}

export interface TextStyle {
  colour?: string;
  /** In units of the picture. Default 15. */
  size?: number;
  /** Default "middle". */
  anchor?: "start" | "middle" | "end";
  weight?: number;
}

/** Words, centred in height. */
export function text(x: number, y: number, words: string, style: TextStyle = {}): string {
  return textElement(x, y, escape(words), style, SANS);
}

/** A formula: letters in italics, `_3` or `_{t−1}` below, `^2` or `^{T−k}` above. */
export function formula(x: number, y: number, source: string, style: TextStyle = {}): string {
  const { size = 15 } = style;
  const shift = size * 0.28;
  let level = 0;
  const pieces = source.matchAll(/([_^])(?:\{([^}]*)\}|(.))|([^_^]+)/gu);
  const parts = [...pieces].flatMap(([, mark, group, single, plain]) => {
    const to = mark === "_" ? shift : mark === "^" ? -1.35 * shift : 0;
    const dy = to - level;
    level = to;
    return runs(group ?? single ?? plain!).map(
      ([run, italic], i) =>
        `<tspan${i === 0 && dy !== 0 ? ` dy="${round(dy)}"` : ""}${mark ? ` font-size="${round(size * 0.7)}"` : ""}` +
        `${italic ? ' font-style="italic"' : ""}>${escape(run)}</tspan>`,
    );
  });
  return textElement(x, y, parts.join(""), style, SERIF);
}

/** Stretches of letters, set in italics unless they are a word, such as sin, and of everything else. */
const runs = (source: string): [run: string, italic: boolean][] =>
  [...source.matchAll(/\p{L}+|[^\p{L}]+/gu)].map(([run]) => [run, /^\p{L}{1,2}$/u.test(run)]);

function textElement(
  x: number,
  y: number,
  content: string,
  { colour = COLOUR.ink, size = 15, anchor = "middle", weight }: TextStyle,
  font: string,
): string {
  const bold = weight === undefined ? "" : `;font-weight:${weight}`;
  return (
    `<text x="${round(x)}" y="${round(y)}" dy="0.35em" text-anchor="${anchor}" xml:space="preserve" ` +
    `style="fill:${colour};font-size:${size}px;font-family:${escape(font)}${bold}">${content}</text>`
  );
}

export interface Stroke {
  colour?: string;
  width?: number;
  dashed?: boolean;
}

type Place = readonly [x: number, y: number];

/** A line through the points, with a head at its end. */
export function arrow(points: readonly Place[], stroke: Stroke = {}): string {
  const { colour = COLOUR.ink, width = 1.6 } = stroke;
  const [[x0, y0], [x, y]] = points.slice(-2) as [Place, Place];
  const length = Math.sqrt((x - x0) ** 2 + (y - y0) ** 2);
  const [ux, uy] = [(x - x0) / length, (y - y0) / length];
  const head = 5 + 2 * width;
  const [bx, by] = [x - head * ux, y - head * uy];
  const half = head * 0.42;
  const corners: Place[] = [[x, y], [bx - half * uy, by + half * ux], [bx + half * uy, by - half * ux]]; // prettier-ignore
  return (
    curve([...points.slice(0, -1), [bx + ux, by + uy]], stroke) +
    `<polygon points="${corners.map((c) => c.map(round).join(",")).join(" ")}" fill="${colour}"/>`
  );
}

/** A line through the points, its corners rounded. */
export function curve(
  points: readonly Place[],
  { colour = COLOUR.ink, width = 1.6, dashed = false }: Stroke = {},
): string {
  const RADIUS = 14;
  const d = points.map((p, i) => {
    const [before, after] = [points[i - 1], points[i + 1]];
    if (!before) return `M${at(p)}`;
    if (!after) return `L${at(p)}`;
    return `L${at(towards(p, before, RADIUS))}Q${at(p)} ${at(towards(p, after, RADIUS))}`;
  });
  return `<path d="${d.join("")}" fill="none" stroke="${colour}" stroke-width="${width}"${dashed ? ' stroke-dasharray="4 4"' : ""}/>`;
}

/** The point at a distance from `p` on the way to `q`, at most half of it. */
function towards([x, y]: Place, [qx, qy]: Place, distance: number): Place {
  const length = Math.sqrt((qx - x) ** 2 + (qy - y) ** 2);
  const share = Math.min(distance / length, 0.5);
  return [x + share * (qx - x), y + share * (qy - y)];
}

/** A rounded rectangle around a centre. */
export function box(
  x: number,
  y: number,
  width: number,
  height: number,
  { fill = COLOUR.card, colour = COLOUR.ink, width: stroke = 1.6 }: Stroke & { fill?: string } = {},
): string {
  return (
    `<rect x="${round(x - width / 2)}" y="${round(y - height / 2)}" width="${round(width)}" height="${round(height)}" rx="9" ` +
    `fill="${fill}" stroke="${colour}" stroke-width="${stroke}"/>`
  );
}

export function circle(
  x: number,
  y: number,
  r: number,
  { fill = COLOUR.card, colour = COLOUR.ink, width = 1.6 }: Stroke & { fill?: string } = {},
): string {
  return `<circle cx="${round(x)}" cy="${round(y)}" r="${r}" fill="${fill}" stroke="${colour}" stroke-width="${width}"/>`;
}

/** A number for people: at most `digits` digits, a true minus, no −0. */
export function shown(x: number, digits = 6): string {
  const size = Math.abs(x);
  const sign = x < 0 ? "−" : "";
  if (size === 0) return "0";
  if (size >= 1e-3 && size < 1e6) return sign + String(Number(size.toPrecision(digits)));
  if (!Number.isFinite(x)) return Number.isNaN(x) ? "NaN" : `${sign}∞`;
  const [factor, exponent] = size.toExponential(Math.max(0, digits - 1)).split("e");
  return `${sign}${Number(factor)} · ${powerOfTen(Number(exponent))}`;
}

/** 10ⁿ */
export const powerOfTen = (n: number): string =>
  `10${n < 0 ? "⁻" : ""}${[...String(Math.abs(n))].map((d) => "⁰¹²³⁴⁵⁶⁷⁸⁹"[Number(d)]).join("")}`;

const at = (p: Place): string => p.map(round).join(" ");
const round = (x: number): number => Math.round(x * 10) / 10;
