/** @file What does an op cost before it computes anything? */

import * as u from "unrolled";
import { expectClose } from "./inputs.ts";
import { type Subject, timed, type Work } from "./work.ts";

const OPS = 100;

const CHAINS = {
  add: (y: u.Tensor, one: u.Tensor) => u.add(y, one),
  mul: (y: u.Tensor, one: u.Tensor) => u.mul(y, one),
  relu: (y: u.Tensor) => u.relu(y),
};

export const works = (): Work[] =>
  Object.entries(CHAINS).flatMap(([name, op]) => [
    timed(`an op on 1 element: ${name}`, { of: "perElement", atMost: 0.4e-6 }, () =>
      chain(name, op, false),
    ),
    timed(
      `an op on 1 element, with its backward: ${name}`,
      { of: "perElement", atMost: 1.2e-6 },
      () => chain(name, op, true),
    ),
  ]);

/** OPS ops one after another in a scope; freeing what they made is part of their cost. */
function chain(
  name: string,
  op: (y: u.Tensor, one: u.Tensor) => u.Tensor,
  backward: boolean,
): Subject {
  const x = u.tensor([2], [1], { requiresGrad: backward });
  const one = u.ones([1]);
  const run = (): number =>
    u.scope(() => {
      let y = x;
      for (let k = 0; k < OPS; k++) y = op(y, one);
      if (backward) {
        y.backward();
        x.grad!.free();
        x.grad = undefined;
      }
      return y.data()[0]!;
    });
  return {
    run,
    elements: OPS,
    check: () => expectClose(name, [run()], [name === "add" ? 2 + OPS : 2], () => 0),
    free: () => [x, one].forEach((t) => t.free()),
  };
}
