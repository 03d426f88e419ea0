import { tensor } from "unrolled";
import { expect, test } from "vitest";
import { linearRnn, unroll } from "../../ts/theory/index.ts";
import { bpttTermsPicture, termFormula } from "../../ts/viz/bptt-terms.ts";
import { compound } from "../../ts/viz/compound.ts";
import { lecturePage } from "../../ts/viz/lecture-page.ts";
import { lineChart } from "../../ts/viz/line-chart.ts";
import { linearRnnFrames } from "../../ts/viz/linear-rnn.ts";
import { matrices } from "../../ts/viz/matrices.ts";
import { unrolledNet } from "../../ts/viz/unrolled-net.ts";

/** What the picture says, texts apart. */
const words = (svg: string): string[] =>
  [...svg.matchAll(/<text[^>]*>(.*?)<\/text>/g)].map((m) =>
    m[1]!.replaceAll(/<[^>]*>/g, "").replaceAll("&#47;", "/"),
  );
const count = (text: string, pattern: RegExp): number => text.match(pattern)?.length ?? 0;

const { nodes } = unroll(
  { f: (x) => x, W: { w: tensor(1) }, h0: tensor(0), g: (h) => h, loss: (y) => y },
  [1, 2, 3].map((v) => tensor(v)),
);

test("the compound function has both paths and a table that adds up", () => {
  const svg = compound({
    x: 0.7,
    g: 0.6442,
    f: 0.075,
    d0: 1.4,
    d1: -1.2884,
    dg: 0.7648,
    letters: { f: "a^2 − b^2", g: "sin x", d0: "2x", d1: "−2 sin x", dg: "cos x", total: "2x − sin 2x" }, // prettier-ignore
  });
  expect(words(svg)).toEqual(expect.arrayContaining(["∂0f = 2x = 1.4", "−0.9854", "0.4146"]));
});

test("unrolling: as many blocks as copies, one more with a loop, the rest of the inputs waiting", () => {
  const blocks = (copies: number): number =>
    words(unrolledNet({ nodes, copies })).filter((w) => w === "fW").length;
  expect([0, 1, 2, 3].map(blocks)).toEqual([1, 2, 3, 3]);
  expect(words(unrolledNet({ nodes, copies: 1 }))).toContain("x2  x3");
  expect(words(unrolledNet({ nodes }))).toContain("L(y3)");
});

test("a term lights its own way back", () => {
  const says = (term: number): string[] => words(unrolledNet({ nodes, term }));
  expect(says(3)).toEqual(expect.arrayContaining(["∂L / ∂y3", "∂y3 / ∂h3", "∂+h3 / ∂W"]));
  expect(says(3)).not.toContain("∂h3 / ∂h2");
  expect(says(1)).toEqual(expect.arrayContaining(["∂h3 / ∂h2", "∂h2 / ∂h1", "∂+h1 / ∂W"]));
});

test("the example: values in black, gradients in red, a frame for each step", () => {
  const example = { theta1: 1, theta2: 0, z0: 0, x: [0, 1], y: [1, 3] };
  const frames = linearRnnFrames({ ...example, result: linearRnn(example) });
  expect(frames).toHaveLength(8);
  expect(frames.at(-1)!.caption).toContain("∂L/∂θ₁ = (−2) · 0 + (−4) · 1 = 0 + (−4) = −4");
  const red = (svg: string): string[] => words(svg.match(/<text[^>]*--warm.*?<\/text>/g)?.join("") ?? ""); // prettier-ignore
  expect(red(frames[4]!.svg)).toEqual([]);
  expect(red(frames.at(-1)!.svg)).toContain("−4");
});

test("the terms of BPTT: a row each, bars in proportion", () => {
  expect(termFormula(3, 2)).toBe("∂L/∂y_{3} · ∂y_{3}/∂h_{3} · ∂h_{3}/∂h_{2} · ∂^+h_{2}/∂W");
  const svg = bpttTermsPicture({ T: 3, terms: [{ k: 3, norm: 2 }, { k: 2, norm: 1 }], sum: 2.5 }); // prettier-ignore
  const bars = [...svg.matchAll(/<rect[^>]*width="(\d+)" height="14"/g)].map((m) => Number(m[1]));
  expect(bars).toEqual([300, 150, 375]);
});

test("matrices: a square for each element that is not 0, signs by colour", () => {
  const svg = matrices({ matrices: [{ name: "A", rows: [[1, 0], [-2, 0.5]] }], description: "A" }); // prettier-ignore
  expect(count(svg, /fill-opacity/g)).toBe(3);
  expect(count(svg, /--cool[^>]*fill-opacity="1.00"/g)).toBe(1);
  expect(matrices({ matrices: [{ name: "0", rows: [[0]] }], description: "0" })).not.toContain("NaN"); // prettier-ignore
});

test("a logarithmic chart has powers of ten and leaves out what is not above 0", () => {
  const svg = lineChart({
    curves: [{ name: "a", colour: "red", points: [[0, 1], [1, 0], [2, 1e-20], [3, NaN]] }], // prettier-ignore
    yScale: "log",
    xLabel: "",
    yLabel: "",
    description: "",
  });
  expect(words(svg)).toEqual(expect.arrayContaining(["10⁻²⁰", "10⁰", "a 1 · 10⁻²⁰"]));
  expect(svg).not.toMatch(/NaN|Infinity/);
});

test("over few decades, too, each power of ten stands there once", () => {
  const svg = lineChart({
    curves: [{ name: "a", colour: "red", points: [[0, 3], [1, 0.002]] }], // prettier-ignore
    yScale: "log",
    xLabel: "",
    yLabel: "",
    description: "",
  });
  const powers = words(svg).filter((word) => word.startsWith("10") && !word.includes(" "));
  expect(powers.sort()).toEqual(["10¹", "10⁰", "10⁻¹", "10⁻²", "10⁻³"].sort());
});

test("a matrix says how far its colours go, and whether both ways", () => {
  const scaled = (v: number): string[] =>
    words(matrices({ matrices: [{ name: "A", rows: [[v, 2]] }], scales: true, description: "A" }));
  expect(scaled(-1)).toContain("±2");
  expect(scaled(1)).toContain("0 to 2");
});

test("the page has every statement, number and picture, and refers to nothing outside", () => {
  const verdict = { what: "<what>", expected: "1", measured: "2", pass: false };
  const picture = { caption: "c & d", svg: "<svg></svg>" };
  const html = lecturePage({
    title: "T",
    command: "unrolled lecture t",
    exhibits: [
      { id: "E", title: "first", statement: "says", verdicts: [verdict, { ...verdict, pass: true }], pictures: [picture, { caption: "film", frames: [picture, picture] }] }, // prettier-ignore
    ],
  });
  for (const part of [
    "says",
    "&lt;what&gt;",
    "c &amp; d",
    "1 of 2",
    "✗ 1 of 2",
    "unrolled lecture t",
  ]) {
    expect(html).toContain(part);
  }
  expect(count(html, /<svg>/g)).toBe(3);
  expect(count(html, /class="frame" hidden/g)).toBe(1);
  expect(html).not.toMatch(/<[^>]*\s(src|href|srcset|action|poster)\s*=|https?:\/\//i);
});
