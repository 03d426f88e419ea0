/** @file A statement of the lecture, measured: what the command and the tests both run. */

/** A number that the lecture, a paper or arithmetic promises, and the one that came out. */
export interface Verdict {
  what: string;
  expected: string;
  measured: string;
  pass: boolean;
}

export interface Picture {
  caption: string;
  svg: string;
}

/** Pictures to step through, as the slides do. */
export interface Film {
  caption: string;
  frames: readonly Picture[];
}

export interface ExhibitOptions {
  /** Five seeds instead of one wherever something is trained. */
  full: boolean;
  /** Hears how much is done, from 0 to 1. */
  progress: (done: number) => void;
}

export interface Exhibit {
  id: string;
  title: string;
  /** What the slide says. */
  statement: string;
  /** Whether it trains for more than a few seconds: `npm test` leaves it to `npm run test:full`. */
  long?: true;
  run(options: ExhibitOptions): { verdicts: Verdict[]; pictures: (Picture | Film)[] };
}
