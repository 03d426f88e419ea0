import { attentionWeights, tensor } from "unrolled";
import { describe, expect, test } from "vitest";
import { type NeuronInput, neuronSights, neuronsOf } from "../../ts/viz/attention/neuron-input.ts";
import { neuronView, neuronViewSvg } from "../../ts/viz/attention/neuron-view.ts";
import {
  connectorOf,
  opacityOf,
  products,
  scores,
  seen,
  softmax,
  unexplained,
} from "../../ts/viz/attention/neurons.ts";
import { SENTENCE, someNeurons } from "../support/attention.ts";

const tokens = SENTENCE.slice(0, 7);
const [LAYERS, H, L, d] = [2, 3, tokens.length, 16];
const given = { ...someNeurons(LAYERS, H, L, d), tokens };
const causal = { ...someNeurons(LAYERS, H, L, d, true), tokens, bidirectional: false };

const neurons = (input: NeuronInput, layer: number, head: number) => {
  const { sights, vectors } = neuronSights("test", input);
  return neuronsOf(sights.sources[0]!, vectors, sights.filters[0]!, layer, head);
};

describe("the arithmetic", () => {
  test.each([["both ways", given], ["causal", causal]] as const)("Σ q × k ∕ √d, through softmax, is the attention: %s", (_, input) => {
    for (let layer = 0; layer < LAYERS; layer++) {
      for (let head = 0; head < H; head++) {
        const own = neurons(input, layer, head);
        for (let i = 0; i < L; i++) {
          expect(unexplained(own, i)).toBeLessThan(1e-5);
          const sums = Array.from({ length: seen(own, i) }, (_, j) => products(own, i, j).reduce((a, b) => a + b) / Math.sqrt(d));
          softmax(sums).forEach((w, j) => expect(Math.abs(w - input.attention[layer]![0]![head]![i]![j]!)).toBeLessThan(1e-5));
        }
      }
    }
  }); // prettier-ignore

  test("of the library's own attention, by grouped heads and another scale", () => {
    const q = tensor(someNeurons(1, 4, 5, 8).queries[0]!);
    const k = tensor(someNeurons(1, 2, 5, 8).keys[0]!);
    const scale = 0.2;
    const a = attentionWeights(q, k, { scale, enableGqa: true, isCausal: true });
    const input = { attention: [a], queries: [q], keys: [k], tokens: tokens.slice(0, 5), scale, bidirectional: false }; // prettier-ignore
    for (let head = 0; head < 4; head++) {
      const own = neurons(input, 0, head);
      for (let i = 0; i < 5; i++) expect(unexplained(own, i)).toBeLessThan(1e-5);
    }
  });

  test("a bias on the scores is noticed", () => {
    const own = neurons({ ...given, attention: causal.attention }, 0, 0);
    expect(unexplained(own, 0)).toBeGreaterThan(0.01);
  });

  test("opacities: tanh(|v| ∕ 4) of numbers, tanh(1.8 a) of connectors", () => {
    expect([0, 4, -4].map(opacityOf)).toEqual([0, Math.tanh(1), Math.tanh(1)]);
    expect([0, 0.5].map(connectorOf)).toEqual([0, Math.tanh(0.9)]);
  });

  test("a pair's filter takes its rows of queries and its columns of keys", () => {
    const { sights, vectors } = neuronSights("test", { ...given, sentenceBStart: 3 });
    const ab = neuronsOf(sights.sources[0]!, vectors, sights.filters[3]!, 1, 2);
    expect([ab.left, ab.right]).toEqual([tokens.slice(0, 3), tokens.slice(3)]);
    expect(Array.from(ab.k)).toEqual([
      ...Float32Array.from(given.keys[1]![0]![2]!.slice(3).flat()),
    ]);
    expect(Array.from(ab.q)).toEqual([
      ...Float32Array.from(given.queries[1]![0]![2]!.slice(0, 3).flat()),
    ]);
    expect(Array.from(ab.a)).toEqual(given.attention[1]![0]![2]!.slice(0, 3).flatMap((row) => row.slice(3))); // prettier-ignore
  });
});

describe("the pictures", () => {
  const count = (svg: string, pattern: RegExp): number => svg.match(pattern)?.length ?? 0;

  test("collapsed: a line for each pair, as opaque as its weight", () => {
    const svg = neuronViewSvg({ ...given, layer: 1, head: 2 });
    const drawn = [...svg.matchAll(/<path [^>]*stroke-opacity="([^"]+)"/g)].map((m) => Number(m[1]));
    const weights = given.attention[1]![0]![2]!.flat();
    expect(drawn).toHaveLength(L * L);
    weights.forEach((w, k) => expect(drawn[k]).toBeCloseTo(w, 5));
  }); // prettier-ignore

  test("expanded: every element of q, k and their products, coloured by sign, as opaque as it is large", () => {
    const svg = neuronViewSvg({ ...given, token: 3 });
    expect(count(svg, /class="vector"/g)).toBe(3 * L);
    expect(count(svg, /class="score"/g)).toBe(L);
    const first = /<g class="vector">(.*?)<\/g>/.exec(svg)![1]!; // of the product, which is drawn first
    const cells = [...first.matchAll(/fill="var\(--(warm|cool)[^>]*fill-opacity="([^"]+)"/g)];
    products(neurons(given, 0, 0), 3, 0).forEach((v, e) => {
      expect(cells[e]![1]).toBe(v < 0 ? "warm" : "cool");
      expect(Number(cells[e]![2])).toBeCloseTo(Math.tanh(Math.abs(v) / 4), 4);
    });
    const wires = [...svg.matchAll(/class="wire"[^>]*stroke-opacity="([^"]+)"/g)].map((m) => Number(m[1])); // prettier-ignore
    given.attention[0]![0]![0]![3]!.forEach((a, j) => {
      for (const wire of wires.slice(1 + 4 * j, 5 + 4 * j)) expect(wire).toBeCloseTo(Math.tanh(1.8 * a), 4); // prettier-ignore
    });
  });

  test("causal: no products or scores with later keys", () => {
    const svg = neuronViewSvg({ ...causal, token: 2 });
    expect(count(svg, /class="score"/g)).toBe(3);
    expect(count(svg, /class="vector"/g)).toBe(2 * L + 3);
    for (const [i, row] of scoresOf(causal).entries()) expect(row).toHaveLength(i + 1);
  });

  const scoresOf = (input: NeuronInput): number[][] =>
    tokens.map((_, i) => scores(neurons(input, 0, 0), i));

  test("pictures and page are the same every time, load nothing, and say what they show", () => {
    const svg = neuronViewSvg({ ...given, token: 1 });
    expect(svg).toBe(neuronViewSvg({ ...given, token: 1 }));
    expect(svg).toMatch(/aria-label="Queries, keys and weights of layer 0, head 0, of the"/);
    const html = neuronView(given);
    for (const text of [svg, html]) expect(text).not.toMatch(/NaN|undefined(?!\w)[^=;,)?:.&|}]|href=|https?:\/\//); // prettier-ignore
    expect(html).toContain("Attention is not explanation");
  });
});

test.each<[string, Partial<NeuronInput> & { layer?: number; head?: number }, string]>([
  ["no queries", { queries: undefined! }, "expected queries, got none"],
  ["queries of fewer layers", { queries: given.queries.slice(1) }, "expected queries of 2 layers, got 1"],
  ["keys of another length", { keys: someNeurons(2, H, L, 8).keys }, `expected keys[0] to be [1, 3, 7, 16], got [1, 3, 7, 8]`],
  ["keys of heads that do not divide", { keys: someNeurons(2, 2, L, d).keys }, "expected keys[0] to be [1, 3, 7, 16], got [1, 2, 7, 16]"],
  ["queries of other tokens", { queries: someNeurons(2, H, 4, d).queries }, "expected queries[0] to be [1, 3, 7, 16], got [1, 3, 4, 16]"],
  ["a pair of sentences, causal", { bidirectional: false, sentenceBStart: 3 }, "expected one text with bidirectional: false, got sentenceBStart"],
  ["a layer that is not shown", { layer: 2 }, "expected layer to be one of 0, 1, got 2"],
  ["a head that is not shown", { head: -1 }, "expected head to be one of 0, 1, 2, got -1"],
  ["other tokens", { tokens: ["a"] }, "while there are 1 tokens: a"],
])("%s is refused in words", (_, wrong, words) => {
  expect(() => neuronView({ ...given, ...wrong })).toThrow(words);
  expect(() => neuronViewSvg({ ...given, ...wrong })).toThrow(words);
}); // prettier-ignore

test("a token that is not there is refused", () => {
  expect(() => neuronViewSvg({ ...given, token: 7 })).toThrow("neuronViewSvg: expected token from 0 to 6, got 7"); // prettier-ignore
});
