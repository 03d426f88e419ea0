/** @file `scope`, the public form of a scope, and `memory`, the public report. */

import { usage } from "../runtime/memory.ts";
import { currentOwner, Scope, usageByOwner, type Usage, within } from "./scope.ts";
import { moveOut, Tensor } from "./tensor.ts";

/**
 * Runs one step: everything made inside is freed at the end, but the tensors that it returns (directly, or in arrays, Maps
 * and plain objects), which live on in the scope around it as leaves. Parameters and optimiser state are not touched.
 *
 * Without a function it opens a scope to be closed by hand or by `using step = scope()`.
 *
 * @throws Error when the function is async: nothing can be awaited inside a scope
 *
 * @example
 * const x = tensor([1, 2], { requiresGrad: true });
 * const loss = scope(() => {
 *   const loss = x.square().sum();
 *   loss.backward();
 *   return loss.item();
 * }); // the graph and every intermediate end here
 * loss; // 5
 * x.grad!.toArray(); // [2, 4]
 */
export function scope(): Scope;
export function scope<R>(f: () => R): R;
export function scope<R>(f?: () => R): R | Scope {
  if (f === undefined) return new Scope();
  const outer = currentOwner();
  return within((own) => {
    const result = f();
    if (isThenable(result)) {
      throw new Error(
        "scope: expected a function that is not async: memory made inside ends when it returns. " +
          "Await first, then open the scope",
      );
    }
    eachTensor(result, (t) => {
      if (t.storage.owner === own) moveOut(t, outer);
    });
    return result;
  });
}

export function isThenable(x: unknown): boolean {
  return typeof (x as { then?: unknown } | null | undefined)?.then === "function";
}

/** Visits the tensors in a value: itself, or in arrays, Maps and plain objects of any depth. */
export function eachTensor(value: unknown, visit: (t: Tensor) => void, seen = new Set()): void {
  if (typeof value !== "object" || value === null || seen.has(value)) return;
  seen.add(value);
  if (value instanceof Tensor) visit(value);
  else if (value instanceof Map || Array.isArray(value) || isPlain(value)) {
    const parts: Iterable<unknown> = value instanceof Map ? value.values() : Object.values(value);
    for (const part of parts) eachTensor(part, visit, seen);
  }
}

function isPlain(value: object): boolean {
  const prototype: unknown = Object.getPrototypeOf(value);
  return prototype === Object.prototype || prototype === null;
}

/**
 * What is live: tensors and their bytes in total and by owner, and the size of WASM's linear memory.
 * Views share their tensor's memory and do not count.
 *
 * @example
 * const { tensors } = memory();
 * scope(() => void zeros([100]).add(1));
 * memory().tensors === tensors; // true
 */
export function memory(): MemoryReport {
  const owners = usageByOwner();
  const { wasm, peak } = usage();
  let [tensors, bytes] = [0, 0];
  for (const owner of Object.values(owners)) {
    tensors += owner.count;
    bytes += owner.bytes;
  }
  return { tensors, bytes, owners, peakBytes: peak, wasmBytes: wasm };
}

/** What `memory()` reports. */
export interface MemoryReport {
  /** Live storages, and the bytes that were asked for. */
  tensors: number;
  bytes: number;
  owners: Record<"scopes" | "root" | "parameters" | "optimizers", Usage>;
  /** The most bytes that were live at once. */
  peakBytes: number;
  /** WASM's linear memory: it never shrinks. */
  wasmBytes: number;
}
