/** What an unfinished character is decoded to. */
const UNFINISHED = "\ufffd";
/** Bytes of the longest character, hence tokens that it takes at most. */
const LONGEST = 4;

/**
 * Text as its tokens come. A token may be a part of a character, and how it is decoded may depend on the one before: what
 * `push` gives is whole and adds up to the text.
 *
 *     const stream = tokenizer.stream();
 *     for await (const id of generate(session, ids, options)) write(stream.push(id));
 *     write(stream.end());
 */
export class TextStream {
  readonly #decode: (ids: readonly number[]) => string;
  /** Tokens that were given out last, as the context of the next, and those that wait. */
  #ids: number[] = [];
  #given = 0;

  /** @internal Use `tokenizer.stream()`. */
  constructor(decode: (ids: readonly number[]) => string) {
    this.#decode = decode;
  }

  /** The text that this token completes; may be empty. @throws RangeError for an id that is not in the vocabulary */
  push(id: number): string {
    this.#decode([id]); // refuses what is no token
    this.#ids.push(id);
    const waits = this.#decode(this.#ids).endsWith(UNFINISHED);
    return waits && this.#ids.length - this.#given < LONGEST ? "" : this.#give();
  }

  /** What still waits: characters that were never finished. The stream is then as new. */
  end(): string {
    const rest = this.#give();
    [this.#ids, this.#given] = [[], 0];
    return rest;
  }

  #give(): string {
    const before = this.#decode(this.#ids.slice(0, this.#given));
    const text = this.#decode(this.#ids).slice(before.length);
    if (text === "") return ""; // a token that does not show, or not yet, is no context
    this.#ids = this.#ids.slice(this.#given);
    this.#given = this.#ids.length;
    return text;
  }
}
