import { touch } from "../core/autograd.ts";
import type { FloatDType } from "../core/dtype.ts";
import { optimizers } from "../core/scope.ts";
import { expectNumber, sameShape } from "../core/shape.ts";
import { empty, expectTensor, Tensor } from "../core/tensor.ts";
import { kernels } from "../runtime/kernels.ts";

export interface AdamOptions {
  /** Default 1e-3. */
  lr?: number;
  /** Decay of the two averages. Default [0.9, 0.999]. */
  betas?: readonly [number, number];
  /** Added to the denominator. Default 1e-8. */
  eps?: number;
  /** Added, times the parameter, to the gradient. Default 0. */
  weightDecay?: number;
}

/** Parameters, or parameters with their names. */
export type Parameters = Iterable<Tensor | readonly [name: string, parameter: Tensor]>;

interface Moments {
  name: string;
  p: Tensor;
  step: number;
  m: Tensor;
  v: Tensor;
}

/** Adam (Kingma & Ba 2015). @throws Error when there are no parameters, or one comes twice */
export class Adam {
  lr: number;
  readonly #betas: readonly [number, number];
  readonly #eps: number;
  readonly #decay: number;
  readonly #state: Moments[];

  constructor(
    parameters: Parameters,
    { lr = 1e-3, betas = [0.9, 0.999], eps = 1e-8, weightDecay = 0 }: AdamOptions = {},
  ) {
    this.lr = expectNumber("Adam", "lr", lr, 0);
    this.#betas = betas;
    for (const beta of betas) expectNumber("Adam", "each beta", beta, 0, 1 - 2 ** -53);
    this.#eps = expectNumber("Adam", "eps", eps, 0);
    this.#decay = expectNumber("Adam", "weightDecay", weightDecay, 0);
    const named = [...parameters].map((p, i) =>
      p instanceof Tensor ? ([String(i), p] as const) : p,
    );
    if (named.length === 0) {
      throw new Error(
        "Adam: expected parameters, got none. Modules in private #fields are not found",
      );
    }
    for (const [name, p] of named) expectTensor("Adam", name, p);
    if (new Set(named.map(([, p]) => p)).size < named.length)
      throw new Error("Adam: a parameter comes twice");
    const zeros = (p: Tensor): Tensor => {
      const t = empty(p.shape, p.dtype, optimizers);
      kernels.zero(t.ptr, t.storage.bytes);
      return t;
    };
    this.#state = named.map(([name, p]) => ({ name, p, step: 0, m: zeros(p), v: zeros(p) }));
  }

  /** One update of every parameter that has a gradient. */
  step(): void {
    const [beta1, beta2] = this.#betas;
    for (const state of this.#state) {
      const { p, m, v } = state;
      if (!p.grad) continue;
      state.step++;
      const step = this.lr / (1 - kernels.scalar_pow(beta1, state.step));
      const root = Math.sqrt(1 - kernels.scalar_pow(beta2, state.step));
      const run = kernels.of[p.dtype as FloatDType];
      run.adam(
        p.ptr,
        p.grad.ptr,
        m.ptr,
        v.ptr,
        p.size,
        0,
        this.lr,
        step,
        root,
        beta1,
        beta2,
        this.#eps,
        this.#decay,
      );
      touch(p);
    }
  }

  /** Frees the gradients. */
  zeroGrad(): void {
    for (const { p } of this.#state) {
      p.grad?.free();
      p.grad = undefined;
    }
  }

  /** The averages and the number of steps by the parameter's name; in the current scope where they are new. */
  stateDict(): Map<string, Tensor> {
    const dict = new Map<string, Tensor>();
    for (const { name, m, v, step } of this.#state) {
      const count = empty([1], "float64");
      count.view()[0] = step;
      dict
        .set(`${name}.exp_avg`, m.detach())
        .set(`${name}.exp_avg_sq`, v.detach())
        .set(`${name}.step`, count);
    }
    return dict;
  }

  /** Takes what `stateDict` gave. All or nothing. @throws Error when a name is missing or a shape differs */
  loadStateDict(dict: ReadonlyMap<string, Tensor>): void {
    const given = this.#state.map(({ name, m }) => {
      const [m2, v2, step] = ["exp_avg", "exp_avg_sq", "step"].map((key) =>
        dict.get(`${name}.${key}`),
      );
      if (!m2 || !v2 || !step)
        throw new Error(`Adam.loadStateDict: the state of ${name} is missing`);
      for (const t of [m2, v2]) {
        if (!sameShape(t.shape, m.shape) || t.dtype !== m.dtype) {
          throw new Error(
            `Adam.loadStateDict: expected the state of ${name} to be a ${m}, got a ${t}`,
          );
        }
      }
      return { m: m2, v: v2, step: step.item() };
    });
    for (const [i, state] of this.#state.entries()) {
      state.m.view().set(given[i]!.m.view());
      state.v.view().set(given[i]!.v.view());
      state.step = given[i]!.step;
    }
  }

  /** Frees the averages. */
  free(): void {
    for (const { m, v } of this.#state) [m, v].forEach((t) => t.free());
  }
}
