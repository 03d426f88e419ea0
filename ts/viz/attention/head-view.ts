/** @file BertViz's head view: the heads of a layer over one text (Vig 2019, after Jones's viewer of tensor2tensor, 2017). */

import { drawing } from "../drawing.ts";
import { blockOf } from "./blocks.ts";
import { script } from "script:./browser/head-view.ts";
import { colourOf } from "./heads.ts";
import { type AttentionInput, filterOf, placeOf, sightsOf } from "./input.ts";
import { boxes, column, heightOf, layoutOf, lines, type Pointed, widthOf } from "./lines.ts";
import { type DisplayMode, viewPage } from "./view-page.ts";

export interface HeadViewOptions extends AttentionInput {
  /** The layer shown first. Default the first. */
  layer?: number | undefined;
  /** The heads that are on at first. Default all. */
  heads?: readonly number[] | undefined;
  /** Default "auto": as the reader's system. */
  displayMode?: DisplayMode;
  /** Default "Attention, head by head". */
  title?: string;
}

/**
 * A page: tokens on both sides and a line for each head and pair, as opaque as the weight over the number of heads that are
 * on. Pointing at a token shows its own lines alone. Heads are squares: a click toggles one, a double-click isolates it.
 *
 *     writeFileSync("heads.html", headView({ attention: [[[[[1, 0], [0.3, 0.7]]]]], tokens: ["so", "what"] }));
 *
 * @returns a self-contained HTML document
 * @throws TypeError or RangeError that says what does not fit
 */
export function headView(options: HeadViewOptions): string {
  const { layer, heads, displayMode = "auto", title = "Attention, head by head" } = options;
  const sights = sightsOf("headView", options);
  const [first] = sights.sources as [(typeof sights.sources)[0]];
  const start = layer ?? first.layers[0]!;
  placeOf("headView", "layer", first.layers, start);
  return viewPage({
    title,
    displayMode,
    sights,
    initial: { layer: start, active: activeOf("headView", first.heads, heads) },
    lead:
      "Each line is the attention of a token on the left to one on the right: the stronger the weight, the darker the line. " +
      "Point at a token, or move with the arrow keys, to see its own lines alone.",
    body: `<div class="heads" id="heads" role="group" aria-label="Heads"></div>
<p class="hint">A click or Space turns a head on or off. A double-click or Shift+Enter shows it alone, and once more all of them.</p>
<div class="stage"><div class="wide"><svg id="picture" role="group" aria-label="Lines of attention"></svg></div>
<output id="told" aria-live="polite"></output></div>`,
    script,
  });
}

/** What `headView` shows at a moment, as a picture for documents. */
export function headViewSvg({
  filter,
  token,
  ...options
}: HeadViewOptions & {
  /** The name of a filter, such as "Cross". Default the first. */
  filter?: string;
  /** The token that is pointed at. Default none. */
  token?: Pointed;
}): string {
  const { source, shown } = filterOf("headViewSvg", sightsOf("headViewSvg", options), filter);
  const layer = options.layer ?? source.layers[0]!;
  const block = blockOf(source, placeOf("headViewSvg", "layer", source.layers, layer), shown);
  const active = activeOf("headViewSvg", source.heads, options.heads);
  const layout = layoutOf(block, 36);
  const width = Math.max(widthOf(layout), 22 * active.length);
  return drawing(
    width,
    heightOf(layout, block),
    `Attention of layer ${layer}, heads ${source.heads.filter((_, h) => active[h]).join(", ")}, from ${block.left.join(" ")} to ${block.right.join(" ")}`,
    [
      ...source.heads.map(
        (head, h) =>
          `<rect x="${h * 22}" y="4" width="18" height="18" rx="3" fill="${colourOf(head)}" fill-opacity="${active[h] ? 1 : 0.2}"/>`,
      ),
      lines(block, layout, active, colourOf, token),
      token ? boxes(block, layout, active, colourOf, token) : "",
      column("left", block.left, layout, { pointed: token }),
      column("right", block.right, layout, { pointed: token }),
    ],
  );
}

function activeOf(view: string, shown: readonly number[], heads: readonly number[] = shown) {
  if (heads.length === 0) throw new RangeError(`${view}: expected heads to begin with, got none`);
  const places = heads.map((head) => placeOf(view, "heads", shown, head));
  return shown.map((_, h) => places.includes(h));
}
