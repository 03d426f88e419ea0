import { type Generator, pad, rand, scope, slice, type Tensor } from "unrolled";

/**
 * Numbers to be repeated some steps later: y_t = x_{t − lag}, and 0 before there is any.
 *
 * @returns x and y [length, batch, 1], x from U[−1, 1)
 */
export function delayedCopy({
  length,
  batch,
  lag,
  generator,
}: {
  length: number;
  batch: number;
  lag: number;
  generator: Generator;
}): { x: Tensor; y: Tensor } {
  return scope(() => {
    const x = rand([length, batch, 1], { generator }).mul(2).sub(1);
    return { x, y: pad(slice(x, 0, 0, length - lag), [0, 0, 0, 0, lag, 0]) };
  });
}
