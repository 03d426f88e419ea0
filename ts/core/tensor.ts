/** @file A tensor is a dtype and a shape over a contiguous block of WASM memory. There are no strides. */

import type { Methods } from "../ops/methods.ts"; // types only: the chaining methods are installed by ops/create.ts
import { type Ptr } from "../runtime/kernels.ts";
import { view } from "../runtime/memory.ts";
import type { Node } from "./autograd.ts";
import { BYTES, type DType, isFloat, type TypedArray, VIEW } from "./dtype.ts";
import { currentOwner, type Owner, outerOwner, Storage } from "./scope.ts";
import { type Shape, show, sizeOf } from "./shape.ts";

export const VERSION = "0.1.0";
const BRAND = Symbol.for("unrolled.tensor");

/** Numbers nested as deep as the shape is long. bool tensors give booleans. */
export type NestedArray = number | boolean | NestedArray[];

// eslint-disable-next-line -- the class and the interface are one type: the methods of ops are part of a tensor
export interface Tensor extends Methods {}
export class Tensor {
  readonly size: number;
  /** The gradient that `backward()` left here, of the same shape and dtype; undefined before. */
  grad: Tensor | undefined = undefined;
  /** @internal How it was computed; undefined for a leaf. */
  node: Node | undefined = undefined;
  /** @internal Whether an intermediate's gradient is to be left in `grad` too. */
  retainsGrad = false;
  #requiresGrad = false;

  /** @internal Use `tensor`, `zeros` and the like. */
  constructor(
    readonly shape: Shape,
    readonly dtype: DType,
    /** @internal */
    readonly storage: Storage,
    /** @internal In bytes: where a view begins. */
    readonly offset = 0,
  ) {
    this.size = sizeOf(shape);
  }

  /** @internal Where the elements begin. Good until the tensor is freed. */
  get ptr(): Ptr {
    if (this.storage.freed) throw new ReferenceError(`this ${this} ${whyFreed(this.storage)}`);
    return this.storage.ptr + this.offset;
  }

  /** The number of axes. */
  get ndim(): number {
    return this.shape.length;
  }

  /** Whether gradients flow to this tensor. Only a float tensor that was not computed by an op can be switched. */
  get requiresGrad(): boolean {
    return this.#requiresGrad;
  }
  /** @throws TypeError for a dtype without gradients, Error for a computed tensor */
  set requiresGrad(wanted: boolean) {
    if (wanted && !isFloat(this.dtype)) {
      throw new TypeError(`requiresGrad: only float tensors have gradients, got ${this}`);
    }
    if (!wanted && this.node) {
      throw new Error("requiresGrad: a computed tensor's cannot be switched off; use detach()");
    }
    this.#requiresGrad = wanted;
  }

  /** Whether it was made directly, not by an op with a gradient. */
  get isLeaf(): boolean {
    return this.node === undefined;
  }

  /** A copy of the elements, in row-major order. */
  data(): TypedArray {
    return this.view().slice();
  }

  /** @internal A window onto the elements: good until the next allocation. */
  view(): TypedArray {
    return view<TypedArray>(VIEW[this.dtype], this.ptr, this.size);
  }

  /** The only element. @throws RangeError unless there is exactly one */
  item(): number {
    if (this.size !== 1) {
      throw new RangeError(`item: expected a tensor with one element, got ${show(this.shape)}`);
    }
    return this.view()[0]!;
  }

  /** The elements as nested arrays. */
  toArray(): NestedArray {
    const flat: ArrayLike<number> = this.view();
    const read = (i: number): number | boolean =>
      this.dtype === "bool" ? flat[i] !== 0 : flat[i]!;
    const nest = (axis: number, at: number, size: number): NestedArray => {
      if (axis === this.shape.length) return read(at);
      const inner = size / this.shape[axis]!;
      return Array.from({ length: this.shape[axis]! }, (_, i) =>
        nest(axis + 1, at + i * inner, inner),
      );
    };
    return nest(0, 0, this.size);
  }

  /** The same elements, outside the graph. Shares memory. */
  detach(): Tensor {
    return new Tensor(this.shape, this.dtype, this.storage, this.offset);
  }

  /** Asks that `backward()` leaves a gradient here though this tensor was computed. */
  retainGrad(): this {
    if (!this.#requiresGrad) {
      throw new Error("retainGrad: no gradient flows to this tensor; it does not require one");
    }
    this.retainsGrad = true;
    return this;
  }

  /** Frees the memory, its views' and its gradient's included. Twice does no harm. */
  free(): void {
    this.grad?.free();
    this.storage.free();
  }

  /** Whether its memory was given back, by `free()` or at the end of its scope. */
  get isFreed(): boolean {
    return this.storage.freed;
  }

  /** Dtype and shape, for messages. */
  toString(): string {
    return `${this.dtype} tensor ${show(this.shape)}`;
  }

  /** @internal By which copies of the library know each other's tensors. */
  get [BRAND](): string {
    return COPY;
  }
}

/** This copy of the library, for the error about tensors of another. */
const COPY = /*#__PURE__*/ (() => `unrolled ${VERSION} (${import.meta.url ?? "CommonJS"})`)();

function whyFreed({ owner }: Storage): string {
  const closed = owner.kind === "scope" && (owner as { closed?: boolean }).closed;
  return closed
    ? "was freed when its scope closed; read it before, return it from the scope, or keep(it)"
    : "was freed";
}

/** Throws a TypeError unless `x` is a tensor of this copy of the library, and a ReferenceError if it was freed. */
export function expectTensor(op: string, name: string, x: unknown): asserts x is Tensor {
  if (x instanceof Tensor) {
    if (!x.storage.freed) return;
    throw new ReferenceError(`${op}: ${name}: this ${x} ${whyFreed(x.storage)}`);
  }
  const other = typeof x === "object" && x !== null && (x as { [BRAND]?: string })[BRAND];
  throw new TypeError(
    other
      ? `${op}: ${name} is a tensor of another copy of the library: ${other}; this one is ${COPY}. ` +
          "Their memories are separate: install or bundle only one"
      : `${op}: expected ${name} to be a tensor, got ${x === null ? "null" : typeof x}`,
  );
}

/** Uninitialised: for a kernel to fill. Belongs to the current scope, or to `owner`. */
export function empty(
  shape: Shape,
  dtype: DType = "float32",
  owner: Owner = currentOwner(),
): Tensor {
  return new Tensor(shape, dtype, new Storage(sizeOf(shape) * BYTES[dtype], owner));
}

/**
 * Moves a tensor's memory to the scope around its own and makes it a leaf: what a state carried from step to step
 * needs.
 *
 * @example
 * let h = zeros([1]);
 * for (const x of [1, 2, 3]) scope(() => void (h = keep(h.add(x))));
 * h.item(); // 6
 */
export function keep<T extends Tensor>(t: T): T {
  expectTensor("keep", "the argument", t);
  moveOut(t, outerOwner(t.storage.owner));
  return t;
}

/** @internal Makes `t` a leaf that belongs to `owner`. */
export function moveOut(t: Tensor, owner: Owner): void {
  void t.ptr; // throws if it was freed
  if (t.node) {
    t.node = undefined;
    t.requiresGrad = false;
  }
  if (t.storage.owner.kind === "scope") t.storage.moveTo(owner);
  if (t.grad && !t.grad.isFreed) moveOut(t.grad, owner);
}
