/**
 * @file The chain rule of a recurrent net, "h₂ = f(x₂, f(x₁, h₀, w), w)", forward and in reverse:
 *
 *     dh_t/dw = ∂₂f(x_t, h_{t−1}, w) + ∂₁f(x_t, h_{t−1}, w) · dh_{t−1}/dw
 */

import { eye, reshape, scope, stack, type Tensor, unbind, zeros } from "unrolled";
import { jacobian, jvp } from "./calculus.ts";

/** h_t = f(x_t, h_{t−1}, w), in plain ops. h is [H], w one tensor of any shape. */
export type Step = (x: Tensor, h: Tensor, w: Tensor) => Tensor;

/**
 * dh_T/dw by forward mode: real-time recurrent learning (Williams & Zipser 1989). It carries the Jacobian along with
 * the state, column by column: for weight p the sum above is the Jacobian-vector product of f in the direction
 * (dh_{t−1}/dw_p, e_p). It never looks back, and pays with |w| products a step.
 *
 * @param xs x_1 … x_T
 * @returns [H, ...w.shape]
 */
export function rtrl(f: Step, xs: readonly Tensor[], h0: Tensor, w: Tensor): Tensor {
  const dtype = { dtype: w.dtype };
  return scope(() => {
    const weights = w.detach();
    const directions = unbind(eye(w.size, dtype)).map((e) => reshape(e, w.shape)); // e_p
    let h = h0.detach();
    let columns = directions.map(() => zeros(h0.shape, dtype)); // dh_0/dw_p
    for (const x of xs) {
      const step = (h: Tensor, w: Tensor): Tensor => f(x, h, w);
      const moved = scope(() =>
        columns.map((dh, p) => jvp(step, [h, weights], [dh, directions[p]!])),
      );
      h = moved[0]!.y;
      columns = moved.map(({ dy }) => dy);
    }
    return reshape(stack(columns, 1), [...h0.shape, ...w.shape]);
  });
}

/**
 * dh_T/dw by reverse mode: backpropagation through time. It keeps every step, and pays one pass for each element of h_T.
 *
 * @param xs x_1 … x_T
 * @returns [H, ...w.shape]
 */
export function bptt(f: Step, xs: readonly Tensor[], h0: Tensor, w: Tensor): Tensor {
  const last = (w: Tensor): Tensor => xs.reduce((h, x) => f(x, h, w), h0.detach());
  return jacobian(last, [w.detach()])[0]!;
}
