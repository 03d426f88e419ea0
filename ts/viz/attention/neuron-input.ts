/** @file What the neuron view is given beyond weights, and what is wrong with it. */

import { blockOf, type Filter, type Source } from "./blocks.ts";
import { type AttentionInput, fourAxes, type Sights, sightsOf } from "./input.ts";
import type { Neurons } from "./neurons.ts";
import type { Values } from "./values.ts";
import { show } from "./words.ts";

/** What the view of single neurons shows. */
export interface NeuronInput extends Pick<
  AttentionInput,
  "sentenceBStart" | "prettifyTokens" | "includeLayers" | "includeHeads"
> {
  /** One for each layer: [1, H, L, S]. */
  attention: readonly Values[];
  /** One for each layer: [1, H, L, d]. */
  queries: readonly Values[];
  /** One for each layer: [1, H, S, d], or fewer heads that serve as many in a row each. */
  keys: readonly Values[];
  /** The L tokens that attend, and the S attended to where those are others: a decoder's and an encoder's. */
  tokens: readonly string[];
  keyTokens?: readonly string[] | undefined;
  /** What a layer multiplies q·k by: one for all, or one for each. Default 1/√d. */
  scale?: number | readonly number[] | undefined;
  /** Whether a query sees later keys too. Default true; false for GPT-2 and its like. */
  bidirectional?: boolean;
}

/** What a neuron view has to show beyond what all views have. */
export interface Vectors {
  d: number;
  /** [layers, H, L, d] and [layers, H, S, d], of the layers and heads that are shown. */
  queries: ArrayLike<number>;
  keys: ArrayLike<number>;
  /** One for each layer that is shown. */
  scales: readonly number[];
  bidirectional: boolean;
}

/** @throws TypeError or RangeError that says what does not fit */
export function neuronSights(
  view: string,
  input: NeuronInput,
): { sights: Sights; vectors: Vectors } {
  const {
    attention,
    queries,
    keys,
    tokens,
    keyTokens,
    scale,
    bidirectional = true,
    ...rest
  } = input;
  if (!bidirectional && rest.sentenceBStart !== undefined) {
    throw new TypeError(
      `${view}: expected one text with bidirectional: false, got sentenceBStart; GPT-2 knows no pairs of sentences`,
    );
  }
  for (const [name, value] of Object.entries({ attention, queries, keys, tokens })) {
    if (value === undefined) throw new TypeError(`${view}: expected ${name}, got none`);
    if (name !== "tokens" && value.length !== attention.length) {
      throw new RangeError(`${view}: expected ${name} of ${attention.length} layers, got ${value.length}`); // prettier-ignore
    }
  }
  const sights = sightsOf(
    view,
    keyTokens
      ? { ...rest, crossAttention: attention, decoderTokens: tokens, encoderTokens: keyTokens }
      : { ...rest, attention, tokens },
  );
  const [source] = sights.sources as [Source];
  const H = fourAxes(view, "attention[0]", attention[0]!).shape[1]!;
  const d = fourAxes(view, "queries[0]", queries[0]!).shape[3]!;
  const gathered = (name: string, layers: readonly Values[], length: number): Float32Array => {
    const all = new Float32Array(source.layers.length * source.heads.length * length * d);
    source.layers.forEach((layer, l) => {
      const what = `${name}[${layer}]`;
      const { shape, data } = fourAxes(view, what, layers[layer]!);
      const own = shape[1]!;
      const fits = name === "keys" ? own > 0 && H % own === 0 : own === H;
      if (!fits || shape[2] !== length || shape[3] !== d) {
        throw new RangeError(`${view}: expected ${what} to be ${show([1, H, length, d])}, got ${show(shape)}`); // prettier-ignore
      }
      source.heads.forEach((head, h) => {
        const from = Math.floor((head * own) / H) * length * d;
        for (let e = 0; e < length * d; e++) {
          all[(l * source.heads.length + h) * length * d + e] = data[from + e]!;
        }
      });
    });
    return all;
  };
  const scaleOf = (layer: number): number =>
    (typeof scale === "number" ? scale : scale?.[layer]) ?? 1 / Math.sqrt(d);
  const vectors = {
    d,
    queries: gathered("queries", queries, source.left.length),
    keys: gathered("keys", keys, source.right.length),
    scales: source.layers.map(scaleOf),
    bidirectional,
  };
  return { sights, vectors };
}

/** One head of one layer, by their places among those shown, in the rows and columns of a filter. */
export function neuronsOf(
  source: Source,
  { d, queries, keys, scales, bidirectional }: Vectors,
  filter: Filter,
  layer: number,
  head: number,
): Neurons {
  const { left, right, weights } = blockOf(source, layer, filter);
  const [L, S, H] = [source.left.length, source.right.length, source.heads.length];
  const size = left.length * right.length;
  const rows = (values: ArrayLike<number>, length: number, [from, to]: Filter["rows"]): number[] =>
    Array.from({ length: (to - from) * d }, (_, e) => values[((layer * H + head) * length + from) * d + e]!); // prettier-ignore
  return {
    left,
    right,
    d,
    q: rows(queries, L, filter.rows),
    k: rows(keys, S, filter.columns),
    a: weights.subarray(head * size, (head + 1) * size),
    scale: scales[layer]!,
    bidirectional,
  };
}
