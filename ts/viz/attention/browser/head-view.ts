/** @file The script of the head view's page. */

import type { Block } from "../blocks.ts";
import { colourOf, isolated, toggled } from "../heads.ts";
import { headPicture } from "./head-picture.ts";
import { blockChooser, byId, readData } from "./page.ts";

const data = readData<{ layer: number; active: boolean[] }>();
const squares = byId("heads");
const picture = headPicture();
let { active } = data.initial;
let block: Block;

blockChooser(data, data.initial.layer, (chosen, { heads }) => {
  block = chosen;
  if (active.length !== heads.length) active = heads.map(() => true);
  drawSquares();
  picture.draw(block, active, colourOf);
});

function drawSquares(): void {
  squares.replaceChildren(
    ...block.heads.map((head, h) => {
      const square = document.createElement("button");
      square.type = "button";
      square.textContent = String(head);
      square.setAttribute("aria-label", `Head ${head}`);
      square.style.setProperty("--head", colourOf(head));
      square.addEventListener("click", () => show(toggled(active, h)));
      square.addEventListener("dblclick", () => show(isolated(active, h)));
      square.addEventListener("keydown", (event) => {
        if (event.key !== "Enter" || !event.shiftKey) return;
        event.preventDefault();
        show(isolated(active, h));
      });
      return square;
    }),
  );
  press();
}

function show(heads: boolean[]): void {
  active = heads;
  press();
  picture.activate(active);
}

function press(): void {
  [...squares.children].forEach((square, h) => square.setAttribute("aria-pressed", String(active[h]))); // prettier-ignore
}
