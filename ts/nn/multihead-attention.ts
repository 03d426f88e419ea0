import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import { defaultGenerator, type Generator } from "../core/random.ts";
import { expectFlags, expectInteger, expectNumber, fail, show } from "../core/shape.ts";
import { empty, expectTensor, type Tensor } from "../core/tensor.ts";
import type { AttentionOptions } from "../ops/attention.ts";
import { broadcastTo } from "../ops/broadcast.ts";
import { zeros } from "../ops/create.ts";
import { concat } from "../ops/join.ts";
import { linear } from "../ops/linear.ts";
import { mean } from "../ops/reduce.ts";
import { permute, reshape, squeeze } from "../ops/shape.ts";
import { slice, unbind } from "../ops/slice.ts";
import { type BlockMask, expectMask, futureKeys, mergeMasks } from "./block-mask.ts";
import { attend, attendWithWeights } from "./capture-attention.ts";
import { constant, xavierNormal, xavierUniform } from "./init.ts";
import { Linear } from "./linear.ts";
import { Module, parameter } from "./module.ts";

export interface MultiheadAttentionOptions {
  /** Probability of dropping a weight, in training. Default 0. */
  dropout?: number;
  /** Whether the projections have biases. Default true. */
  bias?: boolean;
  /** Whether a learnt key and value are appended to each sequence. Default false. */
  addBiasKv?: boolean;
  /** Whether a key and value of zeros are appended to each sequence. Default false. */
  addZeroAttn?: boolean;
  /** Features of the keys. Default embedDim. */
  kdim?: number;
  /** Features of the values. Default embedDim. */
  vdim?: number;
  /** Tensors are [N, L, E] instead of [L, N, E]. Default false. */
  batchFirst?: boolean;
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws initial values and dropout. Default: the global one. */
  generator?: Generator;
}

export interface MultiheadAttentionCall {
  /** [N, S], or [S] unbatched. bool: true is BLOCKED, a key that no query sees; float: added to the scores. */
  keyPaddingMask?: BlockMask | undefined;
  /** Whether the weights are returned, which costs L × S numbers a head. Default true. */
  needWeights?: boolean;
  /** [L, S] or [N · H, L, S]. bool: true is BLOCKED; float: added to the scores, and gets its gradient. */
  attnMask?: BlockMask | undefined;
  /** Whether the weights are the mean over the heads. Default true. */
  averageAttnWeights?: boolean;
  /** Says that `attnMask` is causal, and need not be read. A wrong hint gives wrong results. Default false. */
  isCausal?: boolean;
  /** With `isCausal`, stands for `attnMask`: see scaledDotProductAttention. Default: a mask is to be given. */
  causalAlignment?: "topLeft" | "bottomRight" | undefined;
}

/** Keys and values that a decoder keeps of the tokens that it has read. */
export interface KeyValueCache {
  /** Copies the keys and values of L new tokens out of x, [N, L, parts · E]. */
  keep(x: Tensor, parts: { keys: number; values: number }): void;
  /**
   * softmax(scale Q Kᵀ) V of the first part of x: [N, L, E]. If causal the last L tokens kept are the queries' own, and each
   * sees those up to itself.
   */
  attend(x: Tensor, options: { causal: boolean; scale: number }): Tensor;
}

/**
 * Attention of H heads side by side (Vaswani et al. 2017).
 *
 *     headᵢ = softmax(Qᵢ Kᵢᵀ / √(E / H) + mask) Vᵢ     where Q = query W_qᵀ + b_q, K = key W_kᵀ + b_k, V = value W_vᵀ + b_v
 *     y     = [head₁ … head_H] W_oᵀ + b_o
 *
 *     const attention = new MultiheadAttention(64, 4, { batchFirst: true });
 *     const [y, weights] = attention.forward(x, x, x);                    // [N, L, 64], [N, L, L]
 *
 * In masks true BLOCKS, the opposite of scaledDotProductAttention. A query that may see no key attends to nothing: its
 * weights are 0. Parameters are PyTorch's: in_proj_weight [3E, E] of q, k, v, or q_proj_weight [E, E], k_proj_weight
 * [E, kdim] and v_proj_weight [E, vdim] where a size differs, from xavierUniform; in_proj_bias [3E] and out_proj.bias
 * 0; bias_k and bias_v [1, 1, E] from xavierNormal; out_proj.weight as Linear's.
 *
 * @throws RangeError or TypeError for impossible sizes and options
 */
export class MultiheadAttention extends Module {
  readonly kdim: number;
  readonly vdim: number;
  readonly dropout: number;
  readonly batchFirst: boolean;
  readonly addZeroAttn: boolean;
  readonly dtype: FloatDType;
  readonly in_proj_weight: Tensor | undefined;
  readonly q_proj_weight: Tensor | undefined;
  readonly k_proj_weight: Tensor | undefined;
  readonly v_proj_weight: Tensor | undefined;
  readonly in_proj_bias: Tensor | undefined;
  readonly bias_k: Tensor | undefined;
  readonly bias_v: Tensor | undefined;
  readonly out_proj: Linear;
  readonly #generator: Generator;

  constructor(
    readonly embedDim: number,
    readonly numHeads: number,
    options: MultiheadAttentionOptions = {},
  ) {
    super();
    const where = "MultiheadAttention";
    const { dropout = 0, kdim = embedDim, vdim = embedDim, dtype = "float32" } = options;
    const { bias = true, addBiasKv = false, addZeroAttn = false, batchFirst = false } = options;
    const { generator = defaultGenerator } = options;
    const E = expectInteger(where, "embedDim", embedDim, 1);
    expectInteger(where, "numHeads", numHeads, 1);
    if (E % numHeads !== 0)
      fail(where, "embedDim", `to be a multiple of ${numHeads} heads`, `${E}`);
    this.kdim = expectInteger(where, "kdim", kdim, 1);
    this.vdim = expectInteger(where, "vdim", vdim, 1);
    this.dropout = expectNumber(where, "dropout", dropout, 0, 1);
    expectFloatDType(where, dtype);
    expectFlags(where, { bias, addBiasKv, addZeroAttn, batchFirst });
    this.batchFirst = batchFirst;
    this.addZeroAttn = addZeroAttn;
    this.dtype = dtype;
    this.#generator = generator;
    const xavier = (...shape: number[]): Tensor =>
      parameter(xavierUniform(empty(shape, dtype), { generator }));
    const learnt = (): Tensor => parameter(xavierNormal(empty([1, 1, E], dtype), { generator }));
    if (kdim === E && vdim === E) this.in_proj_weight = xavier(3 * E, E);
    else {
      this.q_proj_weight = xavier(E, E);
      this.k_proj_weight = xavier(E, kdim);
      this.v_proj_weight = xavier(E, vdim);
    }
    this.in_proj_bias = bias ? parameter(zeros([3 * E], { dtype })) : undefined;
    this.bias_k = addBiasKv ? learnt() : undefined;
    this.bias_v = addBiasKv ? learnt() : undefined;
    this.out_proj = new Linear(E, E, { bias, dtype, generator });
    if (this.out_proj.bias) constant(this.out_proj.bias, 0);
  }

  /**
   * @param query [L, N, E], [N, L, E] with batchFirst, or [L, E]
   * @param key   [S, N, kdim], [N, S, kdim] or [S, kdim]
   * @param value [S, N, vdim], [N, S, vdim] or [S, vdim]
   * @returns     the output, shaped as query, and the weights, after dropout: [N, L, S], [N, H, L, S] where they are not
   *              averaged, without N for an unbatched query, undefined unless they are needed
   * @throws RangeError or TypeError when a shape, dtype, mask or hint does not fit
   */
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiheadAttentionCall & { needWeights: false },
  ): [output: Tensor, weights: undefined];
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options?: MultiheadAttentionCall & { needWeights?: true },
  ): [output: Tensor, weights: Tensor];
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options?: MultiheadAttentionCall,
  ): [output: Tensor, weights: Tensor | undefined];
  forward(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    options: MultiheadAttentionCall = {},
  ): [output: Tensor, weights: Tensor | undefined] {
    const { needWeights = true, averageAttnWeights = true } = options;
    const { unbatched, N, L } = this.#check(query, key, value, options);
    let [q, k, v] = this.project(query, key, value);
    const S = k.shape[2]!;
    [k, v] = this.#append(k, v, N);
    const how = this.#masks(options, N, L, S, k.shape[2]! - S);
    const dropoutP = this.training ? this.dropout : 0;
    const settings = { ...how, dropoutP, generator: this.#generator };
    const [heads, A] = needWeights
      ? attendWithWeights(this, q, k, v, settings)
      : [attend(this, q, k, v, settings)];
    const y = this.out_proj.forward(this.#join(heads, unbatched));
    if (!A) return [y, undefined];
    const weights = averageAttnWeights ? mean(A, 1) : A;
    return [y, unbatched ? squeeze(weights, 0) : weights];
  }

  /** Queries [N, H, L, E / H], keys and values [N, H, S, E / H]: of inputs that are one tensor by one product. */
  project(query: Tensor, key: Tensor, value: Tensor): [q: Tensor, k: Tensor, v: Tensor] {
    if (this.in_proj_weight && key === value) {
      if (query === key) return this.#packed(query, 0, 3) as [Tensor, Tensor, Tensor];
      return [...this.#packed(query, 0, 1), ...this.#packed(key, 1, 3)] as [Tensor, Tensor, Tensor];
    }
    const own = [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight];
    const inputs = [query, key, value];
    return inputs.flatMap((x, i) => this.#packed(x, i, i + 1, own[i])) as [Tensor, Tensor, Tensor];
  }

  /** x by the rows of the packed weight that are those of q (0), k (1) and v (2), as heads: [N, H, L, E / H] each. */
  #packed(x: Tensor, from: number, to: number, own?: Tensor): Tensor[] {
    const { embedDim: E, numHeads: H } = this;
    const rows = (t: Tensor): Tensor => (to - from === 3 ? t : slice(t, 0, from * E, to * E));
    const y = linear(
      x,
      own ?? rows(this.in_proj_weight!),
      this.in_proj_bias && rows(this.in_proj_bias),
    );
    const parts = to - from;
    const [a, b] = x.ndim === 2 ? [1, x.shape[0]!] : (x.shape as [number, number, number]);
    const split = reshape(y, [a, b, parts, H, E / H]);
    const batchFirst = this.batchFirst || x.ndim === 2;
    return unbind(permute(split, batchFirst ? [2, 0, 3, 1, 4] : [2, 1, 3, 0, 4]));
  }

  /** The heads of all queries, [N, H, L, E / H], side by side: shaped as query. */
  #join(heads: Tensor, unbatched: boolean): Tensor {
    const [N, H, L, D] = heads.shape as [number, number, number, number];
    if (unbatched) return reshape(permute(heads, [0, 2, 1, 3]), [L, H * D]);
    return this.batchFirst
      ? reshape(permute(heads, [0, 2, 1, 3]), [N, L, H * D])
      : reshape(permute(heads, [2, 0, 1, 3]), [L, N, H * D]);
  }

  /** The learnt key and value, and those of zeros, after the others. */
  #append(k: Tensor, v: Tensor, N: number): [k: Tensor, v: Tensor] {
    const { embedDim: E, numHeads: H, bias_k, bias_v, addZeroAttn, dtype } = this;
    const after = (x: Tensor, learnt: Tensor | undefined): Tensor => {
      const shape = [N, H, 1, E / H];
      const parts = [x];
      if (learnt) parts.push(broadcastTo(reshape(learnt, [1, H, 1, E / H]), shape));
      if (addZeroAttn) parts.push(zeros(shape, { dtype }));
      return parts.length > 1 ? concat(parts, 2) : x;
    };
    return [after(k, bias_k), after(v, bias_v)];
  }

  /** The masks as scaledDotProductAttention takes them. A causal hint serves where nothing else does and none is appended. */
  #masks(
    options: MultiheadAttentionCall,
    N: number,
    L: number,
    S: number,
    appended: number,
  ): AttentionOptions {
    const { isCausal = false, keyPaddingMask, needWeights = true } = options;
    const { causalAlignment = "topLeft" } = options;
    let { attnMask } = options;
    if (isCausal && !keyPaddingMask && appended === 0 && !(needWeights && attnMask)) {
      return { isCausal, causalAlignment };
    }
    if (isCausal) attnMask ??= futureKeys(L, S, causalAlignment);
    const merged = mergeMasks(attnMask, keyPaddingMask, N, appended, this.dtype);
    return merged ? { attnMask: merged } : {};
  }

  #check(
    query: Tensor,
    key: Tensor,
    value: Tensor,
    { attnMask, keyPaddingMask, isCausal = false, causalAlignment }: MultiheadAttentionCall,
  ): { unbatched: boolean; N: number; L: number } {
    const where = "MultiheadAttention";
    const inputs = { query, key, value };
    for (const [name, x] of Object.entries(inputs)) {
      expectTensor(where, name, x);
      if (x.dtype !== this.dtype) {
        throw new TypeError(
          `${where}: expected ${name} to be ${this.dtype}, as the parameters are, got ${x}; convert it with .to("${this.dtype}")`,
        );
      }
    }
    const unbatched = query.ndim === 2;
    if (!unbatched && query.ndim !== 3) {
      fail(where, "query", "to have 3 dimensions, or 2 unbatched", show(query.shape));
    }
    const time = unbatched || !this.batchFirst ? 0 : 1;
    const N = unbatched ? 1 : query.shape[1 - time]!;
    const [L, S] = [query.shape[time]!, key.shape[time]!];
    const sized = (length: number | string, width: number): string =>
      unbatched
        ? `[${length}, ${width}]`
        : `[${(time === 0 ? [length, N] : [N, length]).join(", ")}, ${width}]`;
    const expectSized = (name: keyof typeof inputs, width: number, length?: number): void => {
      const { shape, ndim } = inputs[name];
      const fits =
        ndim === query.ndim &&
        shape.at(-1) === width &&
        (unbatched || shape[1 - time] === N) &&
        (length === undefined || shape[time] === length);
      if (fits) return;
      const letter = name === "query" ? "L" : "S";
      const other = unbatched
        ? ""
        : `. With batchFirst: ${time === 0} the axes are ${time === 0 ? "[N, L, E]" : "[L, N, E]"}`;
      fail(where, name, `to be ${sized(length ?? letter, width)}`, show(shape) + other);
    };
    expectSized("query", this.embedDim);
    expectSized("key", this.kdim);
    expectSized("value", this.vdim, S);
    expectMask(where, "attnMask", attnMask, this.dtype, {
      "[L, S]": [L, S],
      [unbatched ? "[H, L, S]" : "[N · H, L, S]"]: [N * this.numHeads, L, S],
    });
    expectMask(where, "keyPaddingMask", keyPaddingMask, this.dtype, {
      [unbatched ? "[S]" : "[N, S]"]: unbatched ? [S] : [N, S],
    });
    if (isCausal && !attnMask && !causalAlignment) {
      throw new TypeError(
        `${where}: isCausal says that attnMask is causal, and there is none; give ` +
          `generateSquareSubsequentMask(${L}), or causalAlignment for one that is never made`,
      );
    }
    return { unbatched, N, L };
  }
}
