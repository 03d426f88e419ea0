import { touch } from "./autograd.ts";
import type { Tensor } from "./tensor.ts";

/**
 * Copies the values of `from` into `to`, of the same size and dtype. Both are there before either is looked at: what makes
 * `from` may move memory, and with it every view.
 */
export function assign(to: Tensor, from: Tensor): void {
  to.view().set(from.view());
  touch(to);
}
