/**
 * @file The recurrent layers over a whole sequence, in one direction: one kernel call forward, one backward. Shapes are
 * checked by the modules; the composites, one step each, are in ops/cells.ts.
 */

import { recordKernel } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { expectShape, type Shape } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { type FloatKernels, kernels, type Ptr } from "../runtime/kernels.ts";
import type { Weights } from "./cells.ts";
import { expectFloat, expectSameDType } from "./operand.ts";

export interface SequenceOptions {
  /** Whether the net reads from the last step to the first; outputs stay at their own steps. Default false. */
  reverse?: boolean;
}

/** What every sequence works with: checked sizes, addresses, and a way to get memory. */
function prepare(
  op: string,
  gates: number,
  x: Tensor,
  weights: Weights,
  states: (Tensor | undefined)[],
) {
  const { w_ih, w_hh, b_ih, b_hh } = weights;
  const w_hr = op === "lstm" ? weights.w_hr : undefined;
  expectFloat(op, "x", x);
  const [T, B, D] = x.shape as [number, number, number];
  const P = w_hh.shape[1]!;
  const H = w_hr?.shape[1] ?? P;
  expectShape(op, { x }, [T, B, D]);
  expectShape(op, { w_ih }, [gates * H, D]);
  expectShape(op, { w_hh }, [gates * H, P]);
  for (const b of [b_ih, b_hh]) if (b) expectShape(op, { b }, [gates * H]);
  if (w_hr) expectShape(op, { w_hr }, [P, H]);
  for (const [i, state] of states.entries()) {
    if (state) expectShape(op, { state }, [B, i === 0 ? P : H]);
  }
  const inputs = [x, ...states, w_ih, w_hh, b_ih, b_hh, ...(op === "lstm" ? [w_hr] : [])];
  const given = inputs.filter((t) => t !== undefined);
  for (const t of given) expectFloat(op, "each input", t);
  expectSameDType(op, x, ...given);
  return {
    T,
    B,
    H,
    P,
    /** Those that are there, for the graph; `spread` puts gradients back in the places of those that are not. */
    given,
    spread: (pointers: readonly Ptr[]): Ptr[] => {
      let next = 0;
      return inputs.map((t) => (t ? pointers[next++]! : 0));
    },
    run: kernels.of[x.dtype as FloatDType] as FloatKernels,
    room: (...shape: Shape): Tensor => empty(shape, x.dtype),
    scratch: (): Tensor => empty([kernels.recurrent_scratch(T, B, D, H, P, gates)], x.dtype),
    sizes: [T, B, D, H] as const,
  };
}

const at = (t: Tensor | undefined): Ptr => t?.ptr ?? 0;

/**
 * h_t = φ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh), with φ = tanh or relu (Elman 1990).
 *
 * @param x  [T, B, D]
 * @param h0 [B, H]; default zeros
 * @returns  hs [T, B, H] and hn [B, H], the state after the last step that the net read
 * @throws RangeError or TypeError when a shape or dtype does not fit
 */
export function rnn(
  x: Tensor,
  h0: Tensor | undefined,
  weights: Weights,
  {
    reverse = false,
    nonlinearity = "tanh",
  }: SequenceOptions & { nonlinearity?: "tanh" | "relu" } = {},
): { hs: Tensor; hn: Tensor } {
  const { T, B, H, given, spread, run, room, scratch, sizes } = prepare("rnn", 1, x, weights, [h0]);
  const { w_ih, w_hh, b_ih, b_hh } = weights;
  const options = [+reverse, +(nonlinearity === "relu")] as const;
  const [hs, hn, work] = [room(T, B, H), room(B, H), scratch()];
  run.rnn_forward(
    x.ptr,
    at(h0),
    w_ih.ptr,
    w_hh.ptr,
    at(b_ih),
    at(b_hh),
    hs.ptr,
    hn.ptr,
    work.ptr,
    ...sizes,
    ...options,
  );
  work.free();

  const backward = ([dhs, dhn]: readonly Ptr[], dInputs: readonly Ptr[]): void => {
    const [dx, dh0, dw_ih, dw_hh, db_ih, db_hh] = spread(dInputs) as [Ptr, Ptr, Ptr, Ptr, Ptr, Ptr];
    const [dGates, carry, work] = [room(T, B, H), room(B, H), scratch()];
    run.rnn_backward(
      x.ptr,
      at(h0),
      w_ih.ptr,
      w_hh.ptr,
      hs.ptr,
      dhs!,
      dhn!,
      dx,
      dh0,
      dw_ih,
      dw_hh,
      db_ih,
      db_hh,
      dGates.ptr,
      carry.ptr,
      work.ptr,
      ...sizes,
      ...options,
    );
  };
  recordKernel("rnn", [hs, hn], given, backward, "rnnCell");
  return { hs, hn };
}

/**
 * i, f, g, o = W_ih x_t + b_ih + W_hh h_{t−1} + b_hh; c_t = σ(f) ⊙ c_{t−1} + σ(i) ⊙ tanh(g); h_t = σ(o) ⊙ tanh(c_t)
 * (Hochreiter & Schmidhuber 1997; Gers et al. 2000), and with w_hr h_t = W_hr (σ(o) ⊙ tanh(c_t)) (Sak et al. 2014).
 *
 * @param x  [T, B, D]
 * @param h0 [B, P], where P = H without w_hr; default zeros
 * @param c0 [B, H]; default zeros
 * @returns  hs [T, B, P]; hn [B, P] and cn [B, H], the states after the last step that the net read
 * @throws RangeError or TypeError when a shape or dtype does not fit
 */
export function lstm(
  x: Tensor,
  h0: Tensor | undefined,
  c0: Tensor | undefined,
  weights: Weights,
  { reverse = false }: SequenceOptions = {},
): { hs: Tensor; hn: Tensor; cn: Tensor } {
  const prepared = prepare("lstm", 4, x, weights, [h0, c0]);
  const { T, B, H, P, given, spread, run, room, scratch, sizes } = prepared;
  const { w_ih, w_hh, b_ih, b_hh, w_hr } = weights;
  const [hs, cs, act] = [room(T, B, P), room(T, B, H), room(T, B, 4 * H)];
  const us = w_hr && room(T, B, H); // σ(o) ⊙ tanh(c_t)
  const [hn, cn, work] = [room(B, P), room(B, H), scratch()];
  run.lstm_forward(
    x.ptr,
    at(h0),
    at(c0),
    w_ih.ptr,
    w_hh.ptr,
    at(b_ih),
    at(b_hh),
    at(w_hr),
    hs.ptr,
    at(us),
    cs.ptr,
    act.ptr,
    hn.ptr,
    cn.ptr,
    work.ptr,
    ...sizes,
    P,
    +reverse,
  );
  work.free();

  const backward = ([dhs, dhn, dcn]: readonly Ptr[], dInputs: readonly Ptr[]): void => {
    const [dx, dh0, dc0, ...dWeights] = spread(dInputs) as [Ptr, Ptr, Ptr, Ptr, Ptr, Ptr, Ptr, Ptr];
    const [dGates, dh, dc, work] = [room(T, B, 4 * H), room(B, P), room(B, H), scratch()];
    const [dProjected, du] = w_hr ? [room(T, B, P), room(B, H)] : [];
    run.lstm_backward(
      x.ptr,
      at(h0),
      at(c0),
      w_ih.ptr,
      w_hh.ptr,
      at(w_hr),
      hs.ptr,
      at(us),
      cs.ptr,
      act.ptr,
      dhs!,
      dhn!,
      dcn!,
      dx,
      dh0,
      dc0,
      ...dWeights,
      dGates.ptr,
      dh.ptr,
      dc.ptr,
      at(dProjected),
      at(du),
      work.ptr,
      ...sizes,
      P,
      +reverse,
    );
  };
  recordKernel("lstm", [hs, hn, cn], given, backward, "lstmCell");
  if (!hs.node) [cs, act, us].forEach((t) => t?.free());
  return { hs, hn, cn };
}

/**
 * r, z = σ(W_ih x_t + b_ih + W_hh h_{t−1} + b_hh); n = tanh(W_in x_t + b_in + r ⊙ (W_hn h_{t−1} + b_hn));
 * h_t = (1 − z) ⊙ n + z ⊙ h_{t−1} (Cho et al. 2014).
 *
 * @param x  [T, B, D]
 * @param h0 [B, H]; default zeros
 * @returns  hs [T, B, H] and hn [B, H], the state after the last step that the net read
 * @throws RangeError or TypeError when a shape or dtype does not fit
 */
export function gru(
  x: Tensor,
  h0: Tensor | undefined,
  weights: Weights,
  { reverse = false }: SequenceOptions = {},
): { hs: Tensor; hn: Tensor } {
  const { T, B, H, given, spread, run, room, scratch, sizes } = prepare("gru", 3, x, weights, [h0]);
  const { w_ih, w_hh, b_ih, b_hh } = weights;
  const [hs, act, ms] = [room(T, B, H), room(T, B, 3 * H), room(T, B, H)];
  const [hn, recurrent, work] = [room(B, H), room(B, 3 * H), scratch()];
  run.gru_forward(
    x.ptr,
    at(h0),
    w_ih.ptr,
    w_hh.ptr,
    at(b_ih),
    at(b_hh),
    hs.ptr,
    act.ptr,
    ms.ptr,
    hn.ptr,
    recurrent.ptr,
    work.ptr,
    ...sizes,
    +reverse,
  );
  [recurrent, work].forEach((t) => t.free());

  const backward = ([dhs, dhn]: readonly Ptr[], dInputs: readonly Ptr[]): void => {
    const [dx, dh0, ...dWeights] = spread(dInputs) as [Ptr, Ptr, Ptr, Ptr, Ptr, Ptr];
    const [dxs, dus, carry, work] = [room(T, B, 3 * H), room(T, B, 3 * H), room(B, H), scratch()];
    run.gru_backward(
      x.ptr,
      at(h0),
      w_ih.ptr,
      w_hh.ptr,
      hs.ptr,
      act.ptr,
      ms.ptr,
      dhs!,
      dhn!,
      dx,
      dh0,
      ...dWeights,
      dxs.ptr,
      dus.ptr,
      carry.ptr,
      work.ptr,
      ...sizes,
      +reverse,
    );
  };
  recordKernel("gru", [hs, hn], given, backward, "gruCell");
  if (!hs.node) [act, ms].forEach((t) => t.free());
  return { hs, hn };
}
