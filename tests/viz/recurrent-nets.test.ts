import { describe, expect, test } from "vitest";
import { gateTrace } from "../../ts/viz/gate-trace.ts";
import { lstmSlide } from "../../ts/viz/lstm-slide.ts";
import { tdnnFigure } from "../../ts/viz/tdnn-figure.ts";
import { cantorPlot, tapeDiagram } from "../../ts/viz/turing.ts";

const steps = ["I", "live", "<with>"].map((word, t) => ({
  word,
  f: t / 2,
  i: 0.5,
  g: t - 1,
  o: 1,
  cells: [-1, 0, t - 1],
}));
const cells = ["number", "gender", "case"].map((name) => ({ name, low: "low", high: "high" }));
const slide = { steps, cells, answer: "mými", probability: 0.987, description: "A <slide>." };

const pictures = {
  slide: () => lstmSlide(slide),
  trace: () =>
    gateTrace({
      words: ["a", "<b>"],
      lanes: [
        { letter: "f", name: "forget", signed: false, values: [0, 1] },
        { letter: "c", name: "cell", signed: true, values: [-1.5, 0.25] },
      ],
      marked: [1],
      description: "Gates.",
    }),
  tdnn: () =>
    tdnnFigure({
      input: [[0, 1, 0.5, 0.2], [0.1, 0, 0, 1]], // prettier-ignore
      layers: [
        { units: [[0.1, 1, 0], [1, 0, 0.5]], window: 2 }, // prettier-ignore
        { units: [[0.5, 0.25]], window: 2 },
      ],
      classes: ["b"],
      evidence: [0.3125],
      description: "A TDNN.",
    }),
  tape: () =>
    tapeDiagram({
      moments: [
        { state: "A", head: 0, left: [], right: [] },
        { state: "B", head: 1, left: [1], right: [] },
      ],
      description: "A tape.",
    }),
  cantor: () =>
    cantorPlot({
      moments: [{ L: 0, R: 0 }, { L: 0.75, R: 0.25 }], // prettier-ignore
      base: 4,
      symbols: 2,
      description: "Stacks.",
    }),
};

describe.each(Object.entries(pictures))("%s", (_, draw) => {
  test("is the same each time, says what it is, and loads nothing", () => {
    const svg = draw();
    expect(draw()).toBe(svg);
    expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="[^"]+/);
    expect(svg).not.toMatch(/NaN|undefined|Infinity|<script|href=|url\(|<b>|<with>|<slide>/);
    expect(svg.match(/<g[ >]/g)?.length ?? 0).toBe(svg.match(/<\/g>/g)?.length ?? 0);
  });
});

test("every movement of the slide keeps one clock, and its times ascend from 0 to 1", () => {
  const svg = lstmSlide(slide);
  const animations = [...svg.matchAll(/<animate [^>]*>/g)].map(([tag]) => tag);
  expect(animations.length).toBeGreaterThan(20);
  const part = (tag: string, name: string) => new RegExp(`${name}="([^"]*)"`).exec(tag)![1]!;
  expect(new Set(animations.map((tag) => part(tag, "dur")))).toEqual(new Set(["8s"]));
  for (const tag of animations) {
    const times = part(tag, "keyTimes").split(";").map(Number);
    expect(times.length).toBe(part(tag, "values").split(";").length);
    expect(times[0]).toBe(0);
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(times.at(-1)).toBeLessThanOrEqual(1);
    if (!tag.includes("discrete")) expect(times.at(-1)).toBe(1);
  }
  expect(svg).toContain("98.7 %");
});

test("a blank is not drawn, and every other symbol is", () => {
  const dark = pictures.tape().match(/fill-opacity="0.86"/g);
  expect(dark).toHaveLength(1);
});
