/** @file Gradients compared with finite differences: the test of every op, and of one's own functions. */

import { grad } from "./autograd.ts";
import { within } from "./scope.ts";
import { empty, expectTensor, Tensor } from "./tensor.ts";

/** Options of `gradcheck` and `gradgradcheck`. */
export interface GradcheckOptions {
  /** The step of the finite differences. Default 1e-6. */
  eps?: number;
  /** Largest absolute error. Default 1e-5. */
  atol?: number;
  /** Largest error relative to the finite difference. Default 1e-3. */
  rtol?: number;
}

type Differentiable = (...inputs: Tensor[]) => Tensor | readonly Tensor[];

/**
 * Compares the gradients of `f` with finite differences, (f(x + ε) − f(x − ε)) / 2ε, for every element of every
 * input that requires a gradient and of every output. Tolerances are PyTorch's.
 *
 * @param f the same result for the same inputs; smooth where it is checked
 * @param inputs those that require a gradient are float64, and no two share memory
 * @returns true
 * @throws Error that names input, output, elements and both numbers, where they disagree
 *
 * @example
 * const x = tensor(new Float64Array([1, 2]), { requiresGrad: true });
 * gradcheck((x) => sin(x), [x]); // true
 */
export function gradcheck(
  f: Differentiable,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  return check("gradcheck", f, inputs, options);
}

/**
 * Compares second derivatives with finite differences of the first, in the same way.
 *
 * @example
 * const x = tensor(new Float64Array([1, 2]), { requiresGrad: true });
 * gradgradcheck((x) => tanh(x), [x]); // true
 */
export function gradgradcheck(
  f: Differentiable,
  inputs: readonly Tensor[],
  options: GradcheckOptions = {},
): true {
  expectInputs("gradgradcheck", inputs);
  return within(() => {
    const dys = within(() => outputsOf("gradgradcheck", f, inputs).map(({ shape }) => shape)).map(
      direction,
    );
    const gradient = (...all: Tensor[]): Tensor[] => {
      const xs = all.slice(0, inputs.length);
      return grad(
        outputsOf("gradgradcheck", f, xs),
        xs.filter((x) => x.requiresGrad),
        { gradOutputs: all.slice(inputs.length), createGraph: true, allowUnused: true },
      ).filter((dx) => dx !== undefined);
    };
    return check("gradgradcheck", gradient, [...inputs, ...dys], options);
  });
}

/** Some vector of a vector-Jacobian product: no two elements alike, none 0. */
function direction(shape: readonly number[]): Tensor {
  const dy = empty(shape, "float64");
  const flat = dy.view();
  for (let i = 0; i < flat.length; i++) flat[i] = ((0.1 + i * 0.6180339887498949) % 1) - 0.55;
  dy.requiresGrad = true;
  return dy;
}

function check(
  op: string,
  f: Differentiable,
  inputs: readonly Tensor[],
  { eps = 1e-6, atol = 1e-5, rtol = 1e-3 }: GradcheckOptions,
): true {
  const checked = expectInputs(op, inputs);
  return within(() => {
    const ys = outputsOf(op, f, inputs);
    const numeric = checked.map((x) => differences(op, f, inputs, x, eps)); // [input][element][output]
    ys.forEach((y, o) => {
      for (let m = 0; m < y.size; m++) {
        within(() => {
          const dxs = grad(y, checked, {
            gradOutputs: oneHot(y, m),
            retainGraph: true,
            allowUnused: true,
          });
          dxs.forEach((dx, i) => {
            const analytic = dx?.view();
            numeric[i]!.forEach((outputs, k) => {
              const want = outputs[o]![m]!;
              const got = analytic ? analytic[k]! : 0;
              if (Math.abs(got - want) <= atol + rtol * Math.abs(want)) return;
              throw new Error(
                `${op}: input ${inputs.indexOf(checked[i]!)}, element ${k}; output ${o}, element ${m}: ` +
                  `expected ${want} by finite differences, got ${got}`,
              );
            });
          });
        });
      }
    });
    return true;
  });
}

/** How each output changes with each element of `x`: [element of x][output][element]. */
function differences(
  op: string,
  f: Differentiable,
  inputs: readonly Tensor[],
  x: Tensor,
  eps: number,
): Float64Array[][] {
  const evaluate = (k: number, value: number): Float64Array[] => {
    x.view()[k] = value;
    return within(() => outputsOf(op, f, inputs).map((y) => Float64Array.from(y.view())));
  };
  return Array.from({ length: x.size }, (_, k) => {
    const value = x.view()[k]!;
    try {
      const [after, before] = [evaluate(k, value + eps), evaluate(k, value - eps)];
      return after.map((y, o) => y.map((v, m) => (v - before[o]![m]!) / (2 * eps)));
    } finally {
      x.view()[k] = value;
    }
  });
}

function expectInputs(op: string, inputs: readonly Tensor[]): Tensor[] {
  for (const x of inputs) expectTensor(op, "each input", x);
  const checked = inputs.filter((x) => x.requiresGrad);
  if (checked.length === 0) {
    throw new Error(`${op}: expected an input that requires a gradient, got none`);
  }
  for (const x of checked) {
    if (x.dtype !== "float64") {
      throw new TypeError(`${op}: expected float64, which finite differences need, got ${x}`);
    }
  }
  return checked;
}

/** The outputs that depend on the inputs. */
function outputsOf(op: string, f: Differentiable, inputs: readonly Tensor[]): Tensor[] {
  const result = f(...inputs);
  const ys = result instanceof Tensor ? [result] : result;
  const found = ys.filter((y) => y.requiresGrad);
  if (found.length === 0) {
    throw new Error(`${op}: expected an output that requires a gradient, got none`);
  }
  return found;
}

function oneHot(y: Tensor, m: number): Tensor {
  const dy = empty(y.shape, y.dtype);
  dy.view().fill(0)[m] = 1;
  return dy;
}
