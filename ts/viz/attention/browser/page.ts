/** @file What the scripts of all views share: they run in the page. */

import { type Block, blockOf, type Filter, type Source } from "../blocks.ts";
import { unpackShares } from "../pack.ts";
import type { ViewData } from "../view-page.ts";

export const byId = (id: string): HTMLElement => document.getElementById(id)!;

/** What the page carries. */
export function readData<Initial>(): {
  sources: Source[];
  filters: Filter[];
  initial: Initial;
} {
  const { sources, filters, initial } = JSON.parse(byId("data").textContent!) as ViewData<Initial>;
  return {
    sources: sources.map((s) => ({ ...s, weights: unpackShares(s.weights) })),
    filters,
    initial,
  };
}

/** A labelled drop-down at the end of the controls. With one choice only it is not shown. */
export function select(label: string, onChange: (place: number) => void) {
  const wrapper = document.createElement("label");
  const box = document.createElement("select");
  wrapper.append(label, box);
  box.setAttribute("aria-label", label);
  byId("controls").append(wrapper);
  box.addEventListener("change", () => onChange(box.selectedIndex));
  return {
    fill(choices: readonly (string | number)[], place: number): void {
      box.replaceChildren(...choices.map((c) => new Option(String(c))));
      box.selectedIndex = place;
      wrapper.hidden = choices.length < 2;
    },
  };
}

/** The drop-down of filters. */
export function filterChooser(filters: readonly Filter[], onChange: (filter: Filter) => void) {
  const chooser = select("Attention", (chosen) => onChange(filters[chosen]!));
  chooser.fill(filters.map(({ name }) => name), 0); // prettier-ignore
}

/** The drop-downs of layers and filters, and the block that they choose. */
export function blockChooser(
  { sources, filters }: { sources: Source[]; filters: Filter[] },
  initialLayer: number,
  onChange: (block: Block, source: Source, place: number, filter: Filter) => void,
): void {
  let filter = filters[0]!;
  let place = sources[0]!.layers.indexOf(initialLayer);
  const change = (): void => {
    const source = sources[filter.source]!;
    onChange(blockOf(source, place, filter), source, place, filter);
  };
  const layers = select("Layer", (chosen) => {
    place = chosen;
    change();
  });
  filterChooser(filters, (chosen) => {
    const layer = sources[filter.source]!.layers[place]!;
    filter = chosen;
    const own = sources[filter.source]!.layers;
    place = Math.max(0, own.indexOf(layer));
    layers.fill(own, place);
    change();
  });
  layers.fill(sources[0]!.layers, place);
  change();
}
