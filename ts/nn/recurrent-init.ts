/** @file Starts for recurrent nets and cells that learn long dependencies better than U(−1/√H, 1/√H) does. */

import { touch } from "../core/autograd.ts";
import { scope } from "../core/lifetime.ts";
import type { FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { expectNumber } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, log, mul } from "../ops/arithmetic.ts";
import { rand } from "../ops/random.ts";
import { slice } from "../ops/slice.ts";
import type { Module } from "./module.ts";

/** A recurrent net or a recurrent cell. */
export type Gated = Module & { readonly gates: number; readonly hiddenSize: number };

/**
 * Fills each gate's block of every W_hh, [H, H] or [H, P], by an initialiser.
 *
 * @example
 * nn.init.recurrent(new nn.LSTM(3, 5), nn.init.orthogonal); // Saxe, McClelland & Ganguli 2013
 * const irnn = nn.init.recurrent(new nn.RNN(3, 2, { nonlinearity: "relu", bias: false }), nn.init.eye);
 * irnn.stateDict().get("weight_hh_l0")!.toArray(); // [[1, 0], [0, 1]]
 */
export function recurrent<Net extends Gated>(net: Net, fill: (block: Tensor) => unknown): Net {
  for (const w of named(net, "weight_hh")) {
    for (let k = 0; k < net.gates; k++) fill(block(w, k, net.hiddenSize));
  }
  return net;
}

/**
 * Sets the bias of an LSTM's forget gate, b_ih + b_hh, so that it starts open and gradients last (Gers, Schmidhuber &
 * Cummins 2000; Jozefowicz, Zaremba & Sutskever 2015).
 *
 * @param value default 1
 * @throws Error for what is no LSTM, or has no biases
 *
 * @example
 * const lstm = nn.init.forgetBias(new nn.LSTM(3, 1), 1);
 * const [ih, hh] = ["bias_ih_l0", "bias_hh_l0"].map((name) => lstm.stateDict().get(name)!);
 * add(ih!, hh!).select(0, 1).item(); // 1
 */
export function forgetBias<Net extends Gated>(net: Net, value = 1): Net {
  expectNumber("forgetBias", "value", value);
  if (net.gates !== 4) throw new Error(`forgetBias: ${net.constructor.name} has no forget gate`);
  for (const b of gateBiases("forgetBias", net, 1)) write(b, new Float64Array(b.size).fill(value));
  return net;
}

/**
 * Biases for memories of all lengths up to `longest`: an LSTM's b_f = log U[1, longest − 1] and b_i = −b_f, a GRU's
 * b_z = log U[1, longest − 1], each as b_ih + b_hh (Tallec & Ollivier 2018).
 *
 * @param longest in steps, from 2 on
 * @throws Error for what has no such gates, or no biases
 */
export function chrono<Net extends Gated>(
  net: Net,
  longest: number,
  { generator }: { generator?: Generator } = {},
): Net {
  expectNumber("chrono", "longest", longest, 2);
  if (net.gates === 1) throw new Error(`chrono: ${net.constructor.name} has no gates`);
  const [opening, keeping] = [0, 1];
  const inputs = net.gates === 4 ? gateBiases("chrono", net, opening) : [];
  for (const [l, b] of gateBiases("chrono", net, keeping).entries()) {
    scope(() => {
      const u = rand(b.shape, { dtype: b.dtype as FloatDType, generator });
      const logs = log(add(mul(u, longest - 2), 1)).data();
      write(b, logs);
      const negative = logs.map((x) => -x);
      if (inputs[l]) write(inputs[l], negative);
    });
  }
  return net;
}

/** A gate's block of every b_ih, [H] each; its block of b_hh is set to 0. */
function gateBiases(op: string, net: Gated, gate: number): Tensor[] {
  const of = (name: string): Tensor[] =>
    named(net, name).map((b) => block(b, gate, net.hiddenSize));
  const biases = of("bias_ih");
  if (biases.length === 0) throw new Error(`${op}: ${net.constructor.name} has no biases`);
  for (const b of of("bias_hh")) write(b, new Float64Array(b.size));
  return biases;
}

/** weight_hh, weight_hh_l0, weight_hh_l0_reverse, ... */
function named(net: Gated, start: string): Tensor[] {
  return net
    .namedParameters()
    .filter(([name]) => name.startsWith(start))
    .map(([, t]) => t);
}

/** Rows k H to (k + 1) H: shares memory, outside the graph. */
const block = (t: Tensor, k: number, H: number): Tensor => slice(t.detach(), 0, k * H, (k + 1) * H);

function write(t: Tensor, values: ArrayLike<number>): void {
  t.view().set(values);
  touch(t);
}
