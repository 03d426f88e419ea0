/** @file What the page and its workers say to each other. */

import type { Shared } from "./shared.ts";

/** To a worker, once. Everything else goes through the port. */
export interface Start {
  unrolled: "start";
  options: unknown;
  port: MessagePort;
  rank: number;
  shards: number;
  /** With more threads than one. */
  shared: Shared | undefined;
}

export const isStart = (message: unknown): message is Start =>
  (message as Partial<Start> | null)?.unrolled === "start";

/** To a worker: end at the next step. */
export type Request = "stop";

/** From a worker. */
export type Report =
  | { kind: "progress"; value: unknown }
  | { kind: "result"; value: unknown }
  | { kind: "stopped" }
  | { kind: "error"; error: unknown };

/**
 * The buffers in a value that can change hands: those that an array in it covers in whole.
 *
 * @throws TypeError for a tensor: its memory belongs to its thread
 */
export function transferables(value: unknown): ArrayBuffer[] {
  const found = new Set<ArrayBuffer>();
  const seen = new Set<object>();
  const visit = (part: unknown): void => {
    if (typeof part !== "object" || part === null || seen.has(part)) return;
    seen.add(part);
    if (Symbol.for("unrolled.tensor") in part) {
      throw new TypeError(
        `serve: a ${String(part)} cannot leave its thread; send its data(), or saveSafetensors(...) of a state dict`,
      );
    }
    if (part instanceof ArrayBuffer) found.add(part);
    else if (ArrayBuffer.isView(part)) {
      const { buffer, byteLength } = part;
      if (buffer instanceof ArrayBuffer && byteLength === buffer.byteLength) found.add(buffer);
    } else if (part instanceof Map) part.forEach((item, key) => (visit(key), visit(item)));
    else if (part instanceof Set) part.forEach(visit);
    else Object.values(part).forEach(visit);
  };
  visit(value);
  return [...found];
}
