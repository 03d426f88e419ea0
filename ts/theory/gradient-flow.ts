/** @file How much of a gradient survives the way back through time. */

import { grad, scope, sqrt, square, sum, type Tensor } from "unrolled";
import { mapState, type State, tensorsOf } from "./recurrence.ts";

/**
 * "Deep blocks often suffer from vanishing gradient": ‖∂L/∂h_t‖ for t = 1 … T, given ∂L/∂h_T. The derivative goes along
 * every path, for an LSTM's c_t through h_t too.
 *
 * By the chain rule it is at most (σ_max(W_hh) · max|φ′|)^{T−t} for a net h_t = φ(W_ih x_t + W_hh h_{t−1}): below 1 it
 * must vanish, above 1 it may explode (Bengio, Simard & Frasconi 1994; Pascanu, Mikolov & Bengio 2013).
 *
 * @param f h_t of x_t and h_{t−1}
 * @param h0 h, or several tensors of which h is the first
 * @param dh ∂L/∂h_T, of h's shape
 * @returns [t][i]: for step t + 1 the norm for the i-th tensor of the state
 */
export function gradientFlow<S extends State>(
  f: (x: Tensor, h: S) => S,
  xs: readonly Tensor[],
  h0: S,
  dh: Tensor,
): number[][] {
  return scope(() => {
    let h = mapState(h0, (t) => {
      const own = t.detach();
      own.requiresGrad = true;
      return own;
    });
    const states = xs.map((x) => tensorsOf((h = f(x, h))));
    const gradients = grad(tensorsOf(h)[0]!, states.flat(), { gradOutputs: dh, allowUnused: true });
    const norms = gradients.map((g) => (g ? sqrt(sum(square(g))).item() : 0));
    return states.map((state, t) => norms.slice(t * state.length, (t + 1) * state.length));
  });
}
