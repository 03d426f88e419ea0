/** @file BertViz's model view: all heads of all layers at a glance (Vig 2019). */

import { COLOUR, drawing, text } from "../drawing.ts";
import { blockOf } from "./blocks.ts";
import { script } from "script:./browser/model-view.ts";
import { colourOf } from "./heads.ts";
import { type AttentionInput, filterOf, sightsOf } from "./input.ts";
import { CELL, strokeOf, thumbnail } from "./thumbnail.ts";
import { type DisplayMode, viewPage } from "./view-page.ts";

export interface ModelViewOptions extends AttentionInput {
  /** Default "auto": as the reader's system. BertViz's is "dark". */
  displayMode?: DisplayMode;
  /** Default "Attention, the whole model". */
  title?: string;
}

/**
 * A page: a small picture for each head of each layer, its lines as opaque as the weights. Choosing one shows it large, with
 * the tokens.
 *
 * @returns a self-contained HTML document
 * @throws TypeError or RangeError that says what does not fit
 */
export function modelView(options: ModelViewOptions): string {
  const { displayMode = "auto", title = "Attention, the whole model" } = options;
  return viewPage({
    title,
    displayMode,
    sights: sightsOf("modelView", options),
    initial: {},
    lead:
      "A row is a layer, a column a head: tokens that attend on the left of each picture, those attended to on the right. " +
      "Choose a head, with a click or with the arrow keys and Enter, to see it large.",
    body: `<div class="whole"><div class="wide"><div id="grid" role="grid" aria-label="Heads by layers"></div></div>
<div class="detail" id="detail" hidden><h2 id="which"></h2><div class="wide"><svg id="picture" role="group" aria-labelledby="which"></svg></div>
<output id="told" aria-live="polite"></output></div></div>`,
    script,
  });
}

const [GAP, MARGIN] = [10, 26];
const LABEL = { size: 13, colour: COLOUR.soft } as const;

/** The grid of `modelView`, as a picture for documents. Lines too faint to see are left out. */
export function modelViewSvg({
  filter,
  ...options
}: Omit<ModelViewOptions, "displayMode" | "title"> & {
  /** The name of a filter, such as "Cross". Default the first. */
  filter?: string;
}): string {
  const { source, shown } = filterOf("modelViewSvg", sightsOf("modelViewSvg", options), filter);
  const { layers, heads } = source;
  const [L, S] = [shown.rows[1] - shown.rows[0], shown.columns[1] - shown.columns[0]];
  const rows = layers.flatMap((layer, l) => {
    const { weights } = blockOf(source, l, shown);
    const y = MARGIN + l * (CELL + GAP);
    return heads.map((_, h) => {
      const own = weights.subarray(h * L * S, (h + 1) * L * S);
      const x = MARGIN + h * (CELL + GAP);
      return `<g transform="translate(${x} ${y})" stroke="${colourOf(layer)}" stroke-width="${strokeOf(L, S)}">${thumbnail(own, L, S)}</g>`;
    });
  });
  const [width, height] = [heads, layers].map((n) => MARGIN + n.length * (CELL + GAP));
  return drawing(
    width!,
    height!,
    `Attention of layers ${layers.join(", ")} (rows), heads ${heads.join(", ")} (columns): ${shown.name}`,
    [
      ...heads.map((head, h) => text(MARGIN + h * (CELL + GAP) + CELL / 2, 12, String(head), LABEL)), // prettier-ignore
      ...layers.map((layer, l) => text(10, MARGIN + l * (CELL + GAP) + CELL / 2, String(layer), LABEL)), // prettier-ignore
      ...rows,
    ],
  );
}
