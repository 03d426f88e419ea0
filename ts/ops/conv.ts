/**
 * @file Convolution along one axis. It is linear in x and in W, so that with dy it makes one trilinear form, and its
 * three derivatives below are one another's derivatives.
 */

import { record } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { dims, expectInteger, expectShape, fail, type Shape, show } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { add } from "./arithmetic.ts";
import { expectFloat, expectSameDType } from "./operand.ts";
import { reshape } from "./shape.ts";

/** Zeros on both sides, or "valid" (none), or "same": as many as keep the length, an odd one on the right. */
export type ConvPadding = number | "valid" | "same";

/** How the windows of `conv1d` lie. */
export interface Conv1dWindows {
  /** Steps from one window to the next. Default 1. */
  stride?: number;
  /** Default 0. */
  padding?: ConvPadding;
  /** Steps from one tap of a window to the next. Default 1. */
  dilation?: number;
  /** Parts that the channels are cut into; each part of y sees its part of x. Default 1. */
  groups?: number;
}

/**
 * y_o(t) = b_o + Σ_{c, k} W_{o c k} x_c(t · stride + k · dilation − padding): a cross-correlation, as
 * torch.nn.functional.conv1d.
 *
 * @param x [B, C, L], or [C, L]
 * @param W [O, C / groups, K]
 * @param b [O]; default none
 * @returns [B, O, T], or [O, T], with T = ⌊(L + 2 padding − dilation (K − 1) − 1) / stride⌋ + 1
 * @throws RangeError when the sizes do not fit, when a window is longer than the padded x, and for "same" with a stride
 *
 * @example
 * const x = tensor([[[1, 2, 3, 4]]]); // [B, C, T]
 * conv1d(x, tensor([[[1, -1]]])).toArray(); // [[[-1, -1, -1]]]
 */
export function conv1d(x: Tensor, W: Tensor, b?: Tensor, options: Conv1dWindows = {}): Tensor {
  expectFloat("conv1d", "x", x);
  expectFloat("conv1d", "W", W);
  if (b !== undefined) expectFloat("conv1d", "b", b);
  expectSameDType("conv1d", x, W, ...(b ? [b] : []));
  const sizes = sizesOf(x, W, options);
  const O = sizes.groups * sizes.outputs;
  if (b) expectShape("conv1d", { b }, [O]);
  const batched = x.ndim === 3 ? x : reshape(x, [1, ...x.shape]);
  const y = convolution(batched, W, sizes);
  const biased = b ? add(y, reshape(b, [O, 1])) : y;
  return x.ndim === 3 ? biased : reshape(biased, [O, sizes.steps]);
}

/** Inputs and outputs are the channels of one group. */
interface Sizes {
  batch: number;
  groups: number;
  inputs: number;
  outputs: number;
  length: number;
  steps: number;
  width: number;
  stride: number;
  dilation: number;
  /** On the left; on the right, whatever the steps need. */
  padding: number;
}

function sizesOf(x: Tensor, W: Tensor, options: Conv1dWindows): Sizes {
  const { stride, padding, dilation, groups } = expectWindows("conv1d", options);
  if (x.ndim !== 2 && x.ndim !== 3) {
    fail("conv1d", "x", "to be [B, C, L] or [C, L]", show(x.shape));
  }
  const [O, inputs, width] = dims("conv1d", { W }, 3);
  const [C, length] = x.shape.slice(-2) as [number, number]; // of two axes at least
  if (O % groups !== 0) fail("conv1d", "W", `to have a multiple of ${groups} rows`, show(W.shape));
  if (width === 0) fail("conv1d", "W", "to have one tap at least", show(W.shape));
  if (C !== groups * inputs) {
    const wanted = `to have ${groups * inputs} channels (groups ${groups}, W ${show(W.shape)})`;
    fail("conv1d", "x", wanted, show(x.shape));
  }
  const span = dilation * (width - 1) + 1;
  const [before, after] = sidesOf(padding, span);
  const room = length + before + after;
  if (room < span) {
    const padded = before + after > 0 ? ` and ${before + after} of padding` : "";
    fail("conv1d", "x", `to be ${span} long at least, as a window is`, `${length}${padded}`);
  }
  return {
    batch: x.ndim === 3 ? x.shape[0]! : 1,
    groups,
    inputs,
    outputs: O / groups,
    length,
    steps: Math.floor((room - span) / stride) + 1,
    width,
    stride,
    dilation,
    padding: before,
  };
}

/** @internal The options with their defaults. @throws RangeError for impossible ones */
export function expectWindows(op: string, options: Conv1dWindows): Required<Conv1dWindows> {
  const { stride = 1, padding = 0, dilation = 1, groups = 1 } = options;
  expectInteger(op, "stride", stride, 1);
  expectInteger(op, "dilation", dilation, 1);
  expectInteger(op, "groups", groups, 1);
  if (padding === "same") {
    if (stride !== 1) fail(op, "stride", 'to be 1 with padding "same"', String(stride));
  } else if (padding !== "valid") {
    if (typeof padding !== "number") {
      fail(op, "padding", 'to be a number, "same" or "valid"', JSON.stringify(padding));
    }
    expectInteger(op, "padding", padding);
  }
  return { stride, padding, dilation, groups };
}

/** @internal How much of it there is on the left and on the right, for windows that span so many steps. */
export function sidesOf(padding: ConvPadding, span: number): [before: number, after: number] {
  if (padding === "valid") return [0, 0];
  if (padding !== "same") return [padding, padding];
  const before = Math.floor((span - 1) / 2);
  return [before, span - 1 - before];
}

/** y = W ∗ x */
function convolution(x: Tensor, W: Tensor, s: Sizes): Tensor {
  const y = run("conv1d", x, W, [s.batch, s.groups * s.outputs, s.steps], s);
  return record("conv1d", y, [x, W], [(dy) => inputs(dy, W, s), (dy) => weights(dy, x, s)]);
}

/** dx of ⟨dy, W ∗ x⟩ */
function inputs(dy: Tensor, W: Tensor, s: Sizes): Tensor {
  const dx = run("conv1d_input", dy, W, [s.batch, s.groups * s.inputs, s.length], s);
  return record("conv1d", dx, [dy, W], [(d) => convolution(d, W, s), (d) => weights(dy, d, s)]);
}

/** dW of ⟨dy, W ∗ x⟩ */
function weights(dy: Tensor, x: Tensor, s: Sizes): Tensor {
  const dW = run("conv1d_weight", dy, x, [s.groups * s.outputs, s.inputs, s.width], s);
  return record("conv1d", dW, [dy, x], [(d) => convolution(x, d, s), (d) => inputs(dy, d, s)]);
}

type Row = "conv1d" | "conv1d_input" | "conv1d_weight";

function run(row: Row, a: Tensor, b: Tensor, shape: Shape, s: Sizes): Tensor {
  const y = empty(shape, a.dtype);
  kernels.zero(y.ptr, y.storage.bytes);
  const scratch = empty([kernels.conv_scratch(s.inputs * s.width, s.outputs, s.steps)], a.dtype);
  kernels.of[a.dtype as FloatDType][row](
    a.ptr,
    b.ptr,
    y.ptr,
    scratch.ptr,
    s.batch,
    s.groups,
    s.inputs,
    s.outputs,
    s.length,
    s.steps,
    s.width,
    s.stride,
    s.dilation,
    s.padding,
  );
  scratch.free();
  return y;
}
