import { expect, test } from "vitest";
import { bitsPerCharacter, wittenBell } from "../../ts/cli/ngram.ts";

const A = 0;
const B = 1;
const C = 2;
const text = Int32Array.of(A, B, A, B, A, C, A, B);

test("a trigram probability is the one computed by hand", () => {
  // V = 4. p1(b) = (3 + 3/4) / (8 + 3): b stands 3 times among 8, three different characters occur
  const p1 = (3 + 3 / 4) / 11;
  // after a come b, b, c, b: N = 4, T = 2
  const p2 = (3 + 2 * p1) / (4 + 2);
  // after ba come b, c: N = 2, T = 2
  const p3 = (1 + 2 * p2) / (2 + 2);
  expect(wittenBell(text, 4, 1).probability(A, A, B)).toBeCloseTo(p1, 12);
  expect(wittenBell(text, 4, 2).probability(C, A, B)).toBeCloseTo(p2, 12);
  expect(wittenBell(text, 4, 3).probability(B, A, B)).toBeCloseTo(p3, 12);
});

test("a history that was never seen falls back to the shorter one", () => {
  const [trigram, bigram] = [wittenBell(text, 4, 3), wittenBell(text, 4, 2)];
  expect(trigram.probability(C, B, A)).toBe(bigram.probability(C, B, A));
});

test.each([1, 2, 3] as const)(
  "the probabilities of order %i sum to 1 after every history",
  (order) => {
    const model = wittenBell(text, 4, order);
    for (let h = 0; h < 16; h++) {
      const p = [0, 1, 2, 3].map((x) => model.probability(h >> 2, h & 3, x));
      expect(p.reduce((a, b) => a + b, 0)).toBeCloseTo(1, 12);
      expect(Math.min(...p)).toBeGreaterThan(0);
    }
  },
);

test("bits per character are the mean of −log2 p at the places", () => {
  const model = { probability: (_a: number, _b: number, x: number) => (x === B ? 0.5 : 0.125) };
  expect(bitsPerCharacter(model, text, [1, 2])).toBe(2);
});
