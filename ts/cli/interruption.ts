/** @file Ctrl-C. */

import { performance } from "node:perf_hooks";

/** npm and npx pass on a Ctrl-C that the terminal has sent already: within this many milliseconds it is one. */
const ECHO = 300;

/** The first Ctrl-C (or SIGTERM, or a terminal or reader that is gone) asks for an end after the step; the second ends at once. */
export class Interruption {
  exitCode = 0;
  #asked = -Infinity;
  readonly #handlers: [NodeJS.Signals, () => void][] = [
    ["SIGINT", () => this.#ask(130)],
    ["SIGTERM", () => this.#ask(143)],
    ["SIGHUP", () => this.#ask(129)],
  ];
  readonly #unread = (): void => {
    this.exitCode ||= 1;
  };

  constructor() {
    for (const [signal, handler] of this.#handlers) process.on(signal, handler);
    process.stdout.on("error", this.#unread);
  }

  get asked(): boolean {
    return this.exitCode !== 0;
  }

  #ask(code: number): void {
    const now = performance.now();
    if (this.exitCode === code && now - this.#asked > ECHO) process.exit(code);
    if (this.exitCode !== code) this.#asked = now;
    this.exitCode = code;
  }

  forget(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }
}
