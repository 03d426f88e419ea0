/** @file What all optimisers have in common: groups, state, its way to files and back. */

import { touch } from "../core/autograd.ts";
import { isFloat, type FloatDType } from "../core/dtype.ts";
import { optimizers } from "../core/scope.ts";
import { sameShape, show } from "../core/shape.ts";
import { empty, expectTensor, Tensor } from "../core/tensor.ts";
import { type FloatKernels, kernels } from "../runtime/kernels.ts";

/** A parameter, or one with its name, as `module.namedParameters()` gives them. Without a name, its number counts. */
export type Parameter = Tensor | readonly [name: string, parameter: Tensor];

/** Parameters that share options; those not given are the optimiser's own. */
export type ParamGroup<Options extends object> = Partial<Options> & {
  params: Iterable<Parameter>;
};

/** All parameters, or groups of them. */
export type Parameters<Options extends object> =
  Iterable<Parameter> | Iterable<ParamGroup<Options>>;

/** A group at work. Its options may be changed at any time: `optimizer.groups[0].lr = 1e-4`. */
export type Group<Options extends object> = Options & {
  readonly params: readonly Tensor[];
  /** What schedulers start from. */
  initialLr?: number;
};

/** What `stateDict` gives: enough to go on as if nothing had happened. */
export interface OptimizerState {
  /** By parameter's name and PyTorch's name of the quantity, such as "head.weight.exp_avg"; `.step` is float64 [1]. */
  state: Map<string, Tensor>;
  /** The options of each group, and the names of its parameters: plain values. */
  groups: Record<string, unknown>[];
}

/** What an optimiser remembers of a parameter. */
export interface Memory {
  /** Updates made, this one included. */
  step: number;
  slots: Record<string, Tensor>;
  /** Whether slots are new: all zeros. */
  fresh: boolean;
}

/** How one optimiser differs from another. */
export interface UpdateRule<Options extends object> {
  op: string;
  defaults: Options;
  /** Throws for options that are impossible. */
  check(options: Options): void;
  /** The names of what is remembered under these options, beside the step. */
  slots(options: Options): readonly string[];
  /** One update of p by its gradient. */
  update(run: FloatKernels, p: Tensor, g: Tensor, memory: Memory, options: Options): void;
}

interface Update<Options extends object> {
  p: Tensor;
  g: Tensor;
  memory: Memory;
  group: Group<Options>;
}

/** What all optimisers can do; `Adam`, `AdamW`, `RMSprop` and `SGD` are made by their own constructors. */
export class Optimizer<Options extends object> {
  readonly groups: Group<Options>[] = [];
  readonly #rule: UpdateRule<Options>;
  readonly #defaults: Options;
  readonly #names = new Map<Tensor, string>();
  readonly #memories = new Map<Tensor, Memory>();

  /** @internal */
  constructor(
    rule: UpdateRule<Options>,
    parameters: Parameters<Options>,
    options: Partial<Options>,
  ) {
    this.#rule = rule;
    this.#defaults = { ...rule.defaults, ...defined(options) };
    const given = [...(parameters as Iterable<Parameter | ParamGroup<Options>>)];
    if (given.length === 0) {
      throw new Error(
        `${rule.op}: expected parameters, got none. Modules in private #fields are not found`,
      );
    }
    const one = { params: given } as unknown as ParamGroup<Options>;
    for (const group of given.every(isGroup) ? given : [one]) this.addParamGroup(group);
  }

  /**
   * Adds parameters to train, such as layers that thaw.
   *
   * @throws Error when there are none, or one is there already; nothing is added then
   */
  addParamGroup({ params, ...options }: ParamGroup<Options>): void {
    const { op } = this.#rule;
    const names = new Map<Tensor, string>();
    const taken = new Set(this.#names.values());
    for (const parameter of params) {
      const number = String(this.#names.size + names.size);
      const [name, p] = Array.isArray(parameter)
        ? (parameter as readonly [string, Tensor])
        : ([number, parameter as Tensor] as const);
      expectTensor(op, `parameter ${name}`, p);
      if (!isFloat(p.dtype)) {
        throw new TypeError(`${op}: expected parameter ${name} to be float32 or float64, got ${p}`);
      }
      if (p.node) {
        throw new Error(`${op}: expected parameter ${name} to be a leaf, got the result of an op`);
      }
      if (names.has(p) || this.#names.has(p)) {
        throw new Error(`${op}: parameter ${name} comes twice`);
      }
      if (taken.has(name)) {
        throw new Error(`${op}: two parameters are called ${name}; give them names of their own`);
      }
      taken.add(name);
      names.set(p, name);
    }
    if (names.size === 0) {
      throw new Error(`${op}: expected parameters, got none in group ${this.groups.length}`);
    }
    const group = { ...this.#defaults, ...defined(options), params: [...names.keys()] };
    this.#rule.check(group);
    for (const [p, name] of names) this.#names.set(p, name);
    this.groups.push(group);
  }

  /**
   * One update of every parameter that has a gradient.
   *
   * @throws Error when a gradient does not fit its parameter; nothing is changed then
   */
  step(): void;
  /** The same, after `closure` computed the loss and its gradients anew. @returns what it gave */
  step<R>(closure: () => R): R;
  step<R>(closure?: () => R): R | undefined {
    const result = closure?.();
    for (const group of this.groups) this.#rule.check(group);
    const updates = this.groups.flatMap((group) =>
      group.params.filter((p) => p.grad).map((p) => this.#ready(p, p.grad!, group)),
    );
    for (const { p, g, memory, group } of updates) {
      memory.step++;
      this.#rule.update(kernels.of[p.dtype as FloatDType], p, g, memory, group);
      memory.fresh = false;
      touch(p);
    }
    return result;
  }

  /** Everything that an update needs, checked and allocated. */
  #ready(p: Tensor, g: Tensor, group: Group<Options>): Update<Options> {
    void p.ptr; // throws if it was freed
    void g.ptr;
    if (!sameShape(p.shape, g.shape) || p.dtype !== g.dtype) {
      throw new Error(
        `${this.#rule.op}.step: expected the gradient of ${this.#names.get(p)} to be a ${p.dtype} tensor ${show(p.shape)}, got a ${g}`,
      );
    }
    const memory = this.#memories.get(p) ?? { step: 0, slots: {}, fresh: true };
    this.#memories.set(p, memory);
    for (const slot of this.#rule.slots(group)) {
      if (memory.slots[slot]) continue;
      memory.slots[slot] = zerosLike(p);
      memory.fresh = true;
    }
    return { p, g, memory, group };
  }

  /** Frees the gradients; with `setToNone: false` they become zeros. */
  zeroGrad({ setToNone = true }: { setToNone?: boolean } = {}): void {
    for (const p of this.#names.keys()) {
      if (!p.grad) continue;
      if (setToNone) {
        p.grad.free();
        p.grad = undefined;
      } else {
        kernels.zero(p.grad.ptr, p.grad.storage.bytes);
        touch(p.grad);
      }
    }
  }

  /** Copies, in the current scope, of what is remembered; and the options. */
  stateDict(): OptimizerState {
    const state = new Map<string, Tensor>();
    for (const [p, name] of this.#names) {
      const memory = this.#memories.get(p);
      if (!memory) continue;
      const step = empty([1], "float64");
      step.view()[0] = memory.step;
      state.set(`${name}.step`, step);
      for (const [slot, t] of Object.entries(memory.slots)) {
        const copy = empty(t.shape, t.dtype);
        copy.view().set(t.view());
        state.set(`${name}.${slot}`, copy);
      }
    }
    return { state, groups: this.#options() };
  }

  #options(): OptimizerState["groups"] {
    return this.groups.map(({ params, ...options }) => ({
      ...options,
      params: params.map((p) => this.#names.get(p)!),
    }));
  }

  /**
   * Takes what `stateDict` gave, to an optimiser of the same parameters: what is remembered and, where given, the options.
   * All or nothing.
   *
   * @throws Error when groups, names, shapes or dtypes differ
   */
  loadStateDict({
    state,
    groups = this.#options(),
  }: Pick<OptimizerState, "state"> & Partial<OptimizerState>): void {
    const op = `${this.#rule.op}.loadStateDict`;
    const expected = JSON.stringify(this.#options().map(({ params }) => params));
    const got = JSON.stringify(groups.map(({ params }) => params));
    if (expected !== got) {
      throw new Error(`${op}: expected groups of the parameters ${expected}, got ${got}`);
    }
    const options = groups.map((given, i) => {
      const group = this.groups[i]!;
      const merged = { ...group, ...given, params: group.params } as Group<Options>;
      this.#rule.check(merged);
      return merged;
    });
    const known = new Set<string>();
    const memories = options.flatMap((group) =>
      group.params.flatMap((p) => {
        const name = this.#names.get(p)!;
        const step = state.get(`${name}.step`);
        if (!step) return [];
        known.add(`${name}.step`);
        const slots = this.#rule.slots(group).map((slot): [string, Tensor] => {
          const key = `${name}.${slot}`;
          const t = state.get(key);
          if (!t || !sameShape(t.shape, p.shape) || t.dtype !== p.dtype) {
            throw new Error(
              `${op}: expected ${key} to be a ${p.dtype} tensor ${show(p.shape)}, got ${t ? `a ${t}` : "none"}`,
            );
          }
          void t.ptr; // throws if it was freed
          known.add(key);
          return [slot, t];
        });
        return [{ p, step: step.item(), slots }];
      }),
    );
    const unknown = [...state.keys()].filter((key) => !known.has(key));
    if (unknown.length > 0) throw new Error(`${op}: expected no ${unknown.join(", ")}`);

    const made = memories.map(({ p, step, slots }) => ({
      p,
      memory: {
        step,
        slots: Object.fromEntries(slots.map(([slot]) => [slot, zerosLike(p)])),
        fresh: false,
      },
      slots,
    }));
    this.free();
    for (const { p, memory, slots } of made) {
      for (const [slot, t] of slots) memory.slots[slot]!.view().set(t.view());
      this.#memories.set(p, memory);
    }
    this.groups.forEach((group, i) => Object.assign(group, options[i]));
  }

  /** Frees and forgets what is remembered. */
  free(): void {
    for (const { slots } of this.#memories.values()) {
      for (const t of Object.values(slots)) t.free();
    }
    this.#memories.clear();
  }
}

const isGroup = <Options extends object>(
  given: Parameter | ParamGroup<Options>,
): given is ParamGroup<Options> =>
  typeof given === "object" &&
  given !== null &&
  !(given instanceof Tensor) &&
  !Array.isArray(given) &&
  "params" in given;

/** The options without those that are undefined. */
const defined = <T extends object>(options: T): Partial<T> =>
  Object.fromEntries(Object.entries(options).filter(([, v]) => v !== undefined)) as Partial<T>;

function zerosLike(p: Tensor): Tensor {
  const t = empty(p.shape, p.dtype, optimizers);
  kernels.zero(t.ptr, t.storage.bytes);
  return t;
}
