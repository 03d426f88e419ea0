/** @file Ctrl-C. */

/** The first Ctrl-C (or SIGTERM, or a reader that is gone) asks for an end after the step; the second ends at once. */
export class Interruption {
  exitCode = 0;
  readonly #handlers: [NodeJS.Signals, () => void][] = [
    ["SIGINT", () => this.#ask(130)],
    ["SIGTERM", () => this.#ask(143)],
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
    if (this.exitCode === code) process.exit(code);
    this.exitCode = code;
  }

  forget(): void {
    for (const [signal, handler] of this.#handlers) process.off(signal, handler);
  }
}
