/** @file A recurrent net as the lecture writes it: h_t = f_W(x_t, h_{t−1}), y_t = g_V(h_t), and losses of the y_t. */

import type { Tensor } from "unrolled";

/** What is carried from step to step: h, or several tensors, such as an LSTM's [h, c]. */
export type State = Tensor | readonly Tensor[];

/** NamedTensors by name. */
export type NamedTensors = Readonly<Record<string, Tensor>>;

/** The functions of a recurrent net, its weights and where it begins. */
export interface Recurrence<S extends State = Tensor> {
  /** h_t = f_W(x_t, h_{t−1}) */
  f: (x: Tensor, h: S, W: NamedTensors) => S;
  W: NamedTensors;
  h0: S;
  /** y_t = g_V(h_t). Default: y_t = h_t, where that is one tensor. */
  g?: (h: S, V: NamedTensors) => Tensor;
  V?: NamedTensors;
  /** L_t of y_t, a scalar; t counts from 1. Default: none. */
  loss?: (y: Tensor, t: number) => Tensor;
  /** Whether only the last output has a loss, as on the slide (the default), or each. */
  losses?: "last" | "each";
}

export const tensorsOf = (h: State): readonly Tensor[] =>
  Array.isArray(h) ? (h as readonly Tensor[]) : [h as Tensor];

/** The state with each of its tensors replaced. */
export const mapState = <S extends State>(h: S, replace: (t: Tensor) => Tensor): S =>
  (Array.isArray(h) ? h.map(replace) : replace(h as Tensor)) as S;

/** The steps 1 … T whose output has a loss. @throws RangeError for no steps */
export function stepsWithLoss<S extends State>({ losses }: Recurrence<S>, T: number): number[] {
  if (T === 0) throw new RangeError("expected a sequence of at least one step, got none");
  return losses === "each" ? Array.from({ length: T }, (_, t) => t + 1) : [T];
}
