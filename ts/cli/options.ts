/** @file Option values: each is what it must be, or one sentence. */

import { type CommanderError, InvalidArgumentError } from "commander";

/** A parser of integers. */
export const integer =
  (least: number, most: number) =>
  (text: string): number => {
    const n = Number(text);
    if (!/^[+-]?\d+$/.test(text) || n < least || n > most) {
      throw new InvalidArgumentError(`an integer from ${least} to ${most}`);
    }
    return n;
  };

/** A parser of numbers; `above`: whether the least itself is excluded. */
export const number =
  (least: number, most: number, { above = false } = {}) =>
  (text: string): number => {
    const x = Number(text);
    const decimal = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i.test(text);
    if (!decimal || x > most || (above ? x <= least : x < least)) {
      throw new InvalidArgumentError(
        `a number ${above ? `above ${least} and up` : `from ${least}`} to ${most}`,
      );
    }
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
  if (code === "commander.help") return "expected a command: train, sample, export or lecture";
  const wrong = /^error: option '(--[\w-]+).*?' argument '(.*)' is invalid\. (.*)$/s.exec(message);
  return wrong
    ? `${wrong[1]} must be ${wrong[3]}, got "${wrong[2]}"`
    : message.replace(/^error: /, "");
}

/** A word as a shell reads it. */
export const quoted = (word: string): string =>
  /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
