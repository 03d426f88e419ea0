/** @file Which heads are shown. */

/** The ten colours that heads, or layers, take in turn: d3's category10. */
const COLOURS = "1f77b4 ff7f0e 2ca02c d62728 9467bd 8c564b e377c2 7f7f7f bcbd22 17becf".split(" ");

export const colourOf = (i: number): string => `#${COLOURS[i % COLOURS.length]}`;

export const countActive = (active: readonly boolean[]): number => active.filter(Boolean).length;

/** After a click on head h: on, or off, unless it is the only one. */
export const toggled = (active: readonly boolean[], h: number): boolean[] =>
  active[h] && countActive(active) === 1
    ? [...active]
    : active.map((on, i) => (i === h ? !on : on));

/** After a double-click on head h: it alone; all, if it was alone. */
export function isolated(active: readonly boolean[], h: number): boolean[] {
  const alone = active[h] === true && countActive(active) === 1;
  return active.map((_, i) => alone || i === h);
}
