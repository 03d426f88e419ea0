import { expect, test } from "vitest";
import { arrow, curve, drawing, formula, powerOfTen, shown, text } from "../../ts/viz/drawing.ts";

const words = (svg: string): string => svg.replaceAll(/<[^>]*>/g, "");

test("numbers are short, with a true minus, powers of ten, and no −0", () => {
  expect([0, -0, 1.4, -1.28844, 0.001, 123456].map((x) => shown(x, 4))).toEqual(["0", "0", "1.4", "−1.288", "0.001", "123500"]); // prettier-ignore
  expect(shown(16.3125)).toBe("16.3125");
  expect(shown(6.2e-15, 2)).toBe("6.2 · 10⁻¹⁵");
  expect(shown(-3e12)).toBe("−3 · 10¹²");
  expect([NaN, Infinity, -Infinity].map((x) => shown(x))).toEqual(["NaN", "∞", "−∞"]);
  expect(powerOfTen(-30)).toBe("10⁻³⁰");
});

test("a formula has indices below, exponents above, letters in italics and words upright", () => {
  const svg = formula(0, 0, "∂_0f = x_{t−1}^2 sin x");
  expect(words(svg)).toBe("∂0f = xt−12 sin x");
  const shifts = [...svg.matchAll(/<tspan[^>]* dy="(-?[\d.]+)"/g)].map((m) => Number(m[1]));
  expect(shifts.map(Math.sign)).toEqual([1, -1, 1, -1, 1]); // _0, back, _{t−1}, ^2, back
  expect(Math.abs(shifts.reduce((a, b) => a + b))).toBeLessThan(0.2);
  expect(svg).toMatch(/font-style="italic">x</);
  expect(svg).not.toMatch(/italic[^>]*>sin/);
});

test("text never becomes markup", () => {
  for (const svg of [text(0, 0, "<b>&"), formula(0, 0, "<b>&"), drawing(1, 1, '"<b>', [])]) {
    expect(svg).not.toContain("<b>");
  }
});

test("a picture says what it shows, and names no address", () => {
  const svg = drawing(10, 20, "a line", [curve([[0, 0], [1, 1]])]); // prettier-ignore
  expect(svg).toMatch(/^<svg [^>]*viewBox="0 0 10 20" role="img" aria-label="a line"/);
  expect(svg).not.toContain("://");
});

test("an arrow ends where it points to", () => {
  expect(arrow([[0, 0], [100, 0]])).toContain('points="100,0 '); // prettier-ignore
  expect(arrow([[0, 50], [0, 0], [30, 0]])).toContain("Q0 0 "); // prettier-ignore
});
