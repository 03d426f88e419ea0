/** @file Times side by side. */

import { COLOUR, drawing, text } from "./drawing.ts";

/** A bar for each, in milliseconds. */
export function timingBars(
  times: readonly { name: string; milliseconds: number }[],
  description: string,
): string {
  const most = Math.max(...times.map((t) => t.milliseconds));
  const parts = times.map(({ name, milliseconds }, i) => {
    const y = 30 + i * 46;
    const width = (520 * milliseconds) / most;
    return (
      text(250, y, name, { anchor: "end" }) +
      `<rect x="262" y="${y - 13}" width="${width.toFixed(1)}" height="26" rx="4" fill="${i === 0 ? COLOUR.warm : COLOUR.cool}"/>` +
      text(262 + width + 10, y, `${milliseconds.toPrecision(3)} ms`, { anchor: "start", colour: COLOUR.soft }) // prettier-ignore
    );
  });
  return drawing(960, 24 + times.length * 46, description, parts);
}
