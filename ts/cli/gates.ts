/** @file The insides of a recurrent net, character by character. */

import {
  add,
  type CharLM,
  linear,
  mul,
  nn,
  noGrad,
  scope,
  sigmoid,
  slice,
  tanh,
  tensor,
  type Tensor,
  type TypedArray,
} from "unrolled";

/** What one layer did while it read T characters. Each array is [T, H]. */
export interface Trace {
  /** Counted from 0. */
  readonly layer: number;
  readonly H: number;
  /** h_t, from the fused kernel. */
  readonly hs: Float32Array;
  /** tanh(c_t) of an LSTM; h_t of the others: what the layer remembers. */
  readonly memory: Float32Array;
  /** By the letter in the equations: i, f, o, g of an LSTM; r, z, n of a GRU. */
  readonly gates: ReadonlyMap<string, Float32Array>;
}

/**
 * Reads `ids` and tells what every layer did. The fused kernels return states only; but given all h_{t−1}, the gates of
 * all steps are the layer's equations written down once.
 */
export function trace(model: CharLM, ids: Int32Array): Trace[] {
  const net = (model.lstm ?? model.gru ?? model.rnn)!;
  return scope(() =>
    noGrad(() => {
      let xs = model.embedding.forward(tensor(ids)); // [T, D]
      return Array.from({ length: net.numLayers }, (_, layer) => {
        const w = (kind: "weight" | "bias", from: "ih" | "hh"): Tensor =>
          net[`${kind}_${from}_l${layer}`]!;
        const hs = outputs(model, layer, xs); // [T, H]
        const before = tensor(shifted(hs), hs.shape); // h_{t−1}
        const fromInput = linear(xs, w("weight", "ih"), w("bias", "ih")); // [T, G·H]
        const fromState = linear(before, w("weight", "hh"), w("bias", "hh"));
        xs = hs;
        const H = hs.shape[1]!;
        const { memory, gates } = insides(model, H, hs, fromInput, fromState);
        const data = (t: Tensor): Float32Array => t.data() as Float32Array; // the model is float32
        const named = [...gates].map(([letter, gate]) => [letter, data(gate)] as const);
        return { layer, H, hs: data(hs), memory: data(memory), gates: new Map(named) };
      });
    }),
  );
}

/** h_1 ... h_T of one layer of the model, by the fused kernel. */
function outputs(model: CharLM, layer: number, xs: Tensor): Tensor {
  const net = (model.lstm ?? model.gru ?? model.rnn)!;
  const Net = model.lstm ? nn.LSTM : model.gru ? nn.GRU : nn.RNN;
  const single: nn.Module & { forward(xs: Tensor): readonly [Tensor, unknown] } = new Net(
    xs.shape[1]!,
    net.hiddenSize,
  );
  const suffix = `_l${layer}`;
  const own = [...net.stateDict()].filter(([name]) => name.endsWith(suffix));
  single.loadStateDict(new Map(own.map(([name, t]) => [name.replace(suffix, "_l0"), t])));
  const [hs] = single.forward(xs);
  single.free();
  return hs;
}

/** h_0 ... h_{T−1}: zero, then all but the last. */
function shifted(hs: Tensor): Float32Array {
  const before = new Float32Array(hs.size);
  before.set(hs.data().subarray(0, hs.size - hs.shape[1]!), hs.shape[1]!);
  return before;
}

/** The gates and the memory of all steps. @param fromInput, fromState [T, G · H] */
function insides(model: CharLM, H: number, hs: Tensor, fromInput: Tensor, fromState: Tensor) {
  if (model.rnn) return { memory: hs, gates: new Map<string, Tensor>() };
  const block = (values: Tensor, k: number): Tensor => slice(values, 1, k * H, (k + 1) * H);
  if (model.gru) {
    const both = add(fromInput, fromState);
    const [r, z] = [sigmoid(block(both, 0)), sigmoid(block(both, 1))];
    const n = tanh(add(block(fromInput, 2), mul(r, block(fromState, 2))));
    return { memory: hs, gates: new Map([["r", r], ["z", z], ["n", n]]) }; // prettier-ignore
  }
  const both = add(fromInput, fromState);
  const [i, f, o] = [sigmoid(block(both, 0)), sigmoid(block(both, 1)), sigmoid(block(both, 3))];
  const g = tanh(block(both, 2));
  const memory = tanh(tensor(cells(f.data(), mul(i, g).data(), H), hs.shape));
  return { memory, gates: new Map([["i", i], ["f", f], ["o", o], ["g", g]]) }; // prettier-ignore
}

/** c_t = f_t ⊙ c_{t−1} + what is let in, all steps after one another. */
function cells(f: TypedArray, added: TypedArray, H: number): Float64Array {
  const c = new Float64Array(f.length);
  for (let j = 0; j < c.length; j++) c[j] = f[j]! * (c[j - H] ?? 0) + added[j]!;
  return c;
}
