/** @file How a run is told: a bar on a terminal, lines in a file, JSON for machines. */

import { MultiBar, type SingleBar } from "cli-progress";
import type { Baselines } from "./trainer.ts";

export interface Status extends Baselines {
  step: number;
  /** Bits per character: the mean of the last steps, and what was last measured. */
  train: number;
  heldOut: number | undefined;
  /** Norm of the gradient. */
  norm: number;
  charactersPerSecond: number;
  secondsLeft: number;
  /** From 0 to 1. */
  done: number;
}

/** Something that happened, for machines: `event` and numbers. */
export type Event = { event: string } & Record<string, unknown>;

export interface Progress {
  /** A sentence for people; the event says the same to machines. */
  say(sentence: string, event?: Event): void;
  step(status: Status): void;
  /** After the held-out text was measured. */
  measured(status: Status): void;
  /** Puts the terminal in order. */
  end(): void;
}

export interface Output {
  write(text: string): unknown;
  isTTY?: boolean | undefined;
}

export function progressOn(out: Output & NodeJS.WriteStream, json: boolean): Progress {
  return json ? asJson(out) : out.isTTY ? asBar(out) : asLines(out);
}

/** One object a line. */
function asJson(out: Output): Progress {
  const line = (event: Event): unknown => out.write(`${JSON.stringify(event)}\n`);
  const tell = (event: string) => (status: Status) => {
    const {
      step,
      train,
      heldOut = null,
      unigram,
      trigram,
      norm,
      charactersPerSecond,
      secondsLeft,
    } = status;
    const bits = { train, heldOut, unigram, trigram };
    line({
      event,
      step,
      bits,
      gradientNorm: norm,
      charactersPerSecond,
      secondsLeft: Math.round(secondsLeft),
    });
  };
  return {
    say: (_, event) => void (event && line(event)),
    step: tell("step"),
    measured: tell("held-out"),
    end: () => {},
  };
}

/** A line whenever the held-out text was measured. */
function asLines(out: Output): Progress {
  return {
    say: (sentence) => void out.write(`${sentence}\n`),
    step: () => {},
    measured: (status) => void out.write(`${where(status)}  ${bits(status)}\n`),
    end: () => {},
  };
}

/** Two lines that change in place: where the run is, and how well it does. */
function asBar(out: NodeJS.WriteStream): Progress {
  const look = {
    stream: out,
    hideCursor: true,
    gracefulExit: false,
    barsize: 20,
    autopadding: true,
  };
  const bars = new MultiBar(look, { format: "", barCompleteChar: "━", barIncompleteChar: "─" });
  let lines: [SingleBar, SingleBar] | undefined;
  const show = (status: Status): void => {
    const [first, second] = [{ text: where(status) }, { text: bits(status) }];
    lines ??= [
      bars.create(1, 0, first, { format: "{bar} {percentage} %  {text}" }),
      bars.create(1, 0, second, { format: "{text}" }),
    ];
    lines[0].update(status.done, first);
    lines[1].update(status.done, second);
  };
  return {
    say: (sentence) => void (lines ? bars.log(`${sentence}\n`) : out.write(`${sentence}\n`)),
    step: show,
    measured: show,
    end: () => {
      if (lines) bars.stop();
      lines = undefined;
    },
  };
}

// Both fit into 80 columns, the bar before the first included: what is longer would be cut off.
const where = ({ step, charactersPerSecond, secondsLeft }: Status): string =>
  `step ${count(step)}  ${count(charactersPerSecond)} characters/s  ${clock(secondsLeft)} left`;

const bits = ({ train, heldOut, trigram, unigram, norm }: Status): string =>
  `bits/char: train ${train.toFixed(2)}  held-out ${heldOut?.toFixed(2) ?? "–"}  ` +
  `trigram ${trigram.toFixed(2)}  unigram ${unigram.toFixed(2)}  gradient ${norm.toFixed(2)}`;

export const count = (n: number): string => Math.round(n).toLocaleString("en");

/** Minutes and seconds. */
export function clock(seconds: number): string {
  const s = Math.max(0, Math.round(seconds));
  const two = (n: number): string => String(n).padStart(2, "0");
  const [h, m] = [Math.floor(s / 3600), Math.floor(s / 60) % 60];
  return h > 0 ? `${h}:${two(m)}:${two(s % 60)}` : `${m}:${two(s % 60)}`;
}
