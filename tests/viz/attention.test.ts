import { tensor } from "unrolled";
import { describe, expect, test } from "vitest";
import { blockOf, type Filter } from "../../ts/viz/attention/blocks.ts";
import { headView, headViewSvg } from "../../ts/viz/attention/head-view.ts";
import { countActive, isolated, toggled } from "../../ts/viz/attention/heads.ts";
import { type AttentionInput, sightsOf } from "../../ts/viz/attention/input.ts";
import { modelView, modelViewSvg } from "../../ts/viz/attention/model-view.ts";
import { packFloats, packShares, unpackFloats, unpackShares } from "../../ts/viz/attention/pack.ts";
import { raster } from "../../ts/viz/attention/thumbnail.ts";
import { prettified, visible } from "../../ts/viz/attention/words.ts";
import { SENTENCE, someAttention } from "../support/attention.ts";

const tokens = SENTENCE;
const L = tokens.length;
const attention = someAttention(3, 4, L);

/** Every line of a picture, in order: its head's colour and its opacity. */
const linesOf = (svg: string): number[] =>
  [...svg.matchAll(/<path [^>]*stroke-opacity="([^"]+)"/g)].map((m) => Number(m[1]));

describe("the pictures", () => {
  test("a line for each head and pair, as opaque as the weight over the number of heads", () => {
    const drawn = linesOf(headViewSvg({ attention, tokens, layer: 1 }));
    const weights = attention[1]!.flat(3);
    expect(drawn).toHaveLength(4 * L * L);
    weights.forEach((w, k) => expect(drawn[k]).toBeCloseTo(w / 4, 5));
  });

  test("heads that are off have no lines, and the others share the opacity", () => {
    const drawn = linesOf(headViewSvg({ attention, tokens, layer: 2, heads: [3, 1] }));
    const weights = [1, 3].flatMap((h) => attention[2]![0]![h]!.flat());
    expect(drawn).toHaveLength(2 * L * L);
    weights.forEach((w, k) => expect(drawn[k]).toBeCloseTo(w / 2, 5));
  });

  test.each(["left", "right"] as const)("a token on the %s has its own lines, and bars behind the others", (side) => {
    const svg = headViewSvg({ attention, tokens, token: { side, index: 2 } });
    const own = attention[0]![0]!.flatMap((A) => (side === "left" ? A[2]! : A.map((row) => row[2]!)));
    linesOf(svg).forEach((opacity, k) => expect(opacity).toBeCloseTo(own[k]! / 4, 5));
    const bars = [...svg.matchAll(/<rect [^>]*fill="#\w+" fill-opacity="([^"]+)"/g)].map((m) => Number(m[1])).slice(4);
    expect(bars).toHaveLength(4 * L);
    bars.forEach((opacity, k) => expect(opacity).toBeCloseTo(own[k]!, 5));
  }); // prettier-ignore

  test("a model's grid has the lines that can be seen, as opaque as the weights", () => {
    const drawn = linesOf(modelViewSvg({ attention, tokens }));
    const seen = attention.flat(4).filter((w) => w >= 0.004);
    expect(drawn).toHaveLength(seen.length);
    seen.forEach((w, k) => expect(drawn[k]).toBeCloseTo(w, 5));
  });

  test("pictures are the same every time, describe themselves and load nothing", () => {
    for (const draw of [headViewSvg, modelViewSvg]) {
      const svg = draw({ attention, tokens });
      expect(draw({ attention, tokens })).toBe(svg);
      expect(svg).toMatch(/^<svg [^>]*role="img" aria-label="Attention of layer/);
      expect(svg).not.toMatch(/NaN|undefined|<script|href=|url\(|https?:\/\//);
    }
  });
});

describe("the pages", () => {
  test.each([["headView", headView], ["modelView", modelView]] as const)("%s: one file, that says what attention is not", (_, view) => {
    const html = view({ attention, tokens: tokens.map((t) => `${t}</script>`), sentenceBStart: 8 });
    expect(html).not.toMatch(/<[^>]*\s(src|href|srcset|action|poster)\s*=|@import|url\(|<link|fetch\(|import\(|https?:\/\//i);
    expect(html).toContain("default-src 'none'");
    expect(html.match(/<\/script>/g)).toHaveLength(2);
    expect(html).toContain("Attention is not explanation");
  }); // prettier-ignore

  test("12 × 12 heads over 32 tokens take less than a megabyte", () => {
    const many = { attention: someAttention(12, 12, 32), tokens: [...tokens, ...tokens] };
    expect(modelView(many).length).toBeLessThan(1e6);
    expect(headView(many).length).toBeLessThan(1e6);
  });

  test("light or dark where that is asked for", () => {
    expect(modelView({ attention, tokens })).toContain("prefers-color-scheme");
    const dark = modelView({ attention, tokens, displayMode: "dark" });
    expect(dark).not.toContain("prefers-color-scheme");
    expect(dark).toContain('<meta name="color-scheme" content="dark">');
  });
});

test("a line among the points of a small picture is as opaque as its weight", () => {
  const points = raster([1, 0, 0.4, 0.6], 2, 2, 2); // [128, 128]
  const at = (x: number, y: number): number => points[y * 128 + x]!;
  expect([at(64, 31), at(64, 32), at(64, 30), at(64, 33)]).toEqual([1, 1, 0, 0]);
  expect(at(20, 96)).toBeCloseTo(0.6, 6);
  expect(at(8, 95)).toBeCloseTo(1 - 0.4 * 0.6, 1); // where 0.4 and 0.6 begin
  expect([at(7, 31), at(120, 31)]).toEqual([0, 0]);
  expect(
    Math.max(
      ...raster(
        Array.from({ length: 1024 }, () => 0.0039),
        32,
        32,
        2,
      ),
    ),
  ).toBe(0);
});

describe("heads", () => {
  test("a click turns one on or off, but never the last off", () => {
    expect(toggled([true, true], 0)).toEqual([false, true]);
    expect(toggled([false, true], 0)).toEqual([true, true]);
    expect(toggled([false, true], 1)).toEqual([false, true]);
  });

  test("a double-click isolates, and the second brings all back, after its own two clicks", () => {
    const double = (active: boolean[], h: number): boolean[] =>
      isolated(toggled(toggled(active, h), h), h);
    expect(double([true, true, true], 1)).toEqual([false, true, false]);
    expect(double([false, true, false], 1)).toEqual([true, true, true]);
    expect(double([false, true, false], 0)).toEqual([true, false, false]);
    expect(countActive([true, false, true])).toBe(2);
  });
});

describe("filters", () => {
  test("A→A, A→B, B→A and B→B put together are All", () => {
    const { sources, filters } = sightsOf("test", { attention, tokens, sentenceBStart: 6 });
    const [all, aa, bb, ab, ba] = filters as [Filter, Filter, Filter, Filter, Filter];
    expect(filters.map(({ name }) => name)).toEqual([
      "All",
      "Sentence A → Sentence A",
      "Sentence B → Sentence B",
      "Sentence A → Sentence B",
      "Sentence B → Sentence A",
    ]);
    sources[0]!.layers.forEach((layer, l) => {
      const rows = (f: Filter): number[][] => {
        const { left, right, weights } = blockOf(sources[0]!, l, f);
        return Array.from({ length: 4 * left.length }, (_, r) => [
          ...weights.subarray(r * right.length, (r + 1) * right.length),
        ]);
      };
      const whole = rows(all);
      expect(whole).toEqual(attention[layer]!.flat(2));
      for (const row of whole) expect(row.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
      const beside = (a: number[][], b: number[][]): number[][] =>
        a.map((row, r) => [...row, ...b[r]!]);
      const [above, below] = [beside(rows(aa), rows(ab)), beside(rows(ba), rows(bb))];
      for (let h = 0; h < 4; h++) {
        const own = [...above.slice(h * 6, (h + 1) * 6), ...below.slice(h * (L - 6), (h + 1) * (L - 6))]; // prettier-ignore
        expect(own).toEqual(whole.slice(h * L, (h + 1) * L));
      }
    });
    expect(blockOf(sources[0]!, 0, ab).left).toEqual(tokens.slice(0, 6));
    expect(blockOf(sources[0]!, 0, ab).right).toEqual(tokens.slice(6));
  });

  test("encoder, decoder and cross, whose left is the decoder", () => {
    const [source, target] = [["the", "cat", "sat"], ["die", "Katze"]] as const; // prettier-ignore
    const { sources, filters } = sightsOf("test", {
      encoderAttention: someAttention(2, 3, 3),
      decoderAttention: someAttention(1, 3, 2, 2, true),
      crossAttention: someAttention(1, 3, 2, 3),
      encoderTokens: source,
      decoderTokens: target,
    });
    expect(filters.map(({ name }) => name)).toEqual(["Encoder", "Decoder", "Cross"]);
    expect(sources.map(({ left, right, layers }) => [left.length, right.length, layers.length])).toEqual([[3, 3, 2], [2, 2, 1], [2, 3, 1]]); // prettier-ignore
    expect(sources[2]!.left).toEqual(target);
  });

  test("only the layers and heads asked for, under their own numbers", () => {
    const { sources } = sightsOf("test", {
      attention,
      tokens,
      includeLayers: [2, 0],
      includeHeads: [3],
    });
    expect(sources[0]!.layers).toEqual([2, 0]);
    expect([...blockOf(sources[0]!, 0, { rows: [0, L], columns: [0, L] }).weights]).toEqual(attention[2]![0]![3]!.flat()); // prettier-ignore
    expect(headViewSvg({ attention, tokens, includeLayers: [2], includeHeads: [3] })).toContain("layer 2, heads 3"); // prettier-ignore
  });

  test("tensors are taken as they are", () => {
    const layers = attention.map((layer) => tensor(layer));
    expect(linesOf(headViewSvg({ attention: layers, tokens }))).toEqual(
      linesOf(headViewSvg({ attention, tokens })),
    );
  });
});

test("word pieces lose their marks, unless they are to keep them", () => {
  expect(["Ġthe", "▁the", "the</w>", "Ċ", "##ing"].map(prettified)).toEqual([" the", " the", "the", "\n", "##ing"]); // prettier-ignore
  expect(["", " ", "\n", "a\tb", "x".repeat(40)].map(visible)).toEqual(["␣", "␣", "↵", "a→b", `${"x".repeat(21)}…`]); // prettier-ignore
  const one = { attention: [[[[[1]]]]], tokens: ["Ġthe"] };
  expect(headViewSvg(one)).not.toContain("Ġ");
  expect(headViewSvg({ ...one, prettifyTokens: false })).toContain("Ġthe");
});

test("numbers come out of the page as they went in", () => {
  const shares = [0, 1, 0.5, 1 / 3];
  unpackShares(packShares(shares)).forEach((v, i) => expect(v).toBeCloseTo(shares[i]!, 4.8));
  const floats = [-1.5, 1e-20, 3e8];
  expect([...unpackFloats(packFloats(floats))]).toEqual([...Float32Array.from(floats)]);
  expect(packFloats(Array.from({ length: 500 }, (_, i) => i * i))).not.toContain("/");
});

test.each<[string, AttentionInput, string]>([
  ["nothing", {}, "expected attention, or some of encoderAttention, decoderAttention and crossAttention; got none"],
  ["no tokens", { attention }, "attention needs tokens"],
  ["both kinds", { attention, tokens, encoderTokens: tokens }, "got attention and encoderTokens"],
  ["a decoder's tokens missing", { crossAttention: attention, encoderTokens: tokens }, "crossAttention needs decoderTokens"],
  ["tokens with encoder and decoder", { encoderAttention: attention, encoderTokens: tokens, tokens }, "tokens goes with attention, not with encoderAttention"],
  ["a pair with encoder and decoder", { encoderAttention: attention, encoderTokens: tokens, sentenceBStart: 2 }, "sentenceBStart goes with attention"],
  ["another number of tokens", { attention, tokens: tokens.slice(1) }, `attention[0] [1, 4, ${L}, ${L}] has ${L} queries, while there are ${L - 1} tokens: the animal`],
  ["three axes", { attention: attention.map((a) => a[0]!), tokens }, `expected attention[0] to be [1, H, L, S], got [4, ${L}, ${L}]`],
  ["a batch", { attention: attention.map((a) => [a[0]!, a[0]!]), tokens }, "to hold one text, got 2"],
  ["ragged arrays", { attention: [[[[[1, 0], [1]]]]], tokens: ["a", "b"] }, "expected arrays [1, 1, 2, 2], got one of another length or depth"],
  ["no arrays", { attention: [7 as unknown as number[]], tokens }, "expected nested arrays or a tensor, got 7"],
  ["scores instead of weights", { attention: [[[[[-1, 2], [0, 1]]]]], tokens: ["a", "b"] }, "expected the weights of attention[0] from 0 to 1, got -1; take them after the softmax"],
  ["NaN", { attention: [[[[[NaN]]]]], tokens: ["a"] }, "from 0 to 1, got NaN"],
  ["other heads in a layer", { attention: [...attention, ...someAttention(1, 2, L)], tokens }, "expected attention[3] to have 4 heads like the first layer, got 2"],
  ["no layer", { attention: [], tokens }, "expected layers to show, got none"],
  ["a layer that is not there", { attention, tokens, includeLayers: [3] }, "expected includeLayers from 0 to 2, got 3"],
  ["a head that is not there", { attention, tokens, includeHeads: [0.5] }, "expected includeHeads from 0 to 3, got 0.5"],
  ["no second sentence", { attention, tokens, sentenceBStart: L }, `expected sentenceBStart from 1 to ${L - 1}, got ${L}`],
])("%s is refused in words", (_, input, words) => {
  for (const view of [headView, modelView]) expect(() => view(input)).toThrow(words);
}); // prettier-ignore

test("a layer, head or filter to begin with that is not shown is refused", () => {
  expect(() => headView({ attention, tokens, layer: 3 })).toThrow("headView: expected layer to be one of 0, 1, 2, got 3"); // prettier-ignore
  expect(() => headView({ attention, tokens, heads: [9] })).toThrow("expected heads to be one of 0, 1, 2, 3, got 9"); // prettier-ignore
  expect(() => headView({ attention, tokens, heads: [] })).toThrow("got none");
  expect(() => modelViewSvg({ attention, tokens, filter: "Cross" })).toThrow('expected filter to be one of "All", got "Cross"'); // prettier-ignore
});
