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

/** Queries and keys [layers][1, H, L, d], and the weights that they give. */
export function someNeurons(layers: number, H: number, L: number, d: number, causal = false) {
  const vectors = (phase: number) =>
    Array.from({ length: layers }, (_, l) => [
      Array.from({ length: H }, (_, h) =>
        Array.from({ length: L }, (_, i) =>
          Array.from({ length: d }, (_, e) => 1.2 * Math.sin(phase + l + 2.1 * h + i * (1 + (e % 5)) + 0.7 * e)),
        ),
      ),
    ]); // prettier-ignore
  const [queries, keys] = [vectors(0.3), vectors(1.1)];
  const attention = queries.map((layer, l) => [
    layer[0]!.map((Q, h) =>
      Q.map((q, i) => {
        const scores = keys[l]![0]![h]!.map((k, j) =>
          causal && j > i ? -Infinity : q.reduce((sum, v, e) => sum + v * k[e]!, 0) / Math.sqrt(d),
        );
        const most = Math.max(...scores);
        const exps = scores.map((s) => Math.exp(s - most));
        const sum = exps.reduce((a, b) => a + b);
        return exps.map((e) => e / sum);
      }),
    ),
  ]);
  return { queries, keys, attention };
}
