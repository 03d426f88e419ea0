/** @file BertViz's neuron view: how the query and keys of a head give its weights (Vig 2019). */

import { drawing } from "../drawing.ts";
import type { Source } from "./blocks.ts";
import { script } from "script:./browser/neuron-view.ts";
import { filterOf, placeOf } from "./input.ts";
import { type NeuronInput, neuronSights, neuronsOf, type Vectors } from "./neuron-input.ts";
import {
  collapsedBase,
  collapsedOwn,
  collapsedSize,
  expandedBase,
  expandedOwn,
  placesOf,
} from "./neuron-picture.ts";
import { packFloats } from "./pack.ts";
import { type DisplayMode, viewPage } from "./view-page.ts";

/** Options of the view of single neurons. */
export interface NeuronViewOptions extends NeuronInput {
  /** The layer and head shown first. Default the first. */
  layer?: number | undefined;
  head?: number | undefined;
  /** Default "auto": as the reader's system. BertViz's is "dark". */
  displayMode?: DisplayMode;
  /** Default "Attention, neuron by neuron". */
  title?: string;
}

/** What the page carries for its script. */
export interface NeuronData extends Omit<Vectors, "queries" | "keys"> {
  queries: string;
  keys: string;
  /** Places among those shown. */
  layer: number;
  head: number;
}

/**
 * A page: the weights of one head as lines; expanded, its queries and keys element by element, and for the token pointed at
 * their products, the scaled dot products and the softmax.
 *
 * @returns a self-contained HTML document
 * @throws TypeError or RangeError that says what does not fit
 */
export function neuronView(options: NeuronViewOptions): string {
  const { displayMode = "auto", title = "Attention, neuron by neuron" } = options;
  const { sights, vectors } = neuronSights("neuronView", options);
  const initial: NeuronData = {
    ...vectors,
    queries: packFloats(vectors.queries),
    keys: packFloats(vectors.keys),
    ...startOf("neuronView", sights.sources[0]!, options),
  };
  return viewPage({
    title,
    displayMode,
    sights,
    initial,
    lead:
      "Blue is above 0, orange below, and the stronger the colour, the larger the number. Point at a token on the left, or " +
      "move with the arrow keys, to follow its query to the weights; expand the picture to see every element.",
    body: `<div class="stage"><div class="wide"><svg id="picture" role="group" aria-label="Queries, keys and weights"></svg></div>
<output id="told" aria-live="polite"></output></div>`,
    script,
  });
}

/** What `neuronView` shows at a moment, as a picture for documents. */
export function neuronViewSvg({
  filter,
  token,
  expanded = token !== undefined,
  ...options
}: Omit<NeuronViewOptions, "displayMode" | "title"> & {
  /** The name of a filter. Default the first. */
  filter?: string;
  /** The token on the left that is pointed at. Default none. */
  token?: number;
  /** Whether vectors are shown. Default if a token is pointed at. */
  expanded?: boolean;
}): string {
  const { sights, vectors } = neuronSights("neuronViewSvg", options);
  const { source, shown } = filterOf("neuronViewSvg", sights, filter);
  const { layer, head } = startOf("neuronViewSvg", source, options);
  const neurons = neuronsOf(source, vectors, shown, layer, head);
  const n = neurons.left.length;
  if (token !== undefined && !(Number.isInteger(token) && token >= 0 && token < n)) {
    throw new RangeError(`neuronViewSvg: expected token from 0 to ${n - 1}, got ${token}`);
  }
  const { width, height } = expanded ? placesOf(neurons) : collapsedSize(neurons);
  const how = token === undefined ? {} : { own: token };
  const own = expanded ? (token === undefined ? "" : expandedOwn(neurons, token)) : collapsedOwn(neurons, token); // prettier-ignore
  return drawing(
    width,
    height,
    `Queries, keys and weights of layer ${source.layers[layer]}, head ${source.heads[head]}${token === undefined ? "" : `, of ${neurons.left[token]}`}`,
    [own, expanded ? expandedBase(neurons, how) : collapsedBase(neurons, how)],
  );
}

function startOf(
  view: string,
  { layers, heads }: Source,
  { layer = layers[0]!, head = heads[0]! }: Pick<NeuronViewOptions, "layer" | "head">,
) {
  return {
    layer: placeOf(view, "layer", layers, layer),
    head: placeOf(view, "head", heads, head),
  };
}
