import type { FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";
import { expectInteger, fail, show } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import { conv1d, type Conv1dWindows, expectWindows, sidesOf } from "../ops/conv.ts";
import { pad } from "../ops/join.ts";
import { type EdgeMode, isEdgeMode } from "../ops/pad-modes.ts";
import { uniform } from "./init.ts";
import { Module, parameter } from "./module.ts";

/** Options of `Conv1d`. */
export interface Conv1dOptions extends Conv1dWindows {
  /** Default true. */
  bias?: boolean;
  /** What the padding is made of. Default "zeros". */
  paddingMode?: "zeros" | EdgeMode;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws the initial values. Default: the global one. */
  generator?: Generator;
}

/**
 * Convolution along one axis: y_o(t) = b_o + Σ_{c, k} W_{o c k} x_c(t · stride + k · dilation − padding).
 *
 * `weight` is [outChannels, inChannels / groups, kernelSize], `bias` [outChannels]; both start from
 * U(−1/√n, 1/√n) with n = kernelSize · inChannels / groups.
 *
 * @throws RangeError for impossible sizes and options
 *
 * @example
 * new nn.Conv1d(3, 8, 5, { padding: "same" }).forward(zeros([2, 3, 10])).shape; // [2, 8, 10]
 */
export class Conv1d extends Module {
  readonly stride: number;
  readonly padding: Required<Conv1dWindows>["padding"];
  readonly dilation: number;
  readonly groups: number;
  readonly paddingMode: "zeros" | EdgeMode;
  readonly weight: Tensor;
  readonly bias: Tensor | undefined;

  constructor(
    readonly inChannels: number,
    readonly outChannels: number,
    readonly kernelSize: number,
    options: Conv1dOptions = {},
  ) {
    super();
    const { bias = true, paddingMode = "zeros", dtype = "float32", generator } = options;
    const { stride, padding, dilation, groups } = expectWindows("Conv1d", options);
    [this.stride, this.padding, this.dilation, this.groups] = [stride, padding, dilation, groups];
    expectInteger("Conv1d", "kernelSize", kernelSize, 1);
    for (const [name, channels] of Object.entries({ inChannels, outChannels })) {
      expectInteger("Conv1d", name, channels);
      if (channels % groups !== 0) {
        fail("Conv1d", name, `to be a multiple of groups (${groups})`, String(channels));
      }
    }
    if (paddingMode !== "zeros" && !isEdgeMode(paddingMode)) {
      fail("Conv1d", "paddingMode", "zeros, reflect, replicate or circular", String(paddingMode));
    }
    this.paddingMode = paddingMode;
    const n = (kernelSize * inChannels) / groups;
    const bound = n > 0 ? 1 / Math.sqrt(n) : 0;
    const draw = (shape: number[]): Tensor =>
      parameter(uniform(empty(shape, dtype), -bound, bound, generator));
    this.weight = draw([outChannels, inChannels / groups, kernelSize]);
    this.bias = bias ? draw([outChannels]) : undefined;
  }

  /**
   * @param x [B, inChannels, L], or [inChannels, L]
   * @returns [B, outChannels, T], or [outChannels, T]; T as in `conv1d`
   * @throws RangeError when a window is longer than the padded x
   */
  forward(x: Tensor): Tensor {
    expectTensor("Conv1d", "the input", x);
    const C = this.inChannels;
    if ((x.ndim !== 2 && x.ndim !== 3) || x.shape.at(-2) !== C) {
      fail("Conv1d", "the input", `to be [B, ${C}, L] or [${C}, L]`, show(x.shape));
    }
    const { stride, padding, dilation, groups, paddingMode } = this;
    if (paddingMode === "zeros") {
      return conv1d(x, this.weight, this.bias, { stride, padding, dilation, groups });
    }
    const sides = sidesOf(padding, dilation * (this.kernelSize - 1) + 1);
    const padded = pad(x, sides, { mode: paddingMode });
    return conv1d(padded, this.weight, this.bias, { stride, dilation, groups });
  }
}
