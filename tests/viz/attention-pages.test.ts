/** @file The views of attention in a real browser: with the mouse, by keyboard, light, dark and narrow. */

import type { Page } from "playwright-core";
import { expect, test } from "vitest";
import { headView } from "../../ts/viz/attention/head-view.ts";
import { modelView } from "../../ts/viz/attention/model-view.ts";
import { neuronView } from "../../ts/viz/attention/neuron-view.ts";
import { SENTENCE, someAttention, someNeurons } from "../support/attention.ts";
import { browser, found } from "../support/browser.ts";

const tokens = SENTENCE;
const [L, H] = [tokens.length, 4];
const attention = someAttention(3, H, L);
const look = browser();

/** The opacities of the lines that can be seen, in order. */
const opacities = (page: Page): Promise<number[]> =>
  page.evaluate(
    `[...document.querySelectorAll("#lines path")].map((line) => Number(getComputedStyle(line).strokeOpacity))`,
  );

async function expectLines(page: Page, weights: readonly number[], heads: number): Promise<void> {
  const drawn = await opacities(page);
  expect(drawn).toHaveLength(weights.length);
  weights.forEach((w, k) => expect(Math.abs(drawn[k]! - w / heads)).toBeLessThan(2e-5));
}

/** Weights of some heads of a layer. */
const weightsOf = (layer: number, ...heads: number[]): number[] =>
  heads.flatMap((h) => attention[layer]![0]![h]!.flat());

test.skipIf(!found)("head view: layers, heads, tokens and filters", () =>
  look(headView({ attention, tokens, sentenceBStart: 9, layer: 1 }), async (page) => {
    await expectLines(page, weightsOf(1, 0, 1, 2, 3), H);
    await page.getByRole("combobox", { name: "Layer" }).selectOption("2");
    await expectLines(page, weightsOf(2, 0, 1, 2, 3), H);

    const head = (h: number) => page.getByRole("button", { name: `Head ${h}` });
    await head(0).click();
    await expectLines(page, weightsOf(2, 1, 2, 3), 3);
    expect(await head(0).getAttribute("aria-pressed")).toBe("false");
    await head(2).dblclick();
    await expectLines(page, weightsOf(2, 2), 1);
    await head(2).click(); // the only one stays
    await expectLines(page, weightsOf(2, 2), 1);
    await head(2).dblclick();
    await expectLines(page, weightsOf(2, 0, 1, 2, 3), H);

    await page.locator("[data-side=left] .token").nth(11).hover();
    await expectLines(page, attention[2]![0]!.flatMap((A) => A[11]!), H); // prettier-ignore
    const bars = await page.locator("#boxes rect").evaluateAll((all) => all.map((bar) => Number(bar.getAttribute("fill-opacity")))); // prettier-ignore
    attention[2]![0]!.flatMap((A) => A[11]!).forEach((w, k) => expect(bars[k]).toBeCloseTo(w, 4)); // prettier-ignore
    expect(await page.locator("#told").textContent()).toMatch(/^“it” \(11\) attends to \(mean of 4 heads\)\n0\.\d\d {2}“/); // prettier-ignore
    await page.locator("[data-side=right] .token").nth(2).hover();
    await expectLines(page, attention[2]![0]!.flatMap((A) => A.map((row) => row[2]!)), H); // prettier-ignore
    await page.locator("h1").hover();
    await expectLines(page, weightsOf(2, 0, 1, 2, 3), H);

    await page.getByRole("combobox", { name: "Attention" }).selectOption("Sentence B → Sentence A");
    const ba = attention[2]![0]!.flatMap((A) => A.slice(9).flatMap((row) => row.slice(0, 9)));
    await expectLines(page, ba, H);
    expect(await page.locator("[data-side=left] .token").first().textContent()).toBe("street");
  }),
);

test.skipIf(!found)("head view by keyboard: heads by Space and Shift+Enter, tokens by the arrows", () =>
  look(headView({ attention, tokens }), async (page) => {
    await page.getByRole("button", { name: "Head 1" }).focus();
    await page.keyboard.press("Space");
    await expectLines(page, weightsOf(0, 0, 2, 3), 3);
    await page.keyboard.press("Shift+Enter");
    await expectLines(page, weightsOf(0, 1), 1);
    await page.getByRole("button", { name: "Head 3" }).focus();
    await page.keyboard.press("Tab"); // to the tokens
    await expectLines(page, attention[0]![0]![1]![0]!, 1);
    for (const key of ["ArrowDown", "ArrowDown", "ArrowRight"]) await page.keyboard.press(key);
    await expectLines(page, attention[0]![0]![1]!.map((row) => row[2]!), 1); // prettier-ignore
    expect(await page.locator("#told").textContent()).toContain("“animal” (2) is attended to by (head 1)");
    const selected = page.locator("#picture [aria-selected=true]");
    expect(await selected.textContent()).toBe("animal");
    await page.keyboard.press("End");
    expect(await selected.textContent()).toBe("[SEP]");
  }),
); // prettier-ignore

test.skipIf(!found)("encoder, decoder and cross: each with its own layers and tokens", () => {
  const html = headView({
    encoderAttention: someAttention(3, 2, 3),
    decoderAttention: someAttention(1, 4, 2, 2, true),
    crossAttention: someAttention(1, 4, 2, 3),
    encoderTokens: ["the", "cat", "sat"],
    decoderTokens: ["die", "Katze"],
    layer: 2,
  });
  return look(html, async (page) => {
    const words = (side: string) => page.locator(`[data-side=${side}] .token`).allTextContents();
    expect(await opacities(page)).toHaveLength(2 * 9);
    await page.getByRole("combobox", { name: "Attention" }).selectOption("Cross");
    expect([await words("left"), await words("right")]).toEqual([["die", "Katze"], ["the", "cat", "sat"]]); // prettier-ignore
    expect(await opacities(page)).toHaveLength(4 * 6);
    expect(await page.getByRole("combobox", { name: "Layer" }).isVisible()).toBe(false); // there is one only
  });
});

/** Whether anything is drawn on the canvas of a head. */
const inked = (page: Page, name: string): Promise<boolean> =>
  page.getByRole("button", { name, exact: true }).locator("canvas").evaluate((canvas) => {
    const { width, height } = canvas as HTMLCanvasElement;
    const { data } = (canvas as HTMLCanvasElement).getContext("2d")!.getImageData(0, 0, width, height);
    return data.some((v) => v > 0);
  }); // prettier-ignore

test.skipIf(!found)("model view: all heads small, one of them large, by mouse and keyboard", () =>
  look(modelView({ attention, tokens, sentenceBStart: 9 }), async (page) => {
    expect(await page.locator("#grid button").count()).toBe(12);
    for (const name of ["Layer 0, Head 0", "Layer 2, Head 3"]) expect(await inked(page, name)).toBe(true); // prettier-ignore
    expect(await page.locator("#detail").isVisible()).toBe(false);
    await page.getByRole("button", { name: "Layer 1, Head 2" }).click();
    await page.getByRole("heading", { name: "Layer 1, Head 2" }).waitFor();
    await expectLines(page, weightsOf(1, 2), 1);
    for (const key of ["ArrowDown", "ArrowDown", "ArrowLeft", "Enter"]) await page.keyboard.press(key); // prettier-ignore
    await page.getByRole("heading", { name: "Layer 2, Head 1" }).waitFor();
    await expectLines(page, weightsOf(2, 1), 1);
    await page.locator("[data-side=left] .token").nth(4).hover();
    await expectLines(page, attention[2]![0]![1]![4]!, 1);
    await page.getByRole("combobox", { name: "Attention" }).selectOption("Sentence A → Sentence A");
    expect(await inked(page, "Layer 2, Head 3")).toBe(true);
  }),
);

test.skipIf(!found)("neuron view: a token's query, followed to its weights", () => {
  const [n, d] = [7, 16];
  const { attention, queries, keys } = someNeurons(2, 3, n, d, true);
  const html = neuronView({ attention, queries, keys, tokens: tokens.slice(0, n), bidirectional: false }); // prettier-ignore
  return look(html, async (page) => {
    const drawn = (what: string, attribute: string): Promise<number[]> =>
      page.locator(`#own ${what}`).evaluateAll((all, attribute) => all.map((one) => Number(one.getAttribute(attribute))), attribute); // prettier-ignore
    const lines = await drawn("path", "stroke-opacity");
    attention[0]![0]![0]!.flat().forEach((w, k) => expect(lines[k]).toBeCloseTo(w, 4));

    await page.getByRole("combobox", { name: "Layer" }).selectOption("1");
    await page.getByRole("combobox", { name: "Head" }).selectOption("2");
    await page.getByRole("button", { name: "Expand" }).click();
    expect(await page.locator("#told").textContent()).toBe("No token selected");
    await page.locator("[data-side=left] .token").nth(4).hover();
    expect(await page.locator("#own .vector").count()).toBe(5); // later keys are not seen
    const q = queries[1]![0]![2]![4]!;
    const scores = keys[1]![0]![2]!.slice(0, 5).map((k) => q.reduce((sum, v, e) => sum + v * k[e]!, 0) / Math.sqrt(d)); // prettier-ignore
    const squares = await drawn(".score", "fill-opacity");
    scores.forEach((s, j) => expect(squares[j]).toBeCloseTo(Math.tanh(Math.abs(s) / 4), 4));
    expect(await page.locator("#told").textContent()).toMatch(/^“n” \(4\) attends to \(layer 1, head 2\)\n/); // prettier-ignore

    await page.locator("h1").hover();
    await page.locator("[data-side=left] .token").first().focus();
    await page.keyboard.press("ArrowDown");
    expect(await page.locator("#own .vector").count()).toBe(2);
    await page.keyboard.press("-"); // collapsed, with the same token
    expect(await drawn("path", "stroke-opacity")).toHaveLength(n);
    await page.keyboard.press("Enter");
    expect(await page.locator("#own .vector").count()).toBe(2);
  });
});

test.skipIf(!found)("12 × 12 heads over 32 tokens are there within 3 seconds", () =>
  look(
    modelView({ attention: someAttention(12, 12, 32), tokens: [...tokens, ...tokens] }),
    async (page) => {
      expect(await page.locator("canvas").count()).toBe(144);
      const devtools = await page.context().newCDPSession(page);
      await devtools.send("Performance.enable", { timeDomain: "threadTicks" }); // whatever else runs
      await page.reload();
      const { metrics } = await devtools.send("Performance.getMetrics");
      const busy = metrics.find(({ name }) => name === "TaskDuration")!.value;
      expect(busy).toBeGreaterThan(0);
      expect(busy).toBeLessThan(3);
    },
  ),
);

const looks = (["light", "dark"] as const).flatMap((s) => [1280, 390].map((w) => [s, w] as const));

test.skipIf(!found).each(looks)("every view fits: %s, %i pixels wide", async (colorScheme, width) => {
  const pages = [
    headView({ attention, tokens, sentenceBStart: 9 }),
    modelView({ attention, tokens, sentenceBStart: 9 }),
    neuronView({ ...someNeurons(2, 3, L, 16), tokens }),
  ];
  for (const html of pages) {
    await look(html, async (page) => {
      const paper = await page.evaluate<string>("getComputedStyle(document.body).backgroundColor");
      expect(Number(/\d+/.exec(paper)) > 128).toBe(colorScheme === "light");
      expect(await page.evaluate("document.documentElement.scrollWidth")).toBeLessThanOrEqual(width);
    }, { colorScheme, width });
  }
}); // prettier-ignore
