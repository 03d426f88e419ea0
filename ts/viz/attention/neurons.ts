/** @file From a query and the keys to the weights of a head, number by number. */

/** One head over its tokens: what the neuron view shows at a time. */
export interface Neurons {
  left: readonly string[];
  right: readonly string[];
  /** The length of a query and of a key. */
  d: number;
  /** [L, d] */
  q: ArrayLike<number>;
  /** [S, d] */
  k: ArrayLike<number>;
  /** The weights that the model used, [L, S]. */
  a: ArrayLike<number>;
  scale: number;
  /** Whether a query sees later keys too. */
  bidirectional: boolean;
}

/** q ⊙ k_j: the products of the elements, [d]. */
export const products = ({ d, q, k }: Neurons, i: number, j: number): number[] =>
  Array.from({ length: d }, (_, e) => q[i * d + e]! * k[j * d + e]!);

/** Σ (q_i ⊙ k_j) · scale, for every key that query i sees. */
export function scores(neurons: Neurons, i: number): number[] {
  return Array.from({ length: seen(neurons, i) }, (_, j) => {
    const dot = products(neurons, i, j).reduce((sum, v) => sum + v, 0);
    return dot * neurons.scale;
  });
}

export function softmax(scores: readonly number[]): number[] {
  const most = Math.max(...scores);
  const exps = scores.map((s) => Math.exp(s - most));
  const sum = exps.reduce((x, y) => x + y, 0);
  return exps.map((e) => e / sum);
}

/** The first keys, as many as query i sees. */
export const seen = ({ right, bidirectional }: Neurons, i: number): number =>
  bidirectional ? right.length : Math.min(i + 1, right.length);

/** The largest difference between the model's weights of query i and the softmax of the scores: of a mask or bias. */
export function unexplained(neurons: Neurons, i: number): number {
  const S = neurons.right.length;
  return softmax(scores(neurons, i)).reduce((most, w, j) => Math.max(most, Math.abs(w - neurons.a[i * S + j]!)), 0); // prettier-ignore
}

/** How opaque an element, or a score, is. */
export const opacityOf = (v: number): number => Math.tanh(Math.abs(v) / 4);

/** How opaque a connector to a key of weight a is. */
export const connectorOf = (a: number): number => Math.tanh(1.8 * a);
