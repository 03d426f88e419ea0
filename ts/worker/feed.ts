/** @file Values that come when they come, for `for await`. */

/** Gives every reader what comes from its first look on. */
export class Feed<T> implements AsyncIterable<T> {
  readonly #readers = new Set<Reader<T>>();
  #end: { error: unknown } | "end" | undefined;

  push(value: T): void {
    for (const reader of this.#readers) reader.push(value);
  }

  end(): void {
    this.#close("end");
  }

  fail(error: unknown): void {
    this.#close({ error });
  }

  #close(end: { error: unknown } | "end"): void {
    this.#end ??= end;
    for (const reader of this.#readers) reader.close(this.#end);
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    const reader = new Reader<T>(() => this.#readers.delete(reader));
    if (this.#end) reader.close(this.#end);
    else this.#readers.add(reader);
    return reader;
  }
}

/** Values wait for `next`, or `next` for values. */
class Reader<T> implements AsyncIterator<T, undefined> {
  readonly #values: T[] = [];
  readonly #waiting: Waiting<T>[] = [];
  #end: { error: unknown } | "end" | undefined;

  constructor(readonly leave: () => void) {}

  push(value: T): void {
    const first = this.#waiting.shift();
    if (first) first.resolve({ done: false, value });
    else this.#values.push(value);
  }

  close(end: { error: unknown } | "end"): void {
    this.#end = end;
    for (const waiting of this.#waiting.splice(0)) this.#finish(waiting);
  }

  #finish({ resolve, reject }: Waiting<T>): void {
    const end = this.#end!;
    this.#end = "end"; // an error is told once
    if (end === "end") resolve({ done: true, value: undefined });
    else reject(end.error);
  }

  next(): Promise<IteratorResult<T, undefined>> {
    return new Promise((resolve, reject) => {
      if (this.#values.length > 0) resolve({ done: false, value: this.#values.shift()! });
      else if (this.#end) this.#finish({ resolve, reject });
      else this.#waiting.push({ resolve, reject });
    });
  }

  /** The reader has seen enough; the training goes on. */
  return(): Promise<IteratorResult<T, undefined>> {
    this.leave();
    this.#values.length = 0;
    this.close("end");
    return Promise.resolve({ done: true, value: undefined });
  }
}

/** A `next` without an answer. */
interface Waiting<T> {
  resolve: (result: IteratorResult<T, undefined>) => void;
  reject: (error: unknown) => void;
}
