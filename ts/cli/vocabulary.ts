/** @file Characters as numbers. */

/** What stands for every character that is too rare to be learnt, or unknown. */
export const UNKNOWN = 0;

/** A character seen less often than this in the training text is unknown. */
const RARE = 3;

export interface Vocabulary {
  /** By number; the first is "", the unknown character. Each is one Unicode code point. */
  readonly characters: readonly string[];
  encode(text: string): Int32Array;
  decode(id: number): string;
}

/** The vocabulary of these characters; the first must be "". */
export function vocabularyOf(characters: readonly string[]): Vocabulary {
  const ids = new Map(characters.map((c, i) => [c, i]));
  return {
    characters,
    encode: (text) => Int32Array.from(text, (c) => ids.get(c) ?? UNKNOWN),
    decode: (id) => (id === UNKNOWN ? "\uFFFD" : characters[id]!),
  };
}

/** The characters that a text has at least three of, by code point, after the unknown one. */
export function learnVocabulary(text: string): Vocabulary {
  const counts = new Map<string, number>();
  for (const c of text) counts.set(c, (counts.get(c) ?? 0) + 1);
  const frequent = [...counts].filter(([, n]) => n >= RARE).map(([c]) => c);
  return vocabularyOf(["", ...frequent.sort((a, b) => a.codePointAt(0)! - b.codePointAt(0)!)]);
}
