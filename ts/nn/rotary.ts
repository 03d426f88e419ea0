import { expectFlags, expectInteger, expectNumber, fail, show } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { add, cos, mul, sin, sub } from "../ops/arithmetic.ts";
import { to } from "../ops/cast.ts";
import { concat, stack } from "../ops/join.ts";
import { expectFloat } from "../ops/operand.ts";
import { reshape } from "../ops/shape.ts";
import { slice, unbind } from "../ops/slice.ts";
import { Module } from "./module.ts";
import { anglesOf } from "./positional-encoding.ts";

/** Options of `RotaryEmbedding`. */
export interface RotaryOptions {
  /** Default 10000. */
  base?: number;
  /**
   * Whether feature 2i is paired with 2i + 1, as in the paper and GPT-J, instead of i with i + dim / 2, as in GPT-NeoX and
   * Hugging Face's LLaMA. Default false.
   */
  interleaved?: boolean;
}

/**
 * Rotary positions (Su et al. 2021): turns each pair of features of a query or key by its position, so that scores depend
 * on distances alone.
 *
 *     [a', b'] = [a cos φ − b sin φ, a sin φ + b cos φ]    where φ = pos · base^(−2i / dim)
 *
 *     const rotary = new nn.RotaryEmbedding(E);
 *     scaledDotProductAttention(rotary.forward(q), rotary.forward(k), v, { isCausal: true });
 */
export class RotaryEmbedding extends Module {
  readonly base: number;
  readonly interleaved: boolean;

  /** @param dim how many features of a head are turned: the first ones; even */
  constructor(
    readonly dim: number,
    { base = 10000, interleaved = false }: RotaryOptions = {},
  ) {
    super();
    expectInteger("RotaryEmbedding", "dim", dim, 2);
    if (dim % 2 !== 0) fail("RotaryEmbedding", "dim", "to be even", String(dim));
    this.base = expectNumber("RotaryEmbedding", "base", base, Number.MIN_VALUE);
    expectFlags("RotaryEmbedding", { interleaved });
    this.interleaved = interleaved;
  }

  /**
   * @param x [..., L, D], D ≥ dim
   * @param options offset: the position of the first step; default 0
   * @returns shaped as x
   * @throws RangeError or TypeError when the shape, dtype or offset does not fit
   */
  forward(x: Tensor, { offset = 0 }: { offset?: number } = {}): Tensor {
    const { dim, base, interleaved } = this;
    expectFloat("RotaryEmbedding", "x", x);
    expectInteger("RotaryEmbedding", "offset", offset);
    if (x.ndim < 2 || x.shape.at(-1)! < dim) {
      fail("RotaryEmbedding", "x", `to be [..., L, ${dim} or more]`, show(x.shape));
    }
    const angles = anglesOf(offset, x.shape.at(-2)!, dim, base); // [L, dim/2]
    const [c, s] = [to(cos(angles), x.dtype), to(sin(angles), x.dtype)];
    const turned = slice(x, -1, 0, dim);
    const axis = interleaved ? -1 : -2; // of the pair
    const pairs = [...x.shape.slice(0, -1), ...(interleaved ? [dim / 2, 2] : [2, dim / 2])];
    const [a, b] = unbind(reshape(turned, pairs), axis) as [Tensor, Tensor];
    const y = stack([sub(mul(a, c), mul(b, s)), add(mul(a, s), mul(b, c))], axis);
    const flat = reshape(y, turned.shape);
    return x.shape.at(-1) === dim ? flat : concat([flat, slice(x, -1, dim)], -1);
  }
}
