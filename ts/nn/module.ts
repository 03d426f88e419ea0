/** @file The base of everything that holds parameters. It finds them by walking its fields: nothing is registered. */

import { assign } from "../core/assign.ts";
import { parameters as owner } from "../core/scope.ts";
import { sameShape, show } from "../core/shape.ts";
import { expectTensor, Tensor } from "../core/tensor.ts";

type Role = "parameter" | "buffer" | "transient buffer";
const roles = new WeakMap<Tensor, Role>();

/**
 * Marks a tensor as a parameter: it requires a gradient and outlives every scope. Returns it.
 *
 * @example
 * class Scale extends nn.Module {
 *   s = nn.parameter(ones([1]));
 *   forward(x: Tensor) {
 *     return x.mul(this.s);
 *   }
 * }
 * new Scale().namedParameters().map(([name]) => name); // ["s"]
 */
export function parameter(t: Tensor): Tensor {
  adopt("parameter", t, "parameter");
  t.requiresGrad = true;
  return t;
}

/**
 * Marks a tensor as a buffer: state that is saved but not trained. It outlives every scope. Returns it.
 *
 * @param options persistent: whether it belongs to the state dict; default true
 *
 * @example
 * class Count extends nn.Module {
 *   n = nn.buffer(zeros([1]));
 * }
 * [...new Count().stateDict().keys()]; // ["n"]
 */
export function buffer(t: Tensor, { persistent = true } = {}): Tensor {
  adopt("buffer", t, persistent ? "buffer" : "transient buffer");
  return t;
}

function adopt(op: string, t: Tensor, role: Role): void {
  expectTensor(op, "the argument", t);
  if (!t.isLeaf) throw new Error(`${op}: expected a leaf, got a computed ${t}; detach() it first`);
  t.storage.moveTo(owner);
  roles.set(t, role);
}

/** Parameters by name, as `stateDict` gives and `loadStateDict` takes them. */
export type StateDict = Map<string, Tensor>;

export interface LoadResult {
  /** What the module has and the state dict has not. */
  missingKeys: string[];
  /** What the state dict has and the module has not. */
  unexpectedKeys: string[];
}

export abstract class Module {
  /** Whether dropout and the like are active; see `train` and `eval`. */
  training = true;

  /** Every parameter, buffer and module in the fields, with its dotted name. Shared ones come once for each name. */
  *#walk(prefix = ""): Generator<[name: string, Tensor | Module]> {
    const visit = function* (name: string, value: unknown): Generator<[string, Tensor | Module]> {
      if (value instanceof Module) {
        yield [name, value];
        yield* value.#walk(`${name}.`);
      } else if (value instanceof Tensor) {
        if (roles.has(value)) yield [name, value];
      } else if (Array.isArray(value)) {
        for (const [i, item] of value.entries()) yield* visit(`${name}.${i}`, item);
      }
    };
    for (const [name, value] of this.fields()) yield* visit(prefix + name, value);
  }

  /** The fields that are walked, by name. Containers give their items instead. */
  protected fields(): Iterable<[string, unknown]> {
    return Object.entries(this);
  }

  *#tensors(...wanted: Role[]): Generator<[string, Tensor]> {
    for (const [name, value] of this.#walk()) {
      if (value instanceof Tensor && wanted.includes(roles.get(value)!)) yield [name, value];
    }
  }

  /** The parameters with their dotted names, PyTorch's for PyTorch's modules. A shared parameter counts once. */
  namedParameters(): [name: string, parameter: Tensor][] {
    return once(this.#tensors("parameter"));
  }

  /** The parameters alone: what an optimiser takes. */
  parameters(): Tensor[] {
    return this.namedParameters().map(([, t]) => t);
  }

  /** Buffers by name, those that are not saved included. A shared buffer counts once. */
  namedBuffers(): [name: string, buffer: Tensor][] {
    return once(this.#tensors("buffer", "transient buffer"));
  }

  /** The buffers alone. */
  buffers(): Tensor[] {
    return this.namedBuffers().map(([, t]) => t);
  }

  /** This module (under the name "") and every module inside it. A shared module counts once. */
  namedModules(): [name: string, module: Module][] {
    const all = [...this.#walk()].filter(
      (item): item is [string, Module] => item[1] instanceof Module,
    );
    return once([["", this] as [string, Module], ...all]);
  }

  /** The modules alone, itself the first. */
  modules(): Module[] {
    return this.namedModules().map(([, m]) => m);
  }

  /** Parameters and persistent buffers by name, sharing the module's memory. */
  stateDict(): StateDict {
    const dict: StateDict = new Map();
    for (const [name, t] of this.#tensors("parameter", "buffer")) dict.set(name, t.detach());
    return dict;
  }

  /**
   * Copies values into the parameters and buffers of the same names. All or nothing.
   *
   * @param options strict: whether every name must match, on both sides; default true
   * @throws Error that lists every missing and unexpected name, and every tensor of another shape or dtype
   */
  loadStateDict(
    state: StateDict | Readonly<Record<string, Tensor>>,
    { strict = true } = {},
  ): LoadResult {
    const given = state instanceof Map ? state : new Map(Object.entries(state));
    const own = new Map(this.#tensors("parameter", "buffer"));
    const missingKeys = [...own.keys()].filter((name) => !given.has(name));
    const unexpectedKeys = [...given.keys()].filter((name) => !own.has(name));
    const problems = strict
      ? [...missingKeys.map((k) => `missing ${k}`), ...unexpectedKeys.map((k) => `unexpected ${k}`)]
      : [];
    const copies: [from: Tensor, to: Tensor][] = [];
    for (const [name, to] of own) {
      const from = given.get(name);
      if (from === undefined) continue;
      expectTensor("loadStateDict", name, from);
      if (!sameShape(from.shape, to.shape) || from.dtype !== to.dtype) {
        problems.push(
          `${name}: expected ${to.dtype} ${show(to.shape)}, got ${from.dtype} ${show(from.shape)}`,
        );
      }
      copies.push([from, to]);
    }
    if (problems.length > 0) {
      throw new Error(`loadStateDict of ${this.constructor.name}: ${problems.join("; ")}`);
    }
    for (const [from, to] of copies) {
      assign(to, from);
    }
    return { missingKeys, unexpectedKeys };
  }

  /** Switches this module and all inside it to training (dropout active) or, with false, to evaluation. */
  train(mode = true): this {
    for (const module of this.modules()) module.training = mode;
    return this;
  }

  /** Switches to evaluation: dropout does nothing. */
  eval(): this {
    return this.train(false);
  }

  /** Frees the gradients of all parameters. */
  zeroGrad(): void {
    for (const p of this.parameters()) {
      p.grad?.free();
      p.grad = undefined;
    }
  }

  /** Freezes all parameters (false) or thaws them. */
  requiresGrad(wanted = true): this {
    for (const p of this.parameters()) p.requiresGrad = wanted;
    return this;
  }

  /** Calls `f` with every module inside, then with this one. */
  apply(f: (module: Module) => void): this {
    for (const module of this.modules().toReversed()) f(module);
    return this;
  }

  /** Frees all parameters, buffers and gradients. */
  free(): void {
    for (const t of [...this.parameters(), ...this.buffers()]) t.free();
  }
}

/** Drops items whose second half came before. */
function once<T>(items: Iterable<[string, T]>): [string, T][] {
  const seen = new Set<T>();
  return [...items].filter(([, item]) => !seen.has(item) && seen.add(item));
}
