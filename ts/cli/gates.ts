/** @file The insides of a recurrent net, character by character. */

import { add, type CharLM, linear, nn, noGrad, scope, tensor, type Tensor } from "unrolled";

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
        const states = hs.data() as Float32Array; // the model is float32
        return { layer, H, hs: states, ...insides(model, H, states, fromInput, fromState) };
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

const sigma = (x: number): number => 1 / (1 + Math.exp(-x));

function insides(model: CharLM, H: number, hs: Float32Array, fromInput: Tensor, fromState: Tensor) {
  const T = hs.length / H;
  if (model.rnn) return { memory: hs, gates: new Map<string, Float32Array>() };
  const [x, s] = [fromInput.data(), fromState.data()];
  const G = model.lstm ? 4 : 3;
  const block = (values: ArrayLike<number>, k: number) => (j: number) =>
    values[Math.floor(j / H) * G * H + k * H + (j % H)]!;
  const fill = (f: (j: number) => number): Float32Array =>
    Float32Array.from({ length: T * H }, (_, j) => f(j));

  if (model.gru) {
    const [r, z] = [0, 1].map((k) => fill((j) => sigma(block(x, k)(j) + block(s, k)(j))));
    const n = fill((j) => Math.tanh(block(x, 2)(j) + r![j]! * block(s, 2)(j)));
    return { memory: hs, gates: new Map([["r", r!], ["z", z!], ["n", n]]) }; // prettier-ignore
  }
  const a = add(fromInput, fromState).data();
  const [i, f, o] = [0, 1, 3].map((k) => fill((j) => sigma(block(a, k)(j))));
  const g = fill((j) => Math.tanh(block(a, 2)(j)));
  const c = new Float64Array(T * H);
  for (let j = 0; j < T * H; j++) c[j] = f![j]! * (c[j - H] ?? 0) + i![j]! * g[j]!;
  const memory = fill((j) => Math.tanh(c[j]!));
  return { memory, gates: new Map([["i", i!], ["f", f!], ["o", o!], ["g", g]]) }; // prettier-ignore
}
