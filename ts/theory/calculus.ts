/**
 * @file Derivatives as the lecture writes them: ∂_i f is the derivative of f by its i-th argument, whatever the
 * arguments depend on. The functions are made of plain ops; what is fused cannot be differentiated twice.
 */

import { add, grad, isGradEnabled, mul, reshape, scope, stack, sum, tensor, Tensor, zeros } from "unrolled"; // prettier-ignore

/** A function of tensors, made of ops. */
export type Differentiable = (...args: Tensor[]) => Tensor;

/** A number stands for a scalar of the other arguments' dtype, float64 if there is none. */
export type Argument = Tensor | number;

/**
 * ∂_i f: from f's arguments to its derivative by argument i alone, "∂f(a, b)/∂a = ∂₀f(a, b), ∂f(a, b)/∂b = ∂₁f(a, b)".
 *
 * @returns [...y.shape, ...x_i.shape]; differentiable where x_i requires a gradient
 * @throws RangeError when there is no argument i
 *
 * @example
 * const f = (a: Tensor, b: Tensor) => sub(square(a), square(b));
 * partial(f, 0)(0.7, 0.6).item(); // 1.4
 * partial(partial(f, 0), 0)(0.7, 0.6).item(); // 2
 */
export function partial(f: Differentiable, i: number): (...args: Argument[]) => Tensor {
  return (...args) => {
    if (!Number.isInteger(i) || i < 0 || i >= args.length) {
      throw new RangeError(
        `partial: expected i to be one of ${args.length} arguments, counted from 0, got ${i}`,
      );
    }
    const dtype = args.find((a) => a instanceof Tensor)?.dtype ?? "float64";
    const xs = args.map((a) => (a instanceof Tensor ? a : tensor(a, { dtype })));
    return jacobian((x) => f(...xs.with(i, x!)), [xs[i]!])[0]!;
  };
}

/**
 * d/dx f(x) along every path from x to f: "∂f(x, g(x))/∂x = ∂₀f(x, g(x)) + ∂₁f(x, g(x)) ∂g(x)/∂x", for x² − sin² x that is
 * 2x − 2 sin x cos x.
 *
 * @returns [...y.shape, ...x.shape]; differentiable where x requires a gradient
 *
 * @example
 * const f = (x: Tensor) => sub(square(x), square(sin(x)));
 * total(f)(0.7).item(); // 0.41455
 */
export function total(f: (x: Tensor) => Tensor): (x: Argument) => Tensor {
  return partial(f, 0);
}

/**
 * Every ∂y_j / ∂x_k, by reverse mode: one vector-Jacobian product for each element of y.
 *
 * @returns for each x its Jacobian [...y.shape, ...x.shape], zeros where y does not depend on it
 * @throws Error under noGrad
 *
 * @example
 * jacobian((x) => square(x), [tensor([1, 2])])[0]!.toArray(); // [[2, 0], [0, 4]]
 */
export function jacobian(f: Differentiable, xs: readonly Tensor[]): Tensor[] {
  return slotted("jacobian", f, xs, (y, slots, createGraph) => {
    const rows = Array.from({ length: y.size }, (_, j) =>
      pull(y, slots, oneHot(y, j), createGraph),
    );
    return slots.map((x, i) => {
      const shape = [...y.shape, ...x.shape];
      return y.size === 0 ? zeros(shape, x) : reshape(stack(rows.map((row) => row[i]!)), shape);
    });
  });
}

/**
 * The vector-Jacobian products dyᵀ ∂y/∂x, one for each x: reverse mode.
 *
 * @param dy of y's shape
 * @throws Error under noGrad; RangeError when dy does not fit
 */
export function vjp(
  f: Differentiable,
  xs: readonly Tensor[],
  dy: Tensor,
): { y: Tensor; dxs: Tensor[] } {
  return slotted("vjp", f, xs, (y, slots, createGraph) => ({
    y,
    dxs: pull(y, slots, dy, createGraph || dy.requiresGrad),
  }));
}

/**
 * The Jacobian-vector product Σ_i ∂y/∂x_i dx_i: forward mode. It is the vjp of the vjp: u ↦ uᵀ ∂y/∂x is linear, and its
 * transpose is the map we want.
 *
 * @param dxs of the xs' shapes: the direction in which they move
 * @returns y and dy, how fast y moves
 * @throws Error under noGrad, or when f has a fused op
 */
export function jvp(
  f: Differentiable,
  xs: readonly Tensor[],
  dxs: readonly Tensor[],
): { y: Tensor; dy: Tensor } {
  if (xs.length !== dxs.length) {
    throw new RangeError(
      `jvp: expected ${xs.length} directions, one for each x, got ${dxs.length}`,
    );
  }
  return slotted("jvp", f, xs, (y, slots, createGraph) => {
    const u = zeros(y.shape, { dtype: y.dtype, requiresGrad: true });
    const along = pull(y, slots, u, true) // uᵀ ∂y/∂x_i
      .map((g, i) => sum(mul(g, dxs[i]!)))
      .reduce(add);
    const [dy] = pull(along, [u], oneHot(along, 0), createGraph || dxs.some((d) => d.requiresGrad));
    return { y, dy: dy! };
  });
}

/**
 * Calls f with tensors of their own in each slot, so that a derivative by one is a derivative by its slot, not by what
 * it was computed from. Keeps the graph if there is one to keep: where an x requires a gradient.
 */
function slotted<R>(
  op: string,
  f: Differentiable,
  xs: readonly Tensor[],
  differentiate: (y: Tensor, slots: Tensor[], createGraph: boolean) => R,
): R {
  if (!isGradEnabled()) throw new Error(`${op}: expected recording to be on; leave noGrad first`);
  const createGraph = xs.some((x) => x.requiresGrad);
  const run = (): R => {
    const slots = xs.map((x) => (createGraph ? reshape(x, x.shape) : x.detach()));
    for (const slot of slots) if (slot.isLeaf) slot.requiresGrad = true;
    return differentiate(f(...slots), slots, createGraph);
  };
  return createGraph ? run() : scope(run); // a scope cuts what it returns from its graph
}

/** dyᵀ ∂y/∂x for each x; zeros where y does not depend on it. */
function pull(y: Tensor, xs: readonly Tensor[], dy: Tensor, createGraph: boolean): Tensor[] {
  const none = (x: Tensor): Tensor => zeros(x.shape, { dtype: x.dtype });
  if (!y.requiresGrad) return xs.map(none);
  const options = { gradOutputs: dy, createGraph, retainGraph: true, allowUnused: true } as const;
  return grad(y, xs, options).map((dx, i) => dx ?? none(xs[i]!));
}

function oneHot(y: Tensor, j: number): Tensor {
  const values = new Float64Array(y.size);
  values[j] = 1;
  return tensor(values, y.shape, { dtype: y.dtype });
}
