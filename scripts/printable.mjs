/**
 * @file Bytes as text that stands in a script as it is: the 87 commonest bytes take a letter, the others two. That is half as long
 * as hexadecimal, and gzips almost as well as the bytes themselves. ts/entry/printable.ts reads it.
 */

/** What is printable, but for what a string, a template or a page would have to escape. */
const LETTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i)).filter(
  (letter) => !"\"'`\\$<".includes(letter),
);
/** The first of the two letters that begin a pair. */
const DIRECT = LETTERS.length - 2;

/** @param {Uint8Array} bytes @returns {string} the alphabet; the 256 bytes, commonest first; the bytes by their places there */
export function encode(bytes) {
  const counts = new Array(256).fill(0);
  for (const byte of bytes) counts[byte]++;
  const order = [...counts.keys()].sort((a, b) => counts[b] - counts[a]);
  const spelt = [];
  order.forEach((byte, n) => (spelt[byte] = letters(n)));
  const coded = Array.from(bytes, (byte) => spelt[byte]);
  return [...LETTERS, ...order.map(letters)].concat(coded).join("");
}

/** A number below 256. */
function letters(n) {
  if (n < DIRECT) return LETTERS[n];
  const beyond = n - DIRECT;
  const first = DIRECT + Math.floor(beyond / LETTERS.length);
  return LETTERS[first] + LETTERS[beyond % LETTERS.length];
}
