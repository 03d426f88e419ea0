/** @file The script of the model view's page. */

import { blockOf, type Filter } from "../blocks.ts";
import { colourOf } from "../heads.ts";
import { CELL, raster } from "../thumbnail.ts";
import { headPicture } from "./head-picture.ts";
import { byId, filterChooser, readData } from "./page.ts";

const { sources, filters } = readData();
const grid = byId("grid");
const picture = headPicture();
let filter = filters[0]!;
/** Points to a unit, so that small pictures are sharp on any screen. */
const DENSITY = 2;

filterChooser(filters, drawGrid);
drawGrid(filter);

function drawGrid(chosen: Filter): void {
  filter = chosen;
  const { layers, heads } = sources[filter.source]!;
  grid.style.setProperty("--columns", String(heads.length));
  const header = row([label(""), ...heads.map((head) => label(`${head}`, "columnheader"))]);
  const rows = layers.map((layer, l) => {
    const block = blockOf(sources[filter.source]!, l, filter);
    const [L, S] = [block.left.length, block.right.length];
    const cells = heads.map((head, h) => {
      const own = block.weights.subarray(h * L * S, (h + 1) * L * S);
      return cell(layer, head, own, L, S, () => showHead(l, h));
    });
    return row([label(`${layer}`, "rowheader"), ...cells]);
  });
  grid.replaceChildren(header, ...rows);
  grid.querySelector("button")!.tabIndex = 0;
  byId("detail").hidden = true;
}

function row(cells: HTMLElement[]): HTMLElement {
  const made = document.createElement("div");
  made.setAttribute("role", "row");
  made.append(...cells);
  return made;
}

function label(words: string, role = "gridcell"): HTMLElement {
  const made = document.createElement("span");
  made.setAttribute("role", role);
  made.textContent = words;
  return made;
}

function cell(
  layer: number,
  head: number,
  weights: Float64Array,
  L: number,
  S: number,
  choose: () => void,
): HTMLElement {
  const made = document.createElement("span");
  made.setAttribute("role", "gridcell");
  const button = document.createElement("button");
  button.type = "button";
  button.tabIndex = -1;
  button.setAttribute("aria-label", `Layer ${layer}, Head ${head}`);
  button.title = `Layer ${layer}, Head ${head}`;
  const canvas = document.createElement("canvas");
  canvas.width = canvas.height = CELL * DENSITY;
  const points = new ImageData(canvas.width, canvas.height);
  const colour = parseInt(colourOf(layer).slice(1), 16);
  const opaque = raster(weights, L, S, DENSITY);
  for (let k = 0; k < opaque.length; k++) {
    points.data[4 * k] = colour >> 16;
    points.data[4 * k + 1] = (colour >> 8) & 255;
    points.data[4 * k + 2] = colour & 255;
    points.data[4 * k + 3] = 255 * opaque[k]!;
  }
  canvas.getContext("2d")!.putImageData(points, 0, 0);
  button.append(canvas);
  button.addEventListener("click", () => {
    for (const other of grid.querySelectorAll("button")) other.setAttribute("aria-pressed", String(other === button)); // prettier-ignore
    choose();
  });
  made.append(button);
  return made;
}

function showHead(l: number, h: number): void {
  const source = sources[filter.source]!;
  const [layer, head] = [source.layers[l]!, source.heads[h]!];
  byId("detail").hidden = false;
  byId("which").textContent = `Layer ${layer}, Head ${head}`;
  picture.draw(blockOf(source, l, filter), source.heads.map((_, i) => i === h), () => colourOf(layer)); // prettier-ignore
}

grid.addEventListener("focusin", (event) => {
  for (const button of grid.querySelectorAll("button")) button.tabIndex = button === event.target ? 0 : -1; // prettier-ignore
});
grid.addEventListener("keydown", (event) => {
  const { heads } = sources[filter.source]!;
  const buttons = [...grid.querySelectorAll("button")];
  const at = buttons.indexOf(event.target as HTMLButtonElement);
  const column = at % heads.length;
  const moves: Record<string, number> = {
    ArrowRight: column + 1 < heads.length ? at + 1 : at,
    ArrowLeft: column > 0 ? at - 1 : at,
    ArrowDown: at + heads.length,
    ArrowUp: at - heads.length,
    Home: at - column,
    End: at - column + heads.length - 1,
  };
  const to = moves[event.key];
  if (at < 0 || to === undefined || event.ctrlKey || event.metaKey || event.altKey) return;
  event.preventDefault();
  buttons[to]?.focus();
});
