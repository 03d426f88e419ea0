/** @file What the views are given, and what is wrong with it. */

import { all, type Filter, pairFilters, type Source } from "./blocks.ts";
import { flat, type Values } from "./values.ts";
import { prettified, show } from "./words.ts";

/** Attention of one stack (`attention`, `tokens`), or of an encoder and a decoder. Layers are arrays [1, H, L, S] or tensors. */
export interface AttentionInput {
  /** One for each layer: [1, H, L, L]. */
  attention?: readonly Values[];
  tokens?: readonly string[];
  /** Where the second of two sentences begins, for the filters that show one with the other. */
  sentenceBStart?: number | undefined;
  /** One for each layer: of the encoder to itself, of the decoder to itself, of the decoder (left) to the encoder (right). */
  encoderAttention?: readonly Values[];
  decoderAttention?: readonly Values[];
  crossAttention?: readonly Values[];
  encoderTokens?: readonly string[];
  decoderTokens?: readonly string[];
  /** Whether marks of word pieces (Ġ, ▁, </w>) are shown as what they mean. Default true. */
  prettifyTokens?: boolean;
  /** The layers that are shown. Default all. */
  includeLayers?: readonly number[] | undefined;
  /** The heads that are shown. Default all. */
  includeHeads?: readonly number[] | undefined;
}

export interface Sights {
  sources: Source[];
  filters: Filter[];
}

/** What there is to see. @throws TypeError or RangeError that says what does not fit */
export function sightsOf(view: string, input: AttentionInput): Sights {
  const pretty = (
    { prettifyTokens = true }: AttentionInput,
    tokens: readonly string[],
  ): string[] => (prettifyTokens ? tokens.map(prettified) : [...tokens]);
  const { attention, tokens, sentenceBStart } = input;
  const sides = [
    ["encoderAttention", "Encoder", "encoderTokens", "encoderTokens"],
    ["decoderAttention", "Decoder", "decoderTokens", "decoderTokens"],
    ["crossAttention", "Cross", "decoderTokens", "encoderTokens"],
  ] as const;
  const given = sides.filter(([name]) => input[name] !== undefined);

  if (attention) {
    const others = [...sides.map(([name]) => name), "encoderTokens", "decoderTokens"] as const;
    const mixed = others.find((name) => input[name] !== undefined);
    if (mixed) {
      throw new TypeError(
        `${view}: expected attention or arguments of an encoder and decoder, got attention and ${mixed}`,
      );
    }
    const own = needed(view, "tokens", "attention", tokens);
    const source = sourceOf(view, "attention", attention, pretty(input, own), pretty(input, own), input); // prettier-ignore
    if (sentenceBStart === undefined)
      return { sources: [source], filters: [all("All", 0, source)] };
    const n = own.length;
    if (!Number.isInteger(sentenceBStart) || sentenceBStart < 1 || sentenceBStart >= n) {
      throw new RangeError(`${view}: expected sentenceBStart from 1 to ${n - 1}, got ${sentenceBStart}`); // prettier-ignore
    }
    return { sources: [source], filters: pairFilters(source, sentenceBStart) };
  }
  if (given.length === 0) {
    throw new TypeError(
      `${view}: expected attention, or some of encoderAttention, decoderAttention and crossAttention; got none`,
    );
  }
  for (const name of ["tokens", "sentenceBStart"] as const) {
    if (input[name] !== undefined) {
      throw new TypeError(`${view}: ${name} goes with attention, not with ${given[0]![0]}`);
    }
  }
  const sources = given.map(
    ([name, , left, right]) =>
    sourceOf(view, name, input[name]!, pretty(input, needed(view, left, name, input[left])), pretty(input, needed(view, right, name, input[right])), input), // prettier-ignore
  );
  return { sources, filters: given.map(([, label], i) => all(label, i, sources[i]!)) };
}

function needed<T>(view: string, name: string, by: string, value: T | undefined): T {
  if (value === undefined) throw new TypeError(`${view}: ${by} needs ${name}`);
  return value;
}

function sourceOf(
  view: string,
  name: string,
  attention: readonly Values[],
  left: string[],
  right: string[],
  { includeLayers, includeHeads }: AttentionInput,
): Source {
  const layers = chosen(view, "includeLayers", attention.length, includeLayers);
  const first = fourAxes(view, `${name}[0]`, attention[0]!);
  const H = first.shape[1]!;
  const heads = chosen(view, "includeHeads", H, includeHeads);
  const [L, S] = [left.length, right.length];
  const weights = new Float64Array(layers.length * heads.length * L * S);
  layers.forEach((layer, l) => {
    const what = `${name}[${layer}]`;
    const { shape, data } = fourAxes(view, what, attention[layer]!);
    if (shape[1] !== H) {
      throw new RangeError(`${view}: expected ${what} to have ${H} heads like the first layer, got ${shape[1]}`); // prettier-ignore
    }
    for (const [axis, tokens] of [
      [2, left],
      [3, right],
    ] as const) {
      // prettier-ignore
      if (shape[axis] === tokens.length) continue;
      throw new RangeError(
        `${view}: ${what} ${show(shape)} has ${shape[axis]} ${axis === 2 ? "queries" : "keys"}, while there are ${tokens.length} tokens: ${tokens.slice(0, 12).join(" ")}`,
      );
    }
    heads.forEach((head, h) => {
      for (let k = 0; k < L * S; k++) {
        const w = data[head * L * S + k]!;
        if (!(w >= 0 && w <= 1.0001)) {
          throw new RangeError(`${view}: expected the weights of ${what} from 0 to 1, got ${w}; take them after the softmax, before dropout`); // prettier-ignore
        }
        weights[(l * heads.length + h) * L * S + k] = Math.min(1, w);
      }
    });
  });
  return { left, right, layers, heads, weights };
}

/** A layer's numbers. @throws RangeError unless its shape is [1, H, L, S] */
export function fourAxes(view: string, what: string, values: Values) {
  const { shape, data } = flat(`${view}: ${what}`, values);
  if (shape.length !== 4) {
    throw new RangeError(`${view}: expected ${what} to be [1, H, L, S], got ${show(shape)}`);
  }
  if (shape[0] !== 1) {
    throw new RangeError(`${view}: expected ${what} to hold one text, got ${shape[0]}; take one of the batch`); // prettier-ignore
  }
  return { shape, data };
}

/** All of n, or those asked for. @throws RangeError when there are none, or one is not there */
function chosen(
  view: string,
  name: string,
  n: number,
  wanted: readonly number[] = Array.from({ length: n }, (_, i) => i),
): number[] {
  const what = name === "includeLayers" ? "layers" : "heads";
  if (wanted.length === 0) throw new RangeError(`${view}: expected ${what} to show, got none`);
  const wrong = wanted.find((i) => !Number.isInteger(i) || i < 0 || i >= n);
  if (wrong !== undefined) {
    throw new RangeError(`${view}: expected ${name} from 0 to ${n - 1}, got ${wrong}`);
  }
  return [...wanted];
}

/** Where a layer or head that a view begins with stands among those shown. @throws RangeError when it is not shown */
export function placeOf(view: string, name: string, shown: readonly number[], i: number): number {
  const place = shown.indexOf(i);
  if (place < 0) {
    throw new RangeError(`${view}: expected ${name} to be one of ${shown.join(", ")}, got ${i}`);
  }
  return place;
}

/** A filter by its name, and its source. @throws RangeError when there is none of that name */
export function filterOf(view: string, { sources, filters }: Sights, name = filters[0]!.name) {
  const shown = filters.find((filter) => filter.name === name);
  if (!shown) {
    const names = filters.map((filter) => `"${filter.name}"`).join(", ");
    throw new RangeError(`${view}: expected filter to be one of ${names}, got "${name}"`);
  }
  return { source: sources[shown.source]!, shown };
}
