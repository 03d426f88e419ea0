/** @file Tokens and lines that can be pointed at: the whole of the head view, and a head of the model view. */

import type { Block } from "../blocks.ts";
import { boxes, column, heightOf, layoutOf, lines, type Pointed, widthOf } from "../lines.ts";
import { told } from "../told.ts";
import { byId } from "./page.ts";
import { pointing } from "./tokens.ts";

const SIDES = [
  ["left", "Tokens that attend"],
  ["right", "Tokens attended to"],
] as const;

/** Draws into #picture, and says what is pointed at in #told. */
export function headPicture() {
  const picture = byId("picture");
  let block: Block;
  let active: readonly boolean[];
  let colour: (head: number) => string;
  let pointed: Pointed | undefined;

  // not the picture itself: an SVG that hears focus takes it
  const tokens = pointing(picture.parentElement!, (now) => {
    pointed = now;
    drawLines();
  });

  function drawLines(): void {
    const layout = layoutOf(block);
    byId("lines").innerHTML = lines(block, layout, active, colour, pointed);
    byId("boxes").innerHTML = pointed ? boxes(block, layout, active, colour, pointed) : "";
    tokens.mark(pointed);
    byId("told").textContent = pointed ? told(block, active, pointed) : "";
  }

  return {
    draw(...given: [Block, readonly boolean[], (head: number) => string]): void {
      [block, active, colour] = given;
      pointed = undefined;
      const layout = layoutOf(block);
      picture.setAttribute("width", String(widthOf(layout)));
      picture.setAttribute("height", String(heightOf(layout, block)));
      const columns = SIDES.map(
        ([side, label]) =>
          `<g data-side="${side}" role="listbox" aria-label="${label}">${column(side, block[side], layout, { live: true })}</g>`,
      );
      picture.innerHTML = `<g id="lines"></g><g id="boxes"></g>${columns.join("")}`;
      tokens.reset();
      drawLines();
    },
    activate(heads: readonly boolean[]): void {
      active = heads;
      drawLines();
    },
  };
}
