/** @file The sessions of a service, as many as fit under a bound: the one unused for longest goes first. */

import { Generator, memory } from "unrolled";
import type { LanguageModel, Reader } from "./language-model.ts";
import { Problem } from "./problem.ts";

export class Session {
  readonly id = crypto.randomUUID();
  readonly generator: Generator;
  #reader: Reader;
  /** Trained in this session, and not shared with others. */
  #own: LanguageModel | undefined;
  /** Of the states and of a model of its own, in tensors; and what JavaScript needs to hold them, about. */
  bytes = 8192;
  /** How many characters were read. */
  read = 0;
  /** Steps of training. */
  trained = 0;
  /** What comes next, from the logits after the last character read. */
  logits: Float32Array | undefined;
  /** Whether a request is at work, as the one that began it is. Only one can be, and meanwhile the session stays. */
  busy = true;

  constructor(
    readonly name: string,
    readonly base: LanguageModel,
    seed: number,
  ) {
    this.generator = new Generator(seed);
    this.#reader = this.#measured(() => base.begin());
  }

  get model(): LanguageModel {
    return this.#own ?? this.base;
  }

  /** Counts what `f` leaves behind. */
  #measured<T>(f: () => T): T {
    const before = memory().bytes;
    const result = f();
    this.bytes += memory().bytes - before;
    return result;
  }

  /** Reads on. */
  push(ids: Int32Array): void {
    if (ids.length === 0) return;
    this.logits = this.#measured(() => this.#reader.read(ids));
    this.read += ids.length;
  }

  /** The model, for training: this session's own from the first time on, which goes on from what was read. */
  ownModel(copyOfBase: () => LanguageModel): LanguageModel {
    this.#own ??= this.#measured(() => {
      const [model, read] = [copyOfBase(), this.#reader.toBytes()];
      this.#reader.free();
      this.#reader = model.begin();
      this.#reader.load(read);
      return model;
    });
    return this.#own;
  }

  free(): void {
    this.#reader.free();
    this.#own?.free();
  }
}

export class Sessions {
  /** The one unused for longest first. */
  readonly #sessions = new Map<string, Session>();
  evicted = 0;

  /** @param limit bytes of all sessions together */
  constructor(readonly limit: number) {}

  get count(): number {
    return this.#sessions.size;
  }

  /** Those that a request is at work in. */
  get busy(): number {
    return [...this.#sessions.values()].filter((session) => session.busy).length;
  }

  get bytes(): number {
    let bytes = 0;
    for (const session of this.#sessions.values()) bytes += session.bytes;
    return bytes;
  }

  add(session: Session): Session {
    this.#sessions.set(session.id, session);
    return session;
  }

  /** @throws Problem when there is none */
  get(id: string): Session {
    const session = this.#sessions.get(id);
    if (!session) {
      throw new Problem(
        404,
        "there is no such session: it never was, was ended, or made room for others; begin a new one",
      );
    }
    this.#sessions.delete(id);
    this.#sessions.set(id, session); // the latest used
    return session;
  }

  /** A session for one request alone. @throws Problem when there is none, or another request is at work in it */
  take(id: string): Session {
    const session = this.get(id);
    if (session.busy) throw new Problem(409, "another request is at work in this session");
    session.busy = true;
    return session;
  }

  /** After a request: the session is there for others, and counts. */
  release(session: Session): void {
    session.busy = false;
    this.makeRoom(0);
  }

  /**
   * Ends idle sessions until `bytes` more fit.
   *
   * @throws Problem when those at work fill the memory
   */
  makeRoom(bytes: number): void {
    let total = this.bytes;
    for (const session of this.#sessions.values()) {
      if (total + bytes <= this.limit) return;
      if (session.busy) continue;
      total -= session.bytes;
      this.end(session);
      this.evicted++;
    }
    if (bytes > 0 && total + bytes > this.limit) {
      throw new Problem(503, "all memory is in use; try again soon", { "retry-after": "1" });
    }
  }

  end(session: Session): void {
    if (this.#sessions.delete(session.id)) session.free();
  }
}
