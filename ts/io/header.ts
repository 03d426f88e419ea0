/** @file The JSON of a safetensors header. JSON.parse hides duplicate keys, and how a number is spelt. */

export class SafetensorsError extends Error {
  override readonly name: string = "SafetensorsError";
}

export const refuse = (why: string): never => {
  throw new SafetensorsError(`loadSafetensors: ${why}`);
};

/** A number that is no integer from 0 to 2⁵³, or is not spelt as one. */
export class Spelt {
  constructor(readonly text: string) {}
}

export type Json = string | number | boolean | null | Spelt | Json[] | Map<string, Json>;

/** As deep as the official reader goes. */
const DEEPEST = 127;
const LITERALS = new Map<string, [string, Json]>([
  ["t", ["true", true]],
  ["f", ["false", false]],
  ["n", ["null", null]],
]);
const ESCAPES = new Map([
  ['"', '"'],
  ["\\", "\\"],
  ["/", "/"],
  ["b", "\b"],
  ["f", "\f"],
  ["n", "\n"],
  ["r", "\r"],
  ["t", "\t"],
]);

/** For messages: in quotes, and not too long. */
export const quote = (text: string): string =>
  JSON.stringify(text.length > 80 ? `${text.slice(0, 80)}…` : text);

/** Objects become Maps; a key that is there twice is refused. @throws SafetensorsError */
export function parseHeader(text: string): Json {
  let at = 0;

  const expected = (what: string): never =>
    refuse(
      `expected ${what} at character ${at} of the header, got ${at < text.length ? quote(text[at]!) : "its end"}`,
    );
  const take = (c: string): void => {
    if (text[at] !== c) expected(c);
    at++;
  };
  const skip = (): void => {
    for (let c = text[at]; c === " " || c === "\n" || c === "\r" || c === "\t"; c = text[++at]);
  };

  const value = (depth: number): Json => {
    const c = text[at]!;
    if (c === "{") return object(depth);
    if (c === "[") return array(depth);
    if (c === '"') return string();
    if (c === "-" || (c >= "0" && c <= "9")) return number();
    const [word, meaning] = LITERALS.get(c) ?? expected("a value");
    if (!text.startsWith(word, at)) expected(word);
    at += word.length;
    return meaning;
  };

  /** From one bracket to the other: the items, with commas between. */
  const items = (depth: number, close: string, item: () => void): void => {
    if (depth > DEEPEST) refuse(`expected a header at most ${DEEPEST} levels deep, got more`);
    at++;
    skip();
    if (text[at] !== close) {
      for (;;) {
        item();
        skip();
        if (text[at] !== ",") break;
        at++;
        skip();
      }
    }
    take(close);
  };

  const array = (depth: number): Json[] => {
    const list: Json[] = [];
    items(depth, "]", () => list.push(value(depth + 1)));
    return list;
  };

  const object = (depth: number): Map<string, Json> => {
    const map = new Map<string, Json>();
    items(depth, "}", () => {
      if (text[at] !== '"') expected("a key in quotes");
      const key = string();
      if (map.has(key)) refuse(`expected each key once, got ${quote(key)} twice`);
      skip();
      take(":");
      skip();
      map.set(key, value(depth + 1));
    });
    return map;
  };

  const string = (): string => {
    let read = "";
    let from = ++at;
    for (;;) {
      const c = text[at];
      if (c === undefined || c < " ") expected("a string to go on");
      if (c === '"') break;
      at++;
      if (c !== "\\") continue;
      read += text.slice(from, at - 1) + escape();
      from = at;
    }
    return read + text.slice(from, at++);
  };

  const escape = (): string => {
    const c = text[at]!;
    if (c !== "u") {
      const meaning = ESCAPES.get(c) ?? expected("an escape");
      at++;
      return meaning;
    }
    const first = unit();
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
    const second = first < 0xdc00 && text.startsWith("\\u", at) ? (at++, unit()) : 0;
    if (second < 0xdc00 || second > 0xdfff) refuse("expected surrogates in pairs, got one alone");
    return String.fromCharCode(first, second);
  };

  /** The `uXXXX` of an escape. */
  const unit = (): number => {
    const digits = text.slice(++at, at + 4);
    if (!/^[\da-f]{4}$/i.test(digits)) expected("four hexadecimal digits");
    at += 4;
    return Number.parseInt(digits, 16);
  };

  // Not regular expressions: a hundred million digits would overflow their stack.
  const digits = (): void => {
    const from = at;
    for (let c = text[at]!; c >= "0" && c <= "9"; c = text[++at]!);
    if (at === from) expected("a digit");
  };

  const number = (): number | Spelt => {
    const from = at;
    if (text[at] === "-") at++;
    if (text[at] === "0") at++;
    else digits();
    if (text[at] === ".") {
      at++;
      digits();
    }
    if (text[at] === "e" || text[at] === "E") {
      at++;
      if (text[at] === "+" || text[at] === "-") at++;
      digits();
    }
    const spelt = text.slice(from, at);
    const n = Number(spelt);
    if (!Number.isFinite(n)) refuse(`expected a number within range, got ${quote(spelt)}`);
    const plain = Number.isInteger(n) && n >= 0 && n <= 2 ** 53 && String(n) === spelt;
    return plain ? n : new Spelt(spelt);
  };

  const result = value(1);
  skip();
  if (at < text.length) expected("nothing more");
  return result;
}
