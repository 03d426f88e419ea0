/** @file How shapes, and tokens, are written. */

export const show = (shape: readonly number[]): string => `[${shape.join(", ")}]`;

/** A word piece for people: the marks of GPT-2 (Ġ, Ċ), SentencePiece (▁) and BPE (</w>) as what they mean. */
export const prettified = (token: string): string =>
  token.replaceAll(/[Ġ▁]/g, " ").replaceAll("Ċ", "\n").replaceAll("</w>", "");

/** The longest that a token is shown, in letters. */
const LONGEST = 22;

/** A token as it stands in a picture: never empty, on one line. */
export function visible(token: string): string {
  const line = token.replaceAll("\n", "↵").replaceAll("\t", "→");
  const letters = [...line];
  if (line.trim() === "") return "␣".repeat(Math.max(1, letters.length));
  return letters.length > LONGEST ? `${letters.slice(0, LONGEST - 1).join("")}…` : line;
}
