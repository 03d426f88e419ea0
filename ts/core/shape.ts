/** @file Shape arithmetic, and the checks made here, in words, before anything crosses into WASM. */

import type { Tensor } from "./tensor.ts";

/** The sizes of the axes, the outermost first; `[]` is a scalar's. */
export type Shape = readonly number[];

export const sizeOf = (shape: Shape): number => {
  let n = 1;
  for (const d of shape) n *= d;
  return n;
};

export const show = (shape: Shape): string => `[${shape.join(", ")}]`;

export const sameShape = (a: Shape, b: Shape): boolean => {
  if (a.length !== b.length) return false;
  for (let i = 0; i < a.length; i++) if (a[i] !== b[i]) return false;
  return true;
};

/** Row-major strides, in elements. */
export function stridesOf(shape: Shape): number[] {
  const strides = new Array<number>(shape.length);
  for (let i = shape.length - 1, n = 1; i >= 0; n *= shape[i--]!) strides[i] = n;
  return strides;
}

type Named = Record<string, Tensor>;
type Sizes = {
  1: [number];
  2: [number, number];
  3: [number, number, number];
  4: [number, number, number, number];
};

/** The sizes of a tensor of known rank: `const [B, H] = dims("lstmCell", { c }, 2);` */
export function dims<Rank extends keyof Sizes>(op: string, named: Named, rank: Rank): Sizes[Rank] {
  for (const [name, { shape }] of Object.entries(named)) {
    if (shape.length !== rank) fail(op, name, `to have ${rank} dimensions`, show(shape));
    return [...shape] as Sizes[Rank]; // its length was just checked
  }
  throw new Error("internal: dims wants one named tensor");
}

/** Throws unless each named tensor has this shape: `expectShape("lstmCell", { gates }, [B, 4 * H]);` */
export function expectShape(op: string, named: Named, want: Shape): void {
  for (const [name, { shape }] of Object.entries(named)) {
    if (!sameShape(shape, want)) fail(op, name, `to be ${show(want)}`, show(shape));
  }
}

/** `where: expected what, got what`. */
export function fail(op: string, name: string, expected: string, got: string): never {
  throw new RangeError(`${op}: expected ${name} ${expected}, got ${got}`);
}

/** An integer of at least `least`, or a RangeError that names the option. */
export function expectInteger(op: string, name: string, value: unknown, least = 0): number {
  if (!Number.isSafeInteger(value) || (value as number) < least) {
    fail(op, name, `to be an integer of at least ${least}`, String(value));
  }
  return value as number;
}

/** A finite number between `low` and `high`, or a RangeError that names the option. */
export function expectNumber(
  op: string,
  name: string,
  value: unknown,
  low = -Infinity,
  high = Infinity,
): number {
  if (typeof value !== "number" || !(value >= low && value <= high)) {
    fail(op, name, `to be a number from ${low} to ${high}`, String(value));
  }
  return value;
}

/** Throws a TypeError unless all are true or false. */
export function expectFlags(op: string, flags: Readonly<Record<string, unknown>>): void {
  for (const [name, value] of Object.entries(flags)) {
    if (typeof value === "boolean") continue;
    throw new TypeError(`${op}: expected ${name} to be true or false, got ${String(value)}`);
  }
}

/**
 * The shape itself, copied and checked: integers of at least 0 whose product is exact and whose bytes fit a tensor.
 * Read once, so that a getter cannot answer twice.
 */
export function expectShapeOf(op: string, shape: unknown, bytes: number): number[] {
  if (!Array.isArray(shape)) fail(op, "shape", "to be an array of sizes", String(shape));
  const sizes = Array.from(shape as unknown[], (d) => expectInteger(op, "each size", d));
  const wide = sizes.reduce((n, d) => n * Math.max(d, 1), bytes);
  if (wide > 2 ** 31) {
    fail(op, "shape", "to need at most 2 GiB", `${show(sizes)} of ${bytes} bytes each`);
  }
  return sizes;
}

/** An axis counted from the front: −1 is the last. */
export function expectAxis(op: string, axis: unknown, rank: number): number {
  const limit = Math.max(rank, 1); // a scalar counts as having one axis, as in PyTorch
  if (!Number.isSafeInteger(axis) || (axis as number) < -limit || (axis as number) >= limit) {
    fail(op, "axis", `from ${-limit} to ${limit - 1} (rank ${rank})`, String(axis));
  }
  return (axis as number) < 0 ? (axis as number) + limit : (axis as number);
}

/** Axes counted from the front, ascending; all of them when none are given. Throws on one named twice. */
export function expectAxes(
  op: string,
  axes: number | readonly number[] | undefined,
  rank: number,
): number[] {
  if (axes === undefined) return Array.from({ length: rank }, (_, i) => i);
  const list = (typeof axes === "number" ? [axes] : [...axes]).map((a) => expectAxis(op, a, rank));
  if (new Set(list).size !== list.length) fail(op, "axes", "to be different", show(list));
  return rank === 0 ? [] : list.sort((a, b) => a - b);
}

/** The shape that both broadcast to, as NumPy does. */
export function broadcastShape(op: string, a: Shape, b: Shape): number[] {
  const rank = Math.max(a.length, b.length);
  const shape = new Array<number>(rank);
  for (let i = 1; i <= rank; i++) {
    const [m, n] = [a[a.length - i] ?? 1, b[b.length - i] ?? 1];
    if (m !== n && m !== 1 && n !== 1) {
      throw new RangeError(
        `${op}: expected shapes that broadcast (equal sizes, or 1, from the last axis on), got ${show(a)} and ${show(b)}`,
      );
    }
    shape[rank - i] = m === 1 ? n : m;
  }
  return shape;
}
