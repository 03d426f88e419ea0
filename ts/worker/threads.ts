/** @file Whether several threads can work together here, and if not, why. */

interface Process {
  getBuiltinModule?(name: string): unknown;
}

/** A module of Node's, without an import that browsers would follow. */
export function builtin<T>(name: string): T | undefined {
  const { process } = globalThis as { process?: Process };
  return process?.getBuiltinModule?.(name) as T | undefined;
}

/** How many threads there will be, and why not more. */
export interface Threads {
  /** How many of them run at once: the machine's, or 1. */
  count: number;
  /** Why there is only one. */
  reason: string | undefined;
}

/** How many threads `train` can use here. */
export function threads(): Threads {
  const reason = whyOff();
  return { count: reason ? 1 : cores(), reason };
}

function whyOff(): string | undefined {
  const { navigator, crossOriginIsolated } = globalThis as {
    navigator?: { userAgent?: string };
    crossOriginIsolated?: boolean;
  };
  if (navigator?.userAgent === "Cloudflare-Workers") return "Cloudflare Workers have no threads";
  if (crossOriginIsolated === false) {
    return (
      "this page is not cross-origin isolated; serve it with the headers " +
      "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp"
    );
  }
  if (typeof SharedArrayBuffer === "undefined") return "there is no SharedArrayBuffer here";
  if (!("grow" in SharedArrayBuffer.prototype)) return "SharedArrayBuffer cannot grow here";
  if (cores() === 1) return "this machine has one core";
  return undefined;
}

function cores(): number {
  const { navigator } = globalThis as { navigator?: { hardwareConcurrency?: number } };
  const os = builtin<{ availableParallelism(): number }>("node:os");
  return os?.availableParallelism() ?? navigator?.hardwareConcurrency ?? 1;
}
