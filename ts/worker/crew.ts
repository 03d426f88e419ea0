/** @file The workers of one training: started together, ended together. */

import { Barrier } from "./barrier.ts";
import type { Report, Request, Start } from "./messages.ts";
import { makeShared } from "./shared.ts";

/** A browser's Worker, or one of node:worker_threads. */
export interface WorkerLike {
  /** As every worker has it. */
  postMessage(message: unknown, transfer: never): void;
  /** Ends it at once. */
  terminate(): unknown;
}

interface Member {
  worker: WorkerLike;
  port: MessagePort;
}

export class Crew {
  readonly #members: Member[] = [];
  readonly #barrier: Barrier | undefined;
  #ended = false;

  /** @param hear gets what the first thread reports, and the errors of all; nothing after the end */
  constructor(
    make: () => WorkerLike,
    count: number,
    {
      options,
      shards,
      transfer,
    }: { options: unknown; shards: number; transfer: readonly Transferable[] },
    hear: (report: Report) => void,
  ) {
    const shared = count > 1 ? makeShared(count) : undefined;
    this.#barrier = shared && new Barrier(new Int32Array(shared.cells), count);
    const tell = (report: Report): void => {
      if (!this.#ended) hear(report);
    };
    const die = (error: Error): void => tell({ kind: "error", error });
    try {
      for (let rank = 0; rank < count; rank++) {
        const worker = make();
        const { port1: port, port2 } = new MessageChannel();
        this.#members.push({ worker, port });
        watch(worker, die);
        port.addEventListener("message", ({ data }: MessageEvent<Report>) => tell(data));
        port.start();
        const start: Start = { unrolled: "start", options, port: port2, rank, shards, shared };
        worker.postMessage(start, [port2, ...transfer] as never);
      }
    } catch (error) {
      this.end();
      throw error;
    }
  }

  /** Asks the first thread to stop; it tells the others. */
  stop(): void {
    this.#members[0]!.port.postMessage("stop" satisfies Request, []);
  }

  /** Ends the workers, whatever they are doing. */
  end(): void {
    this.#ended = true;
    this.#barrier?.break("failed");
    for (const { worker, port } of this.#members) {
      port.close();
      void worker.terminate();
    }
  }
}

/** Node's workers have `on`, browsers' have `addEventListener`. */
function watch(worker: WorkerLike, die: (error: Error) => void): void {
  if ("on" in worker) {
    const { on } = worker as { on: (event: string, listener: (what: never) => void) => unknown };
    on.call(worker, "error", (cause: Error) => {
      die(new Error(`train: the worker died: ${cause?.message ?? cause}`, { cause }));
    });
    on.call(worker, "exit", (code: number) => {
      const hint = "Does its module call serve(program)?";
      die(new Error(`train: the worker ended, with code ${code}, before its program did. ${hint}`));
    });
    return;
  }
  (worker as unknown as EventTarget).addEventListener("error", (event) => {
    const { message } = event as Partial<ErrorEvent>;
    die(new Error(`train: the worker died: ${message ?? "its module did not load"}`));
  });
}
