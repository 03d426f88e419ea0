/** @file The transformer's two stacks as blocks, with the shapes of what flows between them. */

import { arrow, box, COLOUR, curve, drawing, formula, text } from "./drawing.ts";

export interface BlocksOptions {
  /** How often each layer stands on itself. */
  layers: { encoder: number; decoder: number };
  /** Of what flows, and of the weights in each attention: as measured. */
  shapes: Readonly<
    Record<
      "src" | "tgt" | "memory" | "output" | "encoder" | "decoder" | "cross" | "encoderHidden" | "decoderHidden",
      readonly number[]
    >
  >; // prettier-ignore
}

const [WIDTH, HEIGHT] = [960, 640];
const ENCODER = 260;
const DECODER = 660;
const BLOCK = 218;

export function transformerBlocks({ layers, shapes }: BlocksOptions): string {
  const shape = (name: keyof typeof shapes): string => `[${shapes[name].join(", ")}]`;
  const parts: string[] = [];
  const block = (x: number, y: number, name: string, detail = ""): void => {
    parts.push(box(x, y, BLOCK, 46), text(x, detail ? y - 8 : y, name));
    if (detail) parts.push(text(x, y + 12, detail, { size: 12, colour: COLOUR.soft }));
  };
  /** A sum with what came in below, and its norm. */
  const norm = (x: number, y: number, side: 1 | -1, from: number): void => {
    parts.push(box(x, y, BLOCK, 26, { fill: COLOUR.wash }), text(x, y, "add, norm", { size: 13 }));
    const out = x + side * (BLOCK / 2 + 26);
    parts.push(
      curve([[x, from], [out, from], [out, y], [x + side * (BLOCK / 2 + 8), y]], { colour: COLOUR.soft, width: 1.2 }), // prettier-ignore
      arrow([[out, y], [x + (side * BLOCK) / 2, y]], { colour: COLOUR.soft, width: 1.2 }), // prettier-ignore
    );
  };
  const up = (x: number, from: number, to: number): void => void parts.push(arrow([[x, from], [x, to]])); // prettier-ignore
  const label = (x: number, y: number, words: string, anchor: "start" | "end" = "start"): void =>
    void parts.push(text(x, y, words, { size: 13, anchor, colour: COLOUR.soft }));
  const frame = (x: number, top: number, bottom: number, n: number, side: 1 | -1): void => {
    const width = BLOCK + 76;
    parts.unshift(box(x + side * 12, (top + bottom) / 2, width, bottom - top, { fill: "none", colour: COLOUR.rule, width: 1.4 })); // prettier-ignore
    parts.push(formula(x + side * (BLOCK / 2 + 70), (top + bottom) / 2, `${n} ×`, { size: 20, colour: COLOUR.soft })); // prettier-ignore
  };

  frame(ENCODER, 292, 548, layers.encoder, -1);
  up(ENCODER, 612, 530);
  parts.push(text(ENCODER, 624, "source + positions"));
  label(ENCODER + 12, 582, shape("src"));
  block(ENCODER, 506, "self-attention", `weights ${shape("encoder")}`);
  up(ENCODER, 483, 468);
  norm(ENCODER, 454, -1, 560);
  up(ENCODER, 441, 406);
  block(ENCODER, 382, "feed-forward", `hidden ${shape("encoderHidden")}`);
  up(ENCODER, 359, 342);
  norm(ENCODER, 328, -1, 428);

  frame(DECODER, 82, 548, layers.decoder, 1);
  up(DECODER, 612, 530);
  parts.push(text(DECODER, 624, "target so far + positions"));
  label(DECODER - 12, 582, shape("tgt"), "end");
  block(DECODER, 506, "masked self-attention", `weights ${shape("decoder")}`);
  up(DECODER, 483, 468);
  norm(DECODER, 454, 1, 560);
  up(DECODER, 441, 374);
  block(DECODER, 350, "cross-attention", `weights ${shape("cross")}`);
  up(DECODER, 327, 302);
  norm(DECODER, 288, 1, 418);
  up(DECODER, 275, 216);
  block(DECODER, 192, "feed-forward", `hidden ${shape("decoderHidden")}`);
  up(DECODER, 169, 132);
  norm(DECODER, 118, 1, 252);
  up(DECODER, 105, 46);
  parts.push(text(DECODER, 26, "output"));
  label(DECODER - 12, 66, shape("output"), "end");

  const middle = (ENCODER + DECODER) / 2;
  parts.push(arrow([[ENCODER, 315], [ENCODER, 240], [middle, 240], [middle, 350], [DECODER - BLOCK / 2, 350]], { colour: COLOUR.cool, width: 2 })); // prettier-ignore
  parts.push(text(middle - 90, 222, "memory: keys and values", { colour: COLOUR.cool })); // prettier-ignore
  label(ENCODER + 12, 262, shape("memory"));
  return drawing(WIDTH, HEIGHT, "The blocks of a transformer, encoder on the left, decoder on the right, with the shapes of what flows between them", parts); // prettier-ignore
}
