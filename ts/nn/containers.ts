/** @file Modules made of modules. */

import type { Tensor } from "../core/tensor.ts";
import { Module } from "./module.ts";

/** A module from one tensor to one tensor. */
export type Layer = Module & {
  /** The output for x. */
  forward(x: Tensor): Tensor;
};

/**
 * Modules (or plain functions of one tensor) applied one after another. Names: "0", "1", ...
 *
 * @example
 * const mlp = new nn.Sequential(new nn.Linear(4, 8), relu, new nn.Linear(8, 2));
 * mlp.forward(zeros([3, 4])).shape; // [3, 2]
 */
export class Sequential extends Module {
  readonly #steps: readonly (Layer | ((x: Tensor) => Tensor))[];

  constructor(...steps: (Layer | ((x: Tensor) => Tensor))[]) {
    super();
    for (const [i, step] of steps.entries()) {
      if (typeof step !== "function" && !(step instanceof Module)) {
        throw new TypeError(
          `Sequential: expected step ${i} to be a module or a function, got ${typeof step}`,
        );
      }
    }
    this.#steps = steps;
  }

  /** The last step's output. */
  forward(x: Tensor): Tensor {
    return this.#steps.reduce((y, step) => (step instanceof Module ? step.forward(y) : step(y)), x);
  }

  /** How many there are. */
  get length(): number {
    return this.#steps.length;
  }

  protected override fields(): Iterable<[string, unknown]> {
    return this.#steps.map((step, i) => [String(i), step]);
  }

  /** One after another. */
  [Symbol.iterator](): Iterator<Layer | ((x: Tensor) => Tensor)> {
    return this.#steps[Symbol.iterator]();
  }
}

/**
 * A list of modules, to be used in any order. Names: "0", "1", ...
 *
 * @example
 * const layers = new nn.ModuleList([new nn.Linear(2, 2), new nn.Linear(2, 2)]);
 * [...layers.stateDict().keys()]; // ["0.weight", "0.bias", "1.weight", "1.bias"]
 */
export class ModuleList<M extends Module = Module> extends Module {
  readonly #items: M[] = [];

  constructor(items: Iterable<M> = []) {
    super();
    for (const item of items) this.push(item);
  }

  /** Adds a module at the end. @throws TypeError for what is none */
  push(item: M): this {
    this.#items.push(expectModule("ModuleList", item));
    return this;
  }

  /** The module at an index; negative ones count from the end. @throws RangeError beyond the ends */
  at(index: number): M {
    const item = this.#items.at(index);
    if (!item)
      throw new RangeError(
        `ModuleList: expected an index into ${this.length} modules, got ${index}`,
      );
    return item;
  }

  /** How many there are. */
  get length(): number {
    return this.#items.length;
  }

  protected override fields(): Iterable<[string, unknown]> {
    return this.#items.map((item, i) => [String(i), item]);
  }

  /** One after another. */
  [Symbol.iterator](): Iterator<M> {
    return this.#items[Symbol.iterator]();
  }
}

/**
 * Modules by name.
 *
 * @example
 * const heads = new nn.ModuleDict({ tag: new nn.Linear(2, 5) });
 * heads.get("tag").forward(zeros([1, 2])).shape; // [1, 5]
 */
export class ModuleDict<M extends Module = Module> extends Module {
  readonly #items = new Map<string, M>();

  constructor(items: Readonly<Record<string, M>> | Iterable<readonly [string, M]> = {}) {
    super();
    const entries = Symbol.iterator in items ? items : Object.entries(items);
    for (const [name, item] of entries as Iterable<readonly [string, M]>) this.set(name, item);
  }

  /** @throws Error for a name that is empty or has a dot, which would make state dict names ambiguous */
  set(name: string, item: M): this {
    if (name === "" || name.includes(".")) {
      throw new Error(`ModuleDict: expected a name without dots, got "${name}"`);
    }
    this.#items.set(name, expectModule("ModuleDict", item));
    return this;
  }

  /** @throws RangeError for an unknown name */
  get(name: string): M {
    const item = this.#items.get(name);
    if (!item) {
      throw new RangeError(
        `ModuleDict: expected one of ${[...this.#items.keys()].join(", ")}, got "${name}"`,
      );
    }
    return item;
  }

  /** Whether there is a module of this name. */
  has(name: string): boolean {
    return this.#items.has(name);
  }

  /** The names, in the order in which they came. */
  keys(): Iterable<string> {
    return this.#items.keys();
  }

  protected override fields(): Iterable<[string, unknown]> {
    return this.#items;
  }

  /** One after another. */
  [Symbol.iterator](): Iterator<[string, M]> {
    return this.#items[Symbol.iterator]();
  }
}

function expectModule<M extends Module>(where: string, item: M): M {
  if (!(item instanceof Module))
    throw new TypeError(`${where}: expected a module, got ${typeof item}`);
  return item;
}
