/** @file Dates as people write them, to dates as ISO 8601 does: "March 5, 1998" to "1998-03-05", by characters. */

import { type Generator, tensor } from "unrolled";
import { dice } from "./dice.ts";
import type { Transduction } from "./transduction-net.ts";

const MONTHS = "january february march april may june july august september october november december".split(" "); // prettier-ignore
const [FIRST_YEAR, YEARS] = [1950, 100];

/** A date that there is; months from 1. */
export interface CalendarDate {
  year: number;
  month: number;
  day: number;
}

const two = (n: number): string => String(n).padStart(2, "0");

/** How it is written. None leaves open which number is the day. */
const FORMATS: readonly ((date: CalendarDate) => string)[] = [
  ({ year, month, day }) => `${day} ${MONTHS[month - 1]} ${year}`,
  ({ year, month, day }) => `${MONTHS[month - 1]} ${day}, ${year}`,
  ({ year, month, day }) => `${MONTHS[month - 1]!.slice(0, 3)} ${day}, ${year}`,
  ({ year, month, day }) => `${two(day)}-${MONTHS[month - 1]!.slice(0, 3)}-${year}`,
  ({ year, month, day }) => `${day}.${month}.${year}`,
  ({ year, month, day }) => `${year}/${two(month)}/${two(day)}`,
];

/** The characters of sources and targets, after the padding; "=" begins a target. */
export const DATE_CHARACTERS = "=0123456789-/., abcdefghijlmnoprstuvy";
const LONGEST = "september 30, 1998".length;

/** "1998-03-05" */
export const iso = ({ year, month, day }: CalendarDate): string =>
  `${year}-${two(month)}-${two(day)}`;

/** Every way to write a date. */
export const written = (date: CalendarDate): string[] => FORMATS.map((format) => format(date));

/** How many days a month has. */
const daysIn = (year: number, month: number): number => {
  const leap = (year % 4 === 0 && year % 100 !== 0) || year % 400 === 0;
  return month === 2 ? (leap ? 29 : 28) : [4, 6, 9, 11].includes(month) ? 30 : 31;
};

/**
 * Random dates of 1950 to 2049, each in one of six formats.
 *
 * @param among keeps dates of training and test apart: only those that it is true of are drawn
 * @returns source int32 [batch, 18], padded, and target int32 [batch, 11], which begins with "="
 *
 * @example
 * dates({ batch: 4, generator: new Generator(1) }).source.shape; // [4, 18]
 */
export function dates({
  batch,
  generator,
  among = () => true,
}: {
  batch: number;
  generator: Generator;
  among?: (date: CalendarDate) => boolean;
}): Transduction & { texts: string[] } {
  const draw = dice(generator);
  const below = (n: number): number => Math.floor(draw() * n);
  const one = (): CalendarDate => {
    for (;;) {
      const [year, month] = [FIRST_YEAR + below(YEARS), 1 + below(12)];
      const date = { year, month, day: 1 + below(daysIn(year, month)) };
      if (among(date)) return date;
    }
  };
  const drawn = Array.from({ length: batch }, () => {
    const date = one();
    return { text: FORMATS[below(FORMATS.length)]!(date), date };
  });
  const source = drawn.flatMap(({ text }) => ids(text.padEnd(LONGEST, "\0")));
  const target = drawn.flatMap(({ date }) => ids(`=${iso(date)}`));
  return {
    source: tensor(Int32Array.from(source), [batch, LONGEST]),
    target: tensor(Int32Array.from(target), [batch, 11]),
    texts: drawn.map(({ text }) => text),
  };
}

/** "\0" is the padding. */
const ids = (text: string): number[] => Array.from(text, (c) => DATE_CHARACTERS.indexOf(c) + 1);
