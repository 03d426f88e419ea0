import { conv1d, type FloatDType, type Generator, nn, sigmoid, square, stack, sum, type Tensor } from "unrolled"; // prettier-ignore

/** A layer: how many units, and how many frames each of them sees. */
export interface TDNNLayer {
  units: number;
  /** Frames in its window: the delays 0 … window − 1. */
  window: number;
}

/** Options of `TDNN`. */
export interface TDNNOptions {
  /** Default: the two of Waibel et al., 8 units over 3 frames and 3 units over 5. */
  layers?: readonly TDNNLayer[];
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws the initial values. Default: the global one. */
  generator?: Generator;
}

/**
 * A time-delay neural network (Waibel, Hanazawa, Hinton, Shikano & Lang 1989): each unit sees a few frames, with the
 * same weights at all times, and the last layer is summed up over time,
 *
 *     y_j(t) = σ(b_j + Σ_i Σ_d w_{j i d} x_i(t − d))
 *     evidence_j = Σ_t y_j(t)²
 *
 * "Some RNN are spatio-temporal convolutions": it is one, and computed as one; tap k of the kernel is the delay
 * window − 1 − k.
 */
export class TDNN extends nn.Module {
  readonly layers: nn.ModuleList<nn.Conv1d>;

  /** @param inputs coefficients of a frame */
  constructor(
    readonly inputs: number,
    { layers, dtype = "float32", generator }: TDNNOptions = {},
  ) {
    super();
    const given = layers ?? [
      { units: 8, window: 3 },
      { units: 3, window: 5 },
    ];
    this.layers = new nn.ModuleList(
      given.map(({ units, window }, i) => {
        const below = i === 0 ? inputs : given[i - 1]!.units;
        return new nn.Conv1d(below, units, window, { dtype, ...(generator && { generator }) });
      }),
    );
  }

  /** @param x [B, inputs, T] @returns what each layer says at each time, [B, units, T − window + 1] and on */
  activations(x: Tensor): Tensor[] {
    const found: Tensor[] = [];
    for (const layer of this.layers) found.push(sigmoid(layer.forward(found.at(-1) ?? x)));
    return found;
  }

  /** @param x [B, inputs, T] @returns the evidence for each class, [B, units of the last layer] */
  forward(x: Tensor): Tensor {
    return sum(square(this.activations(x).at(-1)!), 2);
  }
}

/**
 * The definition, delay by delay: b_j + Σ_i Σ_d w_{j i d} x_i(t − d), for all t that have all their delays. What
 * `conv1d` is compared with.
 *
 * @param x [inputs, T] @param w [units, inputs, window], by delay @param b [units]
 * @returns [units, T − window + 1]
 */
export function delayed(
  x: ArrayLike<number>,
  w: ArrayLike<number>,
  b: ArrayLike<number>,
  { inputs, units, window }: { inputs: number; units: number; window: number },
): Float64Array {
  const T = x.length / inputs;
  const steps = T - window + 1;
  const y = new Float64Array(units * steps);
  for (let j = 0; j < units; j++) {
    for (let t = 0; t < steps; t++) {
      const now = t + window - 1;
      let evidence = 0;
      for (let i = 0; i < inputs; i++) {
        for (let d = window - 1; d >= 0; d--) {
          evidence += w[(j * inputs + i) * window + d]! * x[i * T + now - d]!;
        }
      }
      y[j * steps + t] = evidence + b[j]!;
    }
  }
  return y;
}

/**
 * The linear recurrent net h_t = A h_{t−1} + B x_t, y_t = C h_t, from h_0 = 0, as the convolution that it is:
 * y_t = Σ_k C Aᵏ B x_{t−k}.
 *
 * @param x [D, T] @param A [H, H] @param B [H, D] @param C [O, H]
 * @returns y [O, T]
 */
export function linearRnnAsConvolution(x: Tensor, A: Tensor, B: Tensor, C: Tensor): Tensor {
  const T = x.shape[1]!;
  const taps: Tensor[] = [];
  let power = B; // Aᵏ B
  for (let k = 0; k < T; k++) {
    taps.unshift(C.matmul(power)); // the oldest input meets the first tap
    power = A.matmul(power);
  }
  return conv1d(x, stack(taps, 2), undefined, { padding: T - 1 }).slice(1, 0, T); // causal
}
