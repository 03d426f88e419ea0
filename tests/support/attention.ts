/** @file Attention weights to draw: softmax of smooth pseudo-random scores, so that every run draws the same. */

/** [layers][1, H, L, S], each row adding up to 1. */
export function someAttention(layers: number, H: number, L: number, S = L, causal = false) {
  return Array.from({ length: layers }, (_, l) => [
    Array.from({ length: H }, (_, h) =>
      Array.from({ length: L }, (_, i) => {
        const scores = Array.from({ length: S }, (_, j) =>
          causal && j > i ? -Infinity : 4.5 * Math.sin((l + 1.3) * (h + 0.7) + i * (1 + h) - j * 1.9) + (i === j ? 1 : 0),
        ); // prettier-ignore
        const exps = scores.map((s) => Math.exp(s));
        const sum = exps.reduce((a, b) => a + b);
        return exps.map((e) => e / sum);
      }),
    ),
  ]);
}

export const SENTENCE =
  "[CLS] the animal did n ##' ##t cross the street because it was too tired [SEP]".split(" ");
