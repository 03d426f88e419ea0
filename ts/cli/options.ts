/** @file Option values: each is what it must be, or one sentence. */

import { type CommanderError, InvalidArgumentError } from "commander";
import { inWords, isWithin, type Range } from "./settings.ts";

/** A parser of numbers, written in decimal. */
export const numberIn =
  (range: Range) =>
  (text: string): number => {
    const x = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text) ? Number(text) : Number.NaN;
    if (!isWithin(x, range)) throw new InvalidArgumentError(inWords(range));
    return x;
  };

/** A parser of one of a few words. */
export const oneOf =
  (...words: string[]) =>
  (text: string): string => {
    if (!words.includes(text)) throw new InvalidArgumentError(words.join(" or "));
    return text;
  };

/** What the parsers, or commander itself, have to say, as one sentence. */
export function sentenceOf({ message, code }: CommanderError): string {
  if (code === "commander.help")
    return "expected a command: train, sample, export, attend or lecture";
  const wrong = /^error: option '(--[\w-]+).*?' argument '(.*)' is invalid\. (.*)$/s.exec(message);
  return wrong
    ? `${wrong[1]} must be ${wrong[3]}, got "${wrong[2]}"`
    : message.replace(/^error: /, "");
}

/** A word as a shell reads it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
