/** @file Reads what scripts/printable.mjs writes. */

const LETTERS = 89;
/** The first of the two letters that begin a pair. */
const DIRECT = LETTERS - 2;

/** @param text the alphabet; the 256 bytes, commonest first; `size` bytes, each by its place among those */
export function decode(text: string, size: number): Uint8Array<ArrayBuffer> {
  const place = new Uint8Array(128); // of each letter in the alphabet
  for (let i = 0; i < LETTERS; i++) place[text.charCodeAt(i)] = i;
  let at = LETTERS;
  const next = (): number => {
    const n = place[text.charCodeAt(at++)]!;
    return n < DIRECT ? n : DIRECT + LETTERS * (n - DIRECT) + place[text.charCodeAt(at++)]!;
  };
  const order = Uint8Array.from({ length: 256 }, next);
  const bytes = new Uint8Array(size);
  for (let i = 0; i < size; i++) bytes[i] = order[next()]!; // a loop, for speed before it is compiled
  return bytes;
}
