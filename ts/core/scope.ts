/**
 * @file Lifetimes. Memory belongs to a storage, a storage to an owner. A scope is an owner with an end: leaving it
 * frees what it owns. The other owners have none: what they own is freed by `free()` or, as a net, by the
 * garbage collector.
 */

import type { Ptr } from "../runtime/kernels.ts";
import { alloc, free } from "../runtime/memory.ts";

/** A block of WASM memory, shared by a tensor and its views. */
export class Storage {
  freed = false;
  /** Counts writes in place, so that a backward pass can tell that what it saved has changed. */
  version = 0;
  /** How many gradients of a running backward pass live here; 0 for anything else. */
  gradients = 0;
  readonly ptr: Ptr;
  previous: Storage | undefined;
  next: Storage | undefined;

  constructor(
    readonly bytes: number,
    public owner: Owner,
  ) {
    this.ptr = allocate(bytes);
    owner.add(this);
  }

  free(): void {
    if (this.freed) return;
    this.freed = true;
    this.owner.remove(this);
    free(this.ptr, this.bytes);
  }

  moveTo(owner: Owner): void {
    if (this.owner === owner) return;
    this.owner.remove(this);
    this.owner = owner;
    owner.add(this);
  }
}

function allocate(bytes: number): Ptr {
  const ptr = alloc(bytes);
  if (ptr === 0) {
    throw new RangeError(
      `out of memory: no room for ${bytes} more bytes (a tensor has at most 2 GiB). Held by ${holders()}`,
    );
  }
  return ptr;
}

/** Whoever storages belong to. */
export class Owner {
  bytes = 0;
  count = 0;

  constructor(readonly kind: "scope" | "root" | "parameters" | "optimizers") {}

  /** @internal */
  add(storage: Storage): void {
    this.bytes += storage.bytes;
    this.count++;
    const { ptr, bytes } = storage;
    net?.register(storage, { ptr, bytes, owner: this }, storage);
    if (this === root) warnOnce();
  }

  /** @internal */
  remove(storage: Storage): void {
    this.bytes -= storage.bytes;
    this.count--;
    net?.unregister(storage);
  }
}

type Block = { ptr: Ptr; bytes: number; owner: Owner };

/** Frees the memory of storages that were dropped and not freed. It runs only between tasks. */
const net = /*#__PURE__*/ (() =>
  typeof FinalizationRegistry === "undefined"
    ? undefined
    : new FinalizationRegistry<Block>(({ ptr, bytes, owner }) => {
        owner.bytes -= bytes;
        owner.count--;
        free(ptr, bytes);
      }))();

/** What is made with no scope open. */
export const root = /*#__PURE__*/ new Owner("root");
export const parameters = /*#__PURE__*/ new Owner("parameters");
export const optimizers = /*#__PURE__*/ new Owner("optimizers");

const open: Scope[] = [];

// Safari has no Symbol.dispose; TypeScript's `using` then looks for this one.
const dispose: typeof Symbol.dispose = Symbol.dispose ?? Symbol.for("Symbol.dispose");

/** A scope that is closed by hand: what `scope()` without a function gives. */
export class Scope extends Owner implements Disposable {
  closed = false;
  /** The storages, as a list linked through them: a storage leaves it in constant time. */
  #first: Storage | undefined;

  constructor() {
    super("scope");
    open.push(this);
  }

  /** @internal */
  override add(storage: Storage): void {
    this.bytes += storage.bytes;
    this.count++;
    storage.previous = undefined;
    storage.next = this.#first;
    if (this.#first) this.#first.previous = storage;
    this.#first = storage;
  }

  /** @internal */
  override remove(storage: Storage): void {
    this.bytes -= storage.bytes;
    this.count--;
    if (storage.previous) storage.previous.next = storage.next;
    else this.#first = storage.next;
    if (storage.next) storage.next.previous = storage.previous;
    storage.previous = storage.next = undefined;
  }

  /**
   * Frees everything made in the scope and not kept. Twice does no harm.
   *
   * @throws Error when scopes opened inside this one are still open
   */
  close(): void {
    if (this.closed) return;
    if (open.at(-1) !== this) {
      throw new Error("scope: closed out of order. Was something awaited inside a scope?");
    }
    open.pop();
    this.closed = true;
    for (let s = this.#first; s; s = this.#first) s.free();
  }

  /** `close()`, at the end of the block of `using step = scope()`. */
  [dispose](): void {
    this.close();
  }
}

/** The owner of what is made now. */
export function currentOwner(): Owner {
  return open.at(-1) ?? root;
}

/** The owner around an owner: where `keep` moves to. */
export function outerOwner(owner: Owner): Owner {
  const depth = open.indexOf(owner as Scope);
  return depth > 0 ? open[depth - 1]! : root;
}

/** Runs `f` in a scope of its own, and closes it and whatever `f` left open inside it, come what may. */
export function within<R>(f: (scope: Scope) => R): R {
  const depth = open.length;
  const scope = new Scope();
  try {
    return f(scope);
  } finally {
    while (open.length > depth) open.at(-1)!.close();
  }
}

const WARN_BYTES = 2 ** 28;
let warned = false;

function warnOnce(): void {
  if (warned || root.bytes < WARN_BYTES) return;
  warned = true;
  console.warn(
    `unrolled: ${root.count} tensors (${mebibytes(root.bytes)}) were made with no scope open and are not freed. ` +
      "Put each step inside scope(() => { ... }), or call free() on what is no longer needed.",
  );
}

const mebibytes = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(1)} MiB`;

/** Live tensors' bytes and storages, by owner. */
export function usageByOwner(): Record<"scopes" | "root" | "parameters" | "optimizers", Usage> {
  const of = ({ bytes, count }: Usage): Usage => ({ bytes, count });
  const scopes = { bytes: 0, count: 0 };
  for (const { bytes, count } of open) {
    scopes.bytes += bytes;
    scopes.count += count;
  }
  return { scopes, root: of(root), parameters: of(parameters), optimizers: of(optimizers) };
}

export type Usage = { bytes: number; count: number };

/** For an out-of-memory error. */
export function holders(): string {
  return Object.entries(usageByOwner())
    .map(([owner, { bytes, count }]) => `${owner}: ${count} tensors, ${mebibytes(bytes)}`)
    .join("; ");
}
