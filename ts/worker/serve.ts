/** @file The side of the worker. */

import { AnotherFailed } from "./barrier.ts";
import { Group } from "./group.ts";
import { isStart, type Report, type Request, type Start, transferables } from "./messages.ts";
import type { AnyProgram, Context } from "./program.ts";
import { builtin } from "./threads.ts";

/**
 * Offers a program to the page that started this worker, and returns it.
 *
 *     // training.ts
 *     import { nn, optim, randn, saveSafetensors, scope } from "unrolled";
 *     import { serve } from "unrolled/worker";
 *
 *     export const training = serve(function* ({ steps }: { steps: number }, { signal }) {
 *       const model = new nn.LSTM(64, 128);
 *       const adam = new optim.Adam(model.parameters());
 *       for (let step = 1; step <= steps && !signal.aborted; step++) {
 *         const loss = scope(() => {
 *           const loss = model.forward(randn([20, 8, 64]))[0].square().mean(); // of your data and your task
 *           loss.backward();
 *           adam.step();
 *           adam.zeroGrad();
 *           return loss.item();
 *         });
 *         yield { step, loss };
 *       }
 *       return saveSafetensors(model.stateDict());
 *     });
 *
 * An abort arrives at a `yield`, never within a step. `signal` is then aborted, and a program that looks at it may return
 * what it has; one that yields once more is ended there, and its `finally` blocks run. Arrays in what it yields and returns
 * are transferred, not copied: do not use them afterwards.
 *
 * @throws Error outside a worker
 */
export function serve<P extends AnyProgram>(program: P): P {
  listen((start) => void run(program, start));
  return program;
}

interface Port {
  on(event: "message", listener: (message: unknown) => void): void;
  off(event: "message", listener: (message: unknown) => void): void;
}

/** Waits for the page's first word, in a browser's worker or in one of Node's. */
function listen(start: (message: Start) => void): void {
  if (typeof (globalThis as { WorkerGlobalScope?: unknown }).WorkerGlobalScope === "function") {
    const hear = ({ data }: MessageEvent): void => {
      if (!isStart(data)) return;
      globalThis.removeEventListener("message", hear);
      start(data);
    };
    return globalThis.addEventListener("message", hear);
  }
  const port = builtin<{ parentPort: Port | null }>("node:worker_threads")?.parentPort;
  if (!port) {
    throw new Error(
      "serve: expected to run in a worker; start this module with train(() => new Worker(...))",
    );
  }
  const hear = (message: unknown): void => {
    if (!isStart(message)) return;
    port.off("message", hear);
    start(message);
  };
  port.on("message", hear);
}

async function run(
  program: AnyProgram,
  { options, port, rank, shards, shared }: Start,
): Promise<void> {
  const group = new Group(rank, shards, shared);
  let stopping = false;
  port.addEventListener("message", ({ data }: MessageEvent<Request>) => {
    stopping = data === "stop";
  });
  port.start();
  const report = (message: Report, transfer: ArrayBuffer[] = []): void => {
    if (rank === 0 || message.kind === "error") port.postMessage(message, transfer);
  };
  const send = (kind: "progress" | "result", value: unknown): void => {
    const transfer = transferables(value);
    try {
      report({ kind, value }, transfer);
    } catch (cause) {
      throw new TypeError(`serve: the program's ${kind} cannot be sent: ${String(cause)}`, {
        cause,
      });
    }
  };
  try {
    const { signal, abort } = stopper();
    const steps = program(options as never, { signal, group } satisfies Context);
    for (;;) {
      const { done, value } = await steps.next();
      if (done) {
        send("result", value);
        break;
      }
      if (signal.aborted) {
        await steps.return(undefined as never);
        report({ kind: "stopped" });
        break;
      }
      send("progress", value);
      await turn();
      if (group.agree(stopping)) abort();
    }
    group.leave("ended"); // the port stays open: the page ends this worker when it has read what was said
  } catch (error) {
    group.leave("failed");
    if (!(error instanceof AnotherFailed)) report({ kind: "error", error: sendable(error) });
  }
}

function stopper(): { signal: AbortSignal; abort: () => void } {
  const controller = new AbortController();
  return { signal: controller.signal, abort: () => controller.abort() };
}

/** An error, or what can be said of it where it cannot be copied. */
function sendable(error: unknown): unknown {
  try {
    return structuredClone(error);
  } catch {
    return new Error(String(error));
  }
}

/** A turn of the event loop, in which messages arrive. */
function turn(): Promise<void> {
  const { setImmediate } = globalThis as { setImmediate?: (f: () => void) => void };
  if (setImmediate) return new Promise(setImmediate);
  return new Promise((resolve) => {
    const { port1, port2 } = new MessageChannel();
    port1.addEventListener("message", () => (port1.close(), resolve()), { once: true });
    port1.start();
    port2.postMessage(undefined, []);
  });
}
