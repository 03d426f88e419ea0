/**
 * @file Reverse-mode differentiation. The graph hangs from the tensors: each result holds its node, a node holds its
 * inputs and a backward. A graph that nobody holds costs nothing.
 */

import { kernels, type Ptr } from "../runtime/kernels.ts";
import { countPass, inspectGradient, inspectResult, isDetecting } from "./anomaly.ts";
import type { FloatDType } from "./dtype.ts";
import { isThenable } from "./lifetime.ts";
import { currentOwner, type Owner, within } from "./scope.ts";
import { sameShape, show } from "./shape.ts";
import { empty, expectTensor, Tensor } from "./tensor.ts";

/** From the gradient of the result to that of one input, in ops, so that it can be differentiated again. */
export type Rule = (dy: Tensor) => Tensor;

/**
 * Adds to the gradients of the inputs. It gets an address for each output's gradient (0 where none arrived) and for
 * each input's (0 where nobody asks).
 */
export type KernelBackward = (dOutputs: readonly Ptr[], dInputs: readonly Ptr[]) => void;

/** How a result was computed. */
export class Node {
  static #count = 0;
  /** Ascending in order of creation: a result's is larger than its inputs'. */
  readonly id = Node.#count++;
  /** Whether a backward pass has used the graph up. */
  spent = false;
  readonly versions: readonly number[];

  constructor(
    readonly op: string,
    public outputs: readonly Tensor[],
    public inputs: readonly Tensor[],
    public rules: readonly Rule[] | undefined,
    public kernel: KernelBackward | undefined,
    /** For a kernel: what to use where a second derivative is wanted. */
    readonly composite = "",
  ) {
    this.versions = [...inputs, ...outputs].map((t) => t.storage.version);
  }
}

let recording = true;

/**
 * Runs `f` without recording a graph: for evaluation, and for updates of parameters. Not for async functions.
 *
 * @example
 * const x = tensor([1], { requiresGrad: true });
 * noGrad(() => x.mul(2)).requiresGrad; // false
 */
export function noGrad<R>(f: () => R): R {
  return withRecording(false, f);
}

/**
 * Whether ops record a graph now.
 *
 * @example
 * noGrad(() => isGradEnabled()); // false
 */
export const isGradEnabled = (): boolean => recording;

function withRecording<R>(on: boolean, f: () => R): R {
  const before = recording;
  recording = on;
  try {
    const result = f();
    if (isThenable(result)) {
      throw new Error(
        "noGrad: expected a function that is not async: recording is on again at its first await",
      );
    }
    return result;
  } finally {
    recording = before;
  }
}

const wanted = (inputs: readonly Tensor[]): boolean => {
  if (recording) for (const t of inputs) if (t.requiresGrad) return true;
  return false;
};

/** Tells `y` how it came from `inputs`: one rule for each. Free when no input requires a gradient. */
export function record(
  op: string,
  y: Tensor,
  inputs: readonly Tensor[],
  rules: readonly Rule[],
): Tensor {
  if (isDetecting()) inspectResult(op, y, inputs);
  if (wanted(inputs)) attach(new Node(op, [y], inputs, rules, undefined));
  return y;
}

/** Tells `outputs` how a fused kernel computed them. Their second derivative is an error that names `composite`. */
export function recordKernel(
  op: string,
  outputs: readonly Tensor[],
  inputs: readonly Tensor[],
  backward: KernelBackward,
  composite: string,
): void {
  if (isDetecting()) for (const y of outputs) inspectResult(op, y, inputs);
  if (wanted(inputs)) attach(new Node(op, outputs, inputs, undefined, backward, composite));
}

function attach(node: Node): void {
  for (const y of node.outputs) {
    y.requiresGrad = true;
    y.node = node;
  }
}

/** Marks a write in place, so that a graph that saved the old values refuses to go backward. */
export function touch(t: Tensor): void {
  t.storage.version++;
}

/** Options of `backward`. */
export interface BackwardOptions {
  /** Keeps the graph for another backward pass. Default: `createGraph`. */
  retainGraph?: boolean;
  /** Records the backward pass itself, for derivatives of derivatives. Default false. */
  createGraph?: boolean;
}

/**
 * Adds d y / d p to the `grad` of every leaf p that requires one. A `y` with more than one element needs `gradient`,
 * the vector of a vector-Jacobian product.
 *
 * @throws Error when no gradient flows to `y`, when the graph was used up, or when something it saved was changed
 *
 * @example
 * const x = tensor([1, 2, 3], { requiresGrad: true });
 * backward(x.square().sum());
 * x.grad!.toArray(); // [2, 4, 6]
 */
export function backward(y: Tensor, gradient?: Tensor, options: BackwardOptions = {}): void {
  const { createGraph = false, retainGraph = createGraph } = options;
  const pass = new Pass("backward", [y], [gradient], undefined, createGraph);
  pass.run(retainGraph);
  pass.deliver();
}

/** Options of `grad`. */
export interface GradOptions extends BackwardOptions {
  /** The vectors of the vector-Jacobian products. Default: 1, for outputs of one element. */
  gradOutputs?: Tensor | readonly (Tensor | undefined)[];
  /** Gives undefined, not an error, for an input that the outputs do not depend on. Default false. */
  allowUnused?: boolean;
}

/**
 * d outputs / d inputs, returned and not left in `grad`.
 *
 * @example
 * const x = tensor(3, { requiresGrad: true });
 * const [dx] = grad(x.pow(3), [x], { createGraph: true });
 * dx!.item(); // 27
 * grad(dx!, [x])[0]!.item(); // 18
 */
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions & { allowUnused: true },
): (Tensor | undefined)[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options?: GradOptions,
): Tensor[];
export function grad(
  outputs: Tensor | readonly Tensor[],
  inputs: readonly Tensor[],
  options: GradOptions = {},
): (Tensor | undefined)[] {
  const {
    createGraph = false,
    retainGraph = createGraph,
    gradOutputs,
    allowUnused = false,
  } = options;
  const ys = outputs instanceof Tensor ? [outputs] : outputs;
  const seeds = gradOutputs instanceof Tensor ? [gradOutputs] : (gradOutputs ?? []);
  for (const x of inputs) {
    expectTensor("grad", "each input", x);
    if (!x.requiresGrad) throw new Error(`grad: an input (${x}) does not require a gradient`);
  }
  const pass = new Pass("grad", ys, seeds, new Set(inputs), createGraph);
  pass.run(retainGraph);
  return pass.collect(inputs, allowUnused);
}

/** One walk from outputs to leaves. */
class Pass {
  readonly #gradients = new Map<Tensor, Tensor>();
  /** Where gradients on their way live. */
  readonly #owner: Owner = currentOwner();
  readonly #nodes: Node[];
  /** The nodes that lead to what is asked for; undefined when every leaf is. */
  readonly #useful: Set<Node> | undefined;

  constructor(
    readonly op: string,
    outputs: readonly Tensor[],
    seeds: readonly (Tensor | undefined)[],
    readonly targets: ReadonlySet<Tensor> | undefined,
    readonly createGraph: boolean,
  ) {
    const starts = outputs.map((y, i) => this.#checkStart(y, seeds[i]));
    this.#nodes = reachable(outputs, op);
    if (targets) {
      this.#useful = new Set();
      for (let i = this.#nodes.length - 1; i >= 0; i--) {
        const node = this.#nodes[i]!;
        if (node.inputs.some((t) => this.#asked(t))) this.#useful.add(node);
      }
    }
    // Under createGraph the graph of this pass mentions the seed, so the pass may not adopt and free it.
    outputs.forEach((y, i) => this.#arrive(y, starts[i] ?? ones(y), !starts[i] && !createGraph));
  }

  #checkStart(y: Tensor, seed: Tensor | undefined): Tensor | undefined {
    expectTensor(this.op, "the output", y);
    if (!y.requiresGrad) {
      throw new Error(
        `${this.op}: no gradient flows to ${y}: nothing that it was computed from has requiresGrad, or it was computed under noGrad`,
      );
    }
    if (seed === undefined) {
      if (y.size === 1) return undefined;
      throw new RangeError(
        `${this.op}: expected a tensor with one element, or a gradient for it, got ${show(y.shape)}`,
      );
    }
    expectTensor(this.op, "the gradient", seed);
    if (!sameShape(seed.shape, y.shape) || seed.dtype !== y.dtype) {
      throw new RangeError(`${this.op}: expected the gradient to be a ${y}, got a ${seed}`);
    }
    return seed;
  }

  /** Whether anybody wants the gradient of `t`. */
  #asked(t: Tensor): boolean {
    if (!t.requiresGrad) return false;
    if (!this.targets) return true;
    return this.targets.has(t) || (t.node !== undefined && this.#useful!.has(t.node));
  }

  run(retainGraph: boolean): void {
    countPass();
    for (const node of this.#nodes) {
      const useful = !this.#useful || this.#useful.has(node);
      if (useful && node.outputs.some((y) => this.#gradients.has(y))) {
        checkVersions(this.op, node);
        if (node.rules) this.#runRules(node, node.rules);
        else this.#runKernel(node, node.kernel!);
      }
      for (const y of node.outputs) this.#leave(y);
      if (!retainGraph) {
        node.spent = true;
        node.rules = node.kernel = undefined;
        node.inputs = [];
      }
    }
  }

  #runRules(node: Node, rules: readonly Rule[]): void {
    const dy = this.#gradients.get(node.outputs[0]!)!;
    const step = (fresh: (dx: Tensor) => boolean): void =>
      node.inputs.forEach((x, i) => {
        if (!this.#asked(x)) return;
        const dx = rules[i]!(dy);
        if (!sameShape(dx.shape, x.shape) || dx.dtype !== x.dtype) {
          throw new Error(
            `internal: ${node.op}: the gradient of input ${i} is a ${dx}, not a ${x}`,
          );
        }
        if (isDetecting()) inspectGradient(`the backward of ${node.op}`, dx);
        this.#arrive(x, dx, fresh(dx));
      });
    if (this.createGraph) return withRecording(true, () => step(() => false));
    withRecording(false, () => within((scope) => step((dx) => dx.storage.owner === scope)));
  }

  #runKernel(node: Node, backward: KernelBackward): void {
    if (this.createGraph) {
      throw new Error(
        `${this.op}: ${node.op} is fused and cannot be differentiated twice; use ${node.composite}`,
      );
    }
    withRecording(false, () =>
      within(() => {
        const dOutputs = node.outputs.map((y) => this.#gradients.get(y)?.ptr ?? 0);
        const direct = new Set<Tensor>();
        const places = node.inputs.map((x) => this.#place(x, direct));
        backward(
          dOutputs,
          places.map((dx) => dx?.ptr ?? 0),
        );
        node.inputs.forEach((x, i) => {
          const dx = places[i];
          if (dx && isDetecting()) inspectGradient(`the backward of ${node.op}`, dx);
          if (dx && dx !== x.grad && dx !== this.#gradients.get(x)) this.#arrive(x, dx, true);
        });
      }),
    );
  }

  /** Where a kernel adds the gradient of `x`: straight to where it is collected, if nothing else lives there. */
  #place(x: Tensor, direct: Set<Tensor>): Tensor | undefined {
    if (!this.#asked(x)) return undefined;
    if (!direct.has(x)) {
      direct.add(x);
      const dx = this.#gradients.get(x);
      if (dx && dx.storage.gradients === 1) return dx;
      if (!dx && !this.targets && x.isLeaf) return (x.grad ??= zerosLike(x, x.storage.owner));
    }
    return zerosLike(x);
  }

  /** Another gradient reaches `x`. The first is adopted, later ones are added. `fresh`: nobody else has it. */
  #arrive(x: Tensor, dx: Tensor, fresh: boolean): void {
    const before = this.#gradients.get(x);
    if (fresh) {
      dx.storage.moveTo(this.#owner);
      dx.storage.gradients = 1;
    } else if (dx.storage.gradients > 0) dx.storage.gradients++;
    if (before === undefined) {
      this.#gradients.set(x, dx);
    } else if (this.createGraph) {
      this.#gradients.set(x, plus(before, dx));
    } else if (before.storage.gradients === 1) {
      addInPlace(before, dx);
      drop(dx);
    } else {
      const total = withRecording(false, () => plus(before, dx, this.#owner));
      total.storage.gradients = 1;
      drop(before);
      drop(dx);
      this.#gradients.set(x, total);
    }
  }

  /** The node of `y` is done. */
  #leave(y: Tensor): void {
    const dy = this.#gradients.get(y);
    if (!dy || this.targets?.has(y)) return;
    this.#gradients.delete(y);
    if (y.retainsGrad && !this.targets) this.#store(y, dy);
    else drop(dy);
  }

  /** Leaves the gradients of the leaves in `grad`. */
  deliver(): void {
    for (const [x, dx] of this.#gradients) this.#store(x, dx);
  }

  #store(x: Tensor, dx: Tensor): void {
    if (this.createGraph) {
      x.grad = plus(dx, x.grad); // a tensor of its own: later passes add to it in place
    } else if (x.grad) {
      addInPlace(x.grad, dx);
      touch(x.grad);
      drop(dx);
    } else {
      x.grad = this.#exclusive(dx, x.storage.owner);
    }
  }

  collect(inputs: readonly Tensor[], allowUnused: boolean): (Tensor | undefined)[] {
    return inputs.map((x) => {
      const dx = this.#gradients.get(x);
      if (dx) return this.createGraph ? dx : this.#exclusive(dx, this.#owner);
      if (allowUnused) return undefined;
      throw new Error(
        `grad: the outputs do not depend on an input (${x}); allowUnused: true gives undefined for it`,
      );
    });
  }

  /** `dx` as a tensor of its own, that nothing else shares. */
  #exclusive(dx: Tensor, owner: Owner): Tensor {
    if (dx.storage.gradients !== 1) {
      const copy = withRecording(false, () => plus(dx, undefined, owner));
      drop(dx);
      return copy;
    }
    dx.storage.gradients = 0;
    dx.storage.moveTo(owner);
    return dx;
  }
}

/** The nodes that `outputs` were computed by, latest first. Iterative: graphs get deep. */
function reachable(outputs: readonly Tensor[], op: string): Node[] {
  const found = new Set<Node>();
  const visit: Node[] = [];
  const meet = (t: Tensor): void => {
    if (t.node && !found.has(t.node)) {
      found.add(t.node);
      visit.push(t.node);
    }
  };
  outputs.forEach(meet);
  for (let node = visit.pop(); node; node = visit.pop()) {
    if (node.spent) {
      throw new Error(
        `${op}: this graph was used up by an earlier backward pass; give that one retainGraph: true`,
      );
    }
    node.inputs.forEach(meet);
  }
  return [...found].sort((a, b) => b.id - a.id);
}

function checkVersions(pass: string, { op, inputs, outputs, versions }: Node): void {
  [...inputs, ...outputs].forEach((t, i) => {
    if (t.storage.version === versions[i]) return;
    const which = i < inputs.length ? `input ${i}` : "a result";
    throw new Error(
      `${pass}: ${which} of ${op} (${t}) was changed in place after the forward pass; go backward before the update`,
    );
  });
}

function drop(dx: Tensor): void {
  const { storage } = dx;
  if (storage.gradients > 0 && --storage.gradients === 0) storage.free();
}

const floats = (t: Tensor) => kernels.of[t.dtype as FloatDType]; // only float tensors have gradients

function zerosLike(t: Tensor, owner?: Owner): Tensor {
  const z = empty(t.shape, t.dtype, owner);
  kernels.zero(z.ptr, z.storage.bytes);
  return z;
}

function ones(t: Tensor): Tensor {
  const y = empty(t.shape, t.dtype);
  y.view().fill(1);
  return y;
}

/** a + b; a copy of `a` where there is no `b`. */
function plus(a: Tensor, b: Tensor | undefined, owner?: Owner): Tensor {
  const y = zerosLike(a, owner);
  addInPlace(y, a);
  if (!b) return record("copy", y, [a], [(dy) => dy]);
  addInPlace(y, b);
  return record("add", y, [a, b], [(dy) => dy, (dy) => dy]);
}

/** y += x */
function addInPlace(y: Tensor, x: Tensor): void {
  floats(y).accumulate(x.ptr, y.ptr, y.size);
}
