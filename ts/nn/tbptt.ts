/** @file Truncated backpropagation through time: training on a sequence that is too long to unroll whole. */

import { eachTensor, scope } from "../core/lifetime.ts";
import type { Storage } from "../core/scope.ts";
import { expectInteger, fail, show } from "../core/shape.ts";
import { expectTensor, Tensor } from "../core/tensor.ts";
import { concat } from "../ops/join.ts";
import { slice } from "../ops/slice.ts";

/** A net that goes on from a state: RNN, LSTM, GRU, and what is built like them. */
export interface Stateful<State> {
  readonly batchFirst?: boolean;
  /** Outputs for xs, from a state, and the state after them. */
  forward(xs: Tensor, state?: State): [output: Tensor, state: State];
}

/** Options of `tbptt`. */
export interface TbpttOptions<State> {
  /** k1: how many steps lie between one backward pass and the next. */
  every: number;
  /** k2 ≥ k1: how many steps a backward pass goes back. Default: k1. */
  back?: number;
  /** Where to begin. Default: the net's own start. */
  state?: State | undefined;
}

/** The k1 steps at hand: from, from + 1, ..., to − 1. */
export interface TbpttChunk {
  /** The net's outputs at those steps: [to − from, B, ...], or [B, to − from, ...] with batchFirst. */
  output: Tensor;
  from: number;
  to: number;
}

/**
 * BPTT(k2; k1) (Williams & Peng 1990): every k1 steps `step` gets the outputs of those steps, and gradients reach k2 steps
 * back. Each call is a scope of its own, where `step` makes the loss, goes backward and updates; the state is carried on.
 *
 * With k2 > k1 the k2 − k1 steps before are computed again, from the state that stood before them.
 *
 * @param xs [T, B, D], [B, T, D] with the net's batchFirst, or [T, D]
 * @returns  the state after the last step, in the current scope, outside any graph: for the next call
 * @throws RangeError unless 1 ≤ k1 ≤ k2
 *
 * @example
 * const lstm = new nn.LSTM(3, 5);
 * const sgd = new optim.SGD(lstm.parameters(), { lr: 0.1 });
 * const steps: number[] = [];
 * nn.tbptt(
 *   lstm,
 *   randn([10, 1, 3]),
 *   ({ output, from, to }) => {
 *     output.square().mean().backward();
 *     sgd.step();
 *     sgd.zeroGrad();
 *     steps.push(to - from);
 *   },
 *   { every: 4, back: 6 },
 * );
 * steps; // [4, 4, 2]
 */
export function tbptt<State>(
  net: Stateful<State>,
  xs: Tensor,
  step: (chunk: TbpttChunk) => void,
  { every: k1, back: k2 = k1, state }: TbpttOptions<State>,
): State {
  expectTensor("tbptt", "xs", xs);
  expectInteger("tbptt", "every", k1, 1);
  expectInteger("tbptt", "back", k2, k1);
  const axis = net.batchFirst && xs.ndim > 2 ? 1 : 0;
  const T = xs.shape[axis] ?? 0;
  if (T === 0) fail("tbptt", "xs", "to have at least one step", show(xs.shape));

  let [carried, start] = [detached(state), 0]; // the state before step `start`
  const given = carried;
  for (let from = 0; from < T; from += k1) {
    const to = Math.min(from + k1, T);
    // Where the next pass will begin, or the end
    const next = to === T ? T : Math.max(start, Math.min(to + k1, T) - k2);
    const before = carried;
    carried = scope(() => {
      const outputs: Tensor[] = [];
      const read = (a: number, b: number, state: State | undefined): State | undefined => {
        if (a === b) return state;
        const [output, after] = net.forward(slice(xs, axis, a, b), state);
        outputs.push(output);
        return after;
      };
      const kept = read(start, next, carried);
      read(next, to, kept);
      const output = slice(concat(outputs, axis), axis, from - start, to - start);
      step({ output, from, to });
      return kept;
    });
    if (carried !== before && before !== given) freeBut(carried, before);
    start = next;
  }
  return carried as State; // the last pass went to the end
}

function detached<Value>(state: Value): Value {
  const visit = (value: unknown): unknown => {
    if (value instanceof Tensor) return value.detach();
    if (Array.isArray(value)) return value.map(visit);
    if (typeof value !== "object" || value === null) return value;
    return Object.fromEntries(Object.entries(value).map(([k, v]) => [k, visit(v)]));
  };
  return visit(state) as Value; // the same structure
}

/** Frees what `old` holds and `held` does not. */
function freeBut(held: unknown, old: unknown): void {
  const storages = new Set<Storage>();
  eachTensor(held, (t) => storages.add(t.storage));
  eachTensor(old, (t) => !storages.has(t.storage) && t.free());
}
