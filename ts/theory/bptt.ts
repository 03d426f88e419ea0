/**
 * @file The terms of backpropagation through time, one by one. For a loss L_t of the output of step t,
 *
 *     ∂L_t/∂W = Σ_{k=1}^{t} ∂L_t/∂y_t · ∂y_t/∂h_t · (∏_{j=k+1}^{t} ∂h_j/∂h_{j−1}) · ∂⁺h_k/∂W
 *
 * where ∂⁺ is the immediate partial: h_{k−1} counts as a constant.
 */

import { add, grad, scope, sqrt, square, sum, type Tensor, zeros } from "unrolled";
import { mapState, type Recurrence, type State, stepsWithLoss, tensorsOf, type NamedTensors } from "./recurrence.ts"; // prettier-ignore

/** The share of step k in the gradient of one loss. */
export interface BpttTerm {
  /** The step whose loss it is. */
  t: number;
  /** The step whose copy of W it is; t − k Jacobians lie between them. */
  k: number;
  /** By weight. */
  gradient: NamedTensors;
  /** √Σ g² over all weights. */
  norm: number;
}

/** What `bpttTerms` found. */
export interface BpttTerms {
  /** The sum of the losses. */
  loss: number;
  /** For each loss, from the first to the last: k = t, t − 1, … */
  terms: BpttTerm[];
  /** Their sum, by weight: ∂L/∂W, if nothing was truncated. */
  sum: NamedTensors;
}

/** Options of `bpttTerms`. */
export interface BpttOptions {
  /** How many steps back from its loss a gradient goes: truncated backpropagation through time. Default: all. */
  truncate?: number;
}

/**
 * Walks back from each loss, step by step, and keeps what every copy of W gets: "∂L(y₃)/∂W = ∂L/∂y₃ ∂y₃/∂h₃ ∂f_W(x₃, h₂)/∂W +
 * ∂L/∂y₃ ∂y₃/∂h₃ ∂f_W(x₃, h₂)/∂h₂ ∂f_W(x₂, h₁)/∂W + …"
 *
 * @param net with a loss
 * @param xs x_1 … x_T
 * @throws RangeError for an empty sequence, no loss, or a truncate that is no integer above 0
 *
 * @example
 * const W = { w: tensor(0.5) };
 * const { terms, sum } = bpttTerms(
 *   { f: (x, h, { w }) => add(x, mul(w!, h)), W, h0: zeros([]), loss: (y) => y },
 *   [tensor(1), tensor(1), tensor(1)],
 * );
 * terms.map(({ k }) => k); // [3, 2, 1]
 * sum["w"]!.item(); // 2
 */
export function bpttTerms<S extends State = Tensor>(
  net: Recurrence<S>,
  xs: readonly Tensor[],
  { truncate = xs.length }: BpttOptions = {},
): BpttTerms {
  const { loss } = net;
  if (!loss) throw new RangeError("bpttTerms: expected a net with a loss, got none");
  const withLoss = stepsWithLoss(net, xs.length);
  if (!Number.isInteger(truncate) || truncate < 1) {
    throw new RangeError(`bpttTerms: expected truncate to be an integer above 0, got ${truncate}`);
  }
  return scope(() => {
    const steps = forward(net, xs);
    let value = 0;
    const terms = withLoss.flatMap((t) => {
      const { L, dh } = headOf(net, steps[t - 1]!.after, t);
      value += L;
      return walkBack(net, steps, t, dh, truncate);
    });
    const total = terms.map(({ gradient }) => gradient).reduce(plus);
    return { loss: value, terms, sum: total };
  });
}

/** One step cut off from the others: from leaves of h_{k−1} to h_k. */
interface LocalStep<S> {
  W: NamedTensors;
  before: S;
  after: S;
}

function forward<S extends State>(
  { f, W, h0 }: Recurrence<S>,
  xs: readonly Tensor[],
): LocalStep<S>[] {
  const own = Object.fromEntries(Object.entries(W).map(([name, w]) => [name, leaf(w)]));
  let h = h0;
  return xs.map((x) => {
    const before = mapState(h, leaf);
    h = f(x, before, own);
    return { W: own, before, after: h };
  });
}

function leaf(t: Tensor): Tensor {
  const own = t.detach();
  own.requiresGrad = true;
  return own;
}

/** L_t, and its gradient by each tensor of h_t. */
function headOf<S extends State>(
  { g, V = {}, loss }: Recurrence<S>,
  h: S,
  t: number,
): { L: number; dh: Tensor[] } {
  const own = mapState(h, leaf);
  const L = loss!(g ? g(own, V) : tensorsOf(own)[0]!, t);
  return { L: L.item(), dh: pull([L], undefined, tensorsOf(own)) };
}

/** dh_t is carried from step to step; at each it leaves a term. */
function walkBack<S extends State>(
  { W }: Recurrence<S>,
  steps: readonly LocalStep<S>[],
  t: number,
  dh: readonly Tensor[],
  truncate: number,
): BpttTerm[] {
  const names = Object.keys(W);
  const terms: BpttTerm[] = [];
  let carried = dh;
  for (let k = t; k > Math.max(0, t - truncate); k--) {
    const step = steps[k - 1]!;
    const inputs = [...Object.values(step.W), ...tensorsOf(step.before)];
    const dInputs = pull(tensorsOf(step.after), carried, inputs);
    const gradient = Object.fromEntries(names.map((name, i) => [name, dInputs[i]!]));
    terms.push({ t, k, gradient, norm: normOf(gradient) });
    carried = dInputs.slice(names.length); // dh_{k−1}
  }
  return terms;
}

/** Σ dyᵀ ∂y/∂x for each x; zeros where no y depends on it. */
function pull(
  ys: readonly Tensor[],
  dys: readonly Tensor[] | undefined,
  xs: readonly Tensor[],
): Tensor[] {
  const options = { retainGraph: true, allowUnused: true } as const;
  const dxs = grad(ys, xs, dys ? { ...options, gradOutputs: dys } : options);
  return dxs.map((dx, i) => dx ?? zeros(xs[i]!.shape, { dtype: xs[i]!.dtype }));
}

const plus = (a: NamedTensors, b: NamedTensors): NamedTensors =>
  Object.fromEntries(Object.keys(a).map((name) => [name, add(a[name]!, b[name]!)]));

const normOf = (gradient: NamedTensors): number =>
  scope(() =>
    sqrt(
      Object.values(gradient)
        .map((g) => sum(square(g)))
        .reduce(add),
    ).item(),
  );
