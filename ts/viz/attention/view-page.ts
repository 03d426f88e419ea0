/** @file The page around a view of attention. */

import { escape, json } from "../escape.ts";
import { type DisplayMode, page } from "../page.ts";
import type { Source } from "./blocks.ts";
import type { Sights } from "./input.ts";
import { packShares } from "./pack.ts";
import { VIEW_STYLE } from "./view-style.ts";

export type { DisplayMode };

export interface ViewPageOptions {
  title: string;
  displayMode: DisplayMode;
  sights: Sights;
  /** What the view begins with, for its script. */
  initial: object;
  lead: string;
  /** HTML: what the script fills. */
  body: string;
  script: string;
}

/** What a page carries for its script. */
export interface ViewData<Initial> {
  sources: (Omit<Source, "weights"> & { weights: string })[];
  filters: Sights["filters"];
  initial: Initial;
}

/** A whole page, with the drop-downs of layers and filters. */
export function viewPage(options: ViewPageOptions): string {
  const { title, displayMode, sights, initial, lead, body, script } = options;
  const data: ViewData<object> = {
    sources: sights.sources.map((source) => ({ ...source, weights: packShares(source.weights) })),
    filters: sights.filters,
    initial,
  };
  return page({
    title,
    displayMode,
    style: VIEW_STYLE,
    scripts: [script],
    body: `<header>
<p class="kicker">unrolled</p>
<h1>${escape(title)}</h1>
<p class="lead">${escape(lead)}</p>
</header>
<noscript><p>This page draws with a script. For documents there are pictures without one.</p></noscript>
<section class="view">
<div class="controls" id="controls"></div>
${body}
</section>
<script type="application/json" id="data">${json(data)}</script>
<footer><p><b>Attention is not explanation.</b> A weight says how much of one token's value went into another's output. It does not
say that this decided what the net answered (Jain and Wallace 2019; Wiegreffe and Pinter 2019).</p>
<p>After BertViz: Vig, <i>A Multiscale Visualization of Attention in the Transformer Model</i>, 2019.</p></footer>`,
  });
}
