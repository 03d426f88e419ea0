/**
 * @file "Memory is attention through time": what a net attends to, though it has no attention, is what its outputs
 * depend on (Graves 2020).
 */

import { grad, scope, sqrt, square, sum, tensor, type Tensor } from "unrolled";

/**
 * How much each output of a sequence depends on each input: ‖∂y_t / ∂x_k‖, over all components of y_t and x_k.
 *
 * @param f from x to y [T', O]; each of the T' · O outputs takes a backward pass
 * @param x [T, D]
 * @returns [t][k], of T' rows with T numbers each
 * @throws RangeError when x or y has not two axes
 *
 * @example
 * sequentialJacobian((x) => cumsum(x, 0), ones([3, 1])); // [[1, 0, 0], [1, 1, 0], [1, 1, 1]]
 */
export function sequentialJacobian(f: (x: Tensor) => Tensor, x: Tensor): number[][] {
  expectRows("x", x);
  return scope(() => {
    const own = x.detach();
    own.requiresGrad = true;
    const y = f(own);
    expectRows("f(x)", y);
    const [steps, outputs] = y.shape as [number, number];
    return Array.from({ length: steps }, (_, t) =>
      scope(() => {
        let squares: Tensor | undefined; // [T]
        for (let o = 0; o < outputs; o++) {
          const one = new Float64Array(steps * outputs);
          one[t * outputs + o] = 1;
          const seed = tensor(one, y.shape, { dtype: y.dtype });
          const [dx] = grad(y, [own], { gradOutputs: seed, retainGraph: true });
          const own2 = sum(square(dx!), 1);
          squares = squares ? squares.add(own2) : own2;
        }
        return Array.from(sqrt(squares!).data());
      }),
    );
  });
}

function expectRows(name: string, x: Tensor): void {
  if (x.ndim !== 2) {
    throw new RangeError(
      `sequentialJacobian: expected ${name} to have two axes, got [${x.shape.join(", ")}]`,
    );
  }
}
