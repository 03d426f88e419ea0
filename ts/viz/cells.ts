/**
 * @file What single cells of a recurrent net do along a passage: each character coloured by the cell's value once it
 * has been read (Karpathy, Johnson & Fei-Fei 2015).
 */

import { bytes, escape, json } from "./escape.ts";

/** One of a unit's values, such as its forget gate. */
export interface Quantity {
  /** Its letter in the equations. */
  key: string;
  name: string;
  /** Whether it runs from −1 to 1; else from 0 to 1. */
  signed: boolean;
}

/** A unit, and what it held along the passage. */
export interface Cell {
  layer: number;
  unit: number;
  /** What it goes with, and how well, from −1 to 1. */
  feature: string;
  correlation: number;
  /** By the key of the quantity, a value for each character. */
  values: ReadonlyMap<string, ArrayLike<number>>;
}

/** What `cellsView` shows. */
export interface CellsOptions {
  /** The passage, character by character. */
  characters: readonly string[];
  quantities: readonly Quantity[];
  cells: readonly Cell[];
  /** What each feature is along the passage, from 0 to 1. */
  features: ReadonlyMap<string, ArrayLike<number>>;
  /** Whether to number the layers. */
  manyLayers: boolean;
}

/** A chooser of cells and quantities over the passage; `CELLS_SCRIPT` brings it to life. */
export function cellsView({
  characters,
  quantities,
  cells,
  features,
  manyLayers,
}: CellsOptions): string {
  const nameOf = (cell: Cell): string =>
    manyLayers ? `${cell.layer + 1}·${cell.unit}` : `${cell.unit}`;
  const named = [...new Set(cells.map((cell) => cell.feature))];
  const choosers = named.map((feature) => {
    const chips = cells.map((cell, i) =>
      cell.feature !== feature
        ? ""
        : `<label class="chip"><input type="radio" name="cell" value="${i}"${i === 0 ? " checked" : ""}>` +
          `<span>${escape(nameOf(cell))} <small>${signed(cell.correlation)}</small></span></label>`,
    );
    return `<div class="feature"><b>${escape(feature)}</b><div class="chips">${chips.join("")}</div></div>`;
  });
  const switches = quantities.map(
    ({ key, name }, i) =>
      `<label class="chip"><input type="radio" name="quantity" value="${escape(key)}"${i === 0 ? " checked" : ""}>` +
      `<span>${escape(name)} <i>${escape(key)}</i></span></label>`,
  );
  const data = {
    quantities,
    features: Object.fromEntries([...features].map(([name, values]) => [name, bytes(values)])),
    cells: cells.map((cell) => ({
      name: nameOf(cell),
      feature: cell.feature,
      values: Object.fromEntries([...cell.values].map(([key, values]) => [key, bytes(values)])),
    })),
  };
  return `<div class="cells">
<fieldset><legend>A cell, and how it goes with…</legend>${choosers.join("")}</fieldset>
<div class="reading">
<fieldset class="quantities"><legend>Colour by</legend><div class="chips">${switches.join("")}</div></fieldset>
<label class="truth"><input type="checkbox" id="truth" checked> underline <span id="feature"></span></label>
<pre id="passage" tabindex="0" aria-label="The passage. Arrow keys move from character to character." aria-describedby="readout">${passage(characters)}</pre>
<p class="scale"><span>−1</span><i></i><span>+1</span></p>
<output id="readout" aria-live="polite">Point at a character, or move along with the arrow keys.</output>
</div>
<script type="application/json" id="cells-data">${json(data)}</script>
</div>`;
}

const signed = (x: number): string => (x < 0 ? "−" : "+") + Math.abs(x).toFixed(2);

function passage(characters: readonly string[]): string {
  const shown = (c: string): string => {
    if (c === "\n") return '<span class="c end">↵</span>\n';
    if (c === "\f") return '<span class="c end">¶</span>\n';
    if (c === "\t") return '<span class="c end">→   </span>';
    return `<span class="c">${c === "\r" ? "␍" : escape(c)}</span>`;
  };
  return characters.map(shown).join("");
}

/** Plain JavaScript, for the page. */
export const CELLS_SCRIPT = String.raw`
(() => {
  const data = JSON.parse(document.getElementById("cells-data").textContent);
  const decode = (text) => Int8Array.from(atob(text.replaceAll("_", "/")), (c) => c.charCodeAt(0));
  for (const cell of data.cells) for (const key in cell.values) cell.values[key] = decode(cell.values[key]);
  for (const name in data.features) data.features[name] = decode(data.features[name]);

  const passage = document.getElementById("passage");
  const readout = document.getElementById("readout");
  const truth = document.getElementById("truth");
  const spans = [...passage.querySelectorAll(".c")];
  const chosen = (name) => document.querySelector("input[name=" + name + "]:checked").value;
  let at = -1;

  const paint = () => {
    const cell = data.cells[chosen("cell")];
    const quantity = data.quantities.find((q) => q.key === chosen("quantity"));
    const values = cell.values[quantity.key];
    const marks = truth.checked ? data.features[cell.feature] : undefined;
    spans.forEach((span, i) => {
      span.classList.toggle("low", values[i] < 0);
      span.style.setProperty("--v", Math.abs(values[i]) / 127);
      span.style.setProperty("--mark", marks ? marks[i] / 127 : 0);
    });
    document.getElementById("feature").textContent = cell.feature;
    document.querySelector(".cells").classList.toggle("unsigned", !quantity.signed);
    tell();
  };
  const tell = () => {
    if (at < 0) return;
    const cell = data.cells[chosen("cell")];
    const number = (key) => (cell.values[key][at] / 127).toFixed(2).replace("-", "−");
    const shown = { "↵": "line end", " ": "space", "→   ": "tab", "¶": "file end" }[spans[at].textContent] ?? spans[at].textContent;
    readout.textContent = "after “" + shown + "”, cell " + cell.name + ": " +
      data.quantities.map((q) => q.key + " = " + number(q.key)).join("   ");
  };
  const go = (i, scroll) => {
    spans[at]?.classList.remove("here");
    at = Math.min(spans.length - 1, Math.max(0, i));
    spans[at].classList.add("here");
    if (scroll) spans[at].scrollIntoView({ block: "nearest", inline: "nearest" });
    tell();
  };
  const vertically = (down) => {
    const here = spans[Math.max(at, 0)].getBoundingClientRect();
    let best = at, score = Infinity;
    spans.forEach((span, i) => {
      const there = span.getBoundingClientRect();
      const lines = (there.top - here.top) * (down ? 1 : -1);
      if (lines < 2) return;
      const distance = lines * 1000 + Math.abs(there.left - here.left);
      if (distance < score) [best, score] = [i, distance];
    });
    return best;
  };
  passage.addEventListener("keydown", (event) => {
    const moves = {
      ArrowRight: () => at + 1, ArrowLeft: () => at - 1, Home: () => 0, End: () => spans.length - 1,
      ArrowDown: () => vertically(true), ArrowUp: () => vertically(false),
    };
    if (!moves[event.key] || event.ctrlKey || event.metaKey || event.altKey) return;
    event.preventDefault();
    go(moves[event.key](), true);
  });
  passage.addEventListener("pointerover", (event) => {
    const i = spans.indexOf(event.target);
    if (i >= 0) go(i, false);
  });
  document.querySelectorAll("input[name=cell], input[name=quantity], #truth").forEach((input) =>
    input.addEventListener("change", paint));
  paint();
})();`;
