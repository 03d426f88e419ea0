/** @file The script of the neuron view's page. */

import { neuronsOf } from "../neuron-input.ts";
import {
  collapsedBase,
  collapsedOwn,
  collapsedSize,
  expandedBase,
  expandedOwn,
  placesOf,
} from "../neuron-picture.ts";
import type { NeuronData } from "../neuron-view.ts";
import { type Neurons, scores, unexplained } from "../neurons.ts";
import { unpackFloats } from "../pack.ts";
import { toldOf } from "../told.ts";
import { byId, filterChooser, readData, select } from "./page.ts";
import { pointing } from "./tokens.ts";

const { sources, filters, initial } = readData<NeuronData>();
const vectors = {
  ...initial,
  queries: unpackFloats(initial.queries),
  keys: unpackFloats(initial.keys),
};
const [source] = sources as [(typeof sources)[0]];
const picture = byId("picture");
let { layer, head } = initial;
let filter = filters[0]!;
let expanded = false;
let own: number | undefined;
let neurons: Neurons;

select("Layer", (place) => draw({ layer: place })).fill(source.layers, layer);
select("Head", (place) => draw({ head: place })).fill(source.heads, head);
filterChooser(filters, (chosen) => draw({ filter: chosen }));
const toggle = document.createElement("button");
toggle.type = "button";
toggle.addEventListener("click", expand);
byId("controls").append(toggle);

const tokens = pointing(picture.parentElement!, (pointed) => {
  own = pointed?.index;
  drawOwn();
});
picture.parentElement!.addEventListener("keydown", (event) => {
  const wanted = { Enter: !expanded, "+": true, "-": false }[event.key];
  if (wanted === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  if (wanted === expanded) return;
  const at = own;
  expand();
  picture.querySelectorAll<SVGElement>("[data-index]")[at ?? 0]?.focus();
});
draw({});

function draw(change: { layer?: number; head?: number; filter?: typeof filter }): void {
  ({ layer = layer, head = head, filter = filter } = change);
  neurons = neuronsOf(source, vectors, filter, layer, head);
  own = undefined;
  const { width, height } = expanded ? placesOf(neurons) : collapsedSize(neurons);
  picture.setAttribute("width", String(width));
  picture.setAttribute("height", String(height));
  const base = expanded ? expandedBase : collapsedBase;
  picture.innerHTML = `<g id="own"></g>${base(neurons, { live: true })}`;
  toggle.textContent = expanded ? "− Collapse" : "+ Expand";
  toggle.setAttribute("aria-expanded", String(expanded));
  tokens.reset();
  drawOwn();
}

function drawOwn(): void {
  byId("own").innerHTML = expanded
    ? own === undefined ? "" : expandedOwn(neurons, own)
    : collapsedOwn(neurons, own); // prettier-ignore
  tokens.mark(own === undefined ? undefined : { side: "left", index: own });
  byId("told").textContent = own === undefined ? (expanded ? "No token selected" : "") : words(own);
}

function expand(): void {
  expanded = !expanded;
  draw({});
}

/** The strongest weights of query i, with their scores. */
function words(i: number): string {
  const { left, right, a } = neurons;
  const all = scores(neurons, i);
  const weights = all.map((_, j) => a[i * right.length + j]!);
  const named = `layer ${source.layers[layer]}, head ${source.heads[head]}`;
  const list = toldOf(left[i]!, i, right, weights, "attends to", named, (j) => `  score ${all[j]!.toFixed(2).replace("-", "−")}`); // prettier-ignore
  const other =
    unexplained(neurons, i) > 1e-3 ? "\nA mask or a bias was added to these scores." : "";
  return list + other;
}
