/** @file A row of the table: what is measured, and what it must reach. */

import { copy, multiplyAdd, read } from "./limits/limits.ts";
import { measure } from "./measure.ts";

/** What a row shows; what does not apply is left out. */
export interface Figures {
  /** Seconds for one run. */
  time?: number;
  rate?: { value: number; unit: "GFLOP/s" | "GB/s" };
  /** Of what the machine's limit allows. */
  share?: number;
  /** Seconds an element of the result. */
  perElement?: number;
  bytes?: number;
  /** How many times the cost that it should have. */
  growth?: number;
  /** How many times as fast as what it is compared to. */
  speedup?: number;
  note?: string;
}

/** What a row must reach. "factor" is the time in units of the time at the limit: 1 / share. */
export type Bar = {
  of: Exclude<keyof Figures, "rate" | "note"> | "factor";
} & ({ atLeast: number } | { atMost: number });

export interface Work {
  name: string;
  bar?: Bar;
  figures(): Figures | Promise<Figures>;
}

/** Something to time: what it does, by which limit it is judged, and how it is checked. */
export interface Subject {
  run: () => unknown;
  /** Floating-point operations of a run, judged by the limit of arithmetic. */
  flops?: number;
  /** Bytes read by a run, or read and written: judged by reading or copying that touches `footprint` bytes. */
  bytesRead?: number;
  bytesMoved?: number;
  footprint?: number;
  /** Elements of the result. */
  elements?: number;
  /** Throws if the result is not that of the slow reference. Called once, before timing. */
  check: () => void;
  /** Brings parameters back to where they started. */
  reset?: () => void;
  free: () => void;
}

/** A row that is timed against a limit of the machine. */
export const timed = (name: string, bar: Bar | undefined, prepare: () => Subject): Work => ({
  name,
  ...(bar && { bar }),
  figures() {
    const subject = prepare();
    try {
      subject.check();
      return time(subject);
    } finally {
      subject.free();
    }
  },
});

function time({ run, reset, elements, ...does }: Subject): Figures {
  const amount = does.flops ?? does.bytesRead ?? does.bytesMoved ?? 0;
  const unit = does.flops === undefined ? "GB/s" : "GFLOP/s";
  const footprint = does.footprint ?? amount;
  const limit = does.flops ? multiplyAdd() : does.bytesRead ? read(footprint) : copy(footprint);
  const times = measure(run, { ...(amount ? { limit, amount } : {}), ...(reset && { reset }) });
  return {
    time: times.work,
    ...(amount && { rate: { value: amount / times.work / 1e9, unit }, share: times.share! }),
    ...(elements && { perElement: times.work / elements }),
  };
}

/** The quantity that a bar is about. */
export const reached = ({ of }: Bar, figures: Figures): number =>
  (of === "factor" ? 1 / figures.share! : figures[of]) ?? NaN;

export function isMet(bar: Bar, figures: Figures): boolean {
  const value = reached(bar, figures);
  return "atLeast" in bar ? value >= bar.atLeast : value <= bar.atMost;
}
