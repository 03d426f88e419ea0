/** @file softmax and its logarithm over an axis. */

import { record } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { expectAxis, fail, show } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";
import { exp, mul, neg, sub } from "./arithmetic.ts";
import { sum } from "./broadcast.ts";
import { expectFloat } from "./operand.ts";
import { transpose } from "./shape.ts";

/**
 * eˣ / Σ eˣ over an axis, without overflow. NaN where there is a NaN or ∞, or nothing but −∞.
 *
 * @example
 * softmax(tensor([0, 1, 2]), 0).toArray(); // [0.09, 0.2447, 0.6652]
 */
export function softmax(x: Tensor, axis: number): Tensor {
  return over("softmax", x, axis, (x) => {
    const y = rows("softmax", x);
    return record("softmax", y, [x], [(dy) => softmaxBackward(y, dy)]);
  });
}

/**
 * ln softmax(x) = x − ln Σ eˣ over an axis, without overflow.
 *
 * @example
 * logSoftmax(tensor([0, 1, 2]), 0).toArray(); // [-2.4076, -1.4076, -0.4076]
 */
export function logSoftmax(x: Tensor, axis: number): Tensor {
  return over("logSoftmax", x, axis, (x) => {
    const y = rows("log_softmax", x);
    return record("logSoftmax", y, [x], [(dy) => logSoftmaxBackward(y, dy)]);
  });
}

/** Runs `f`, which works along the last axis, along any. */
function over(op: string, x: Tensor, axis: number, f: (x: Tensor) => Tensor): Tensor {
  expectFloat(op, "x", x);
  const a = expectAxis(op, axis, x.ndim);
  if (x.ndim === 0) fail(op, "x", "to have an axis", show(x.shape));
  return a === x.ndim - 1 ? f(x) : transpose(f(transpose(x, a, -1)), a, -1);
}

function rows(row: "softmax" | "log_softmax", x: Tensor): Tensor {
  const at = x.ptr; // throws if it was freed
  const y = empty(x.shape, x.dtype);
  kernels.of[x.dtype as FloatDType][row](at, y.ptr, ...matrix(x));
  return y;
}

/** y (dy − Σ y dy) */
function softmaxBackward(y: Tensor, dy: Tensor): Tensor {
  return backward(
    "softmax_backward",
    y,
    dy,
    (d) => {
      const along = sum(mul(y, dy), -1, { keepdim: true });
      return sub(mul(d, sub(dy, along)), mul(dy, sum(mul(d, y), -1, { keepdim: true })));
    },
    (d) => softmaxBackward(y, d),
  );
}

/** dy − e^y Σ dy */
function logSoftmaxBackward(y: Tensor, dy: Tensor): Tensor {
  return backward(
    "log_softmax_backward",
    y,
    dy,
    (d) => mul(mul(d, exp(y)), neg(sum(dy, -1, { keepdim: true }))),
    (d) => sub(d, sum(mul(d, exp(y)), -1, { keepdim: true })),
  );
}

/** dx from y and dy in one pass, as an op with rules of its own for the two. */
function backward(
  row: "softmax_backward" | "log_softmax_backward",
  y: Tensor,
  dy: Tensor,
  toY: (d: Tensor) => Tensor,
  toDy: (d: Tensor) => Tensor,
): Tensor {
  const dx = empty(y.shape, y.dtype);
  kernels.of[y.dtype as FloatDType][row](y.ptr, dy.ptr, dx.ptr, ...matrix(y));
  return record(row, dx, [y, dy], [toY, toDy]);
}

const matrix = (x: Tensor): [rows: number, n: number] => {
  const n = x.shape.at(-1)!;
  return [n === 0 ? 0 : x.size / n, n];
};
