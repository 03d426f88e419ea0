import { expectFloatDType, type FloatDType } from "../core/dtype.ts";
import { defaultGenerator, type Generator } from "../core/random.ts";
import { expectFlags, expectInteger, expectNumber, fail } from "../core/shape.ts";
import { empty, type Tensor } from "../core/tensor.ts";
import { broadcastTo } from "../ops/broadcast.ts";
import { zeros } from "../ops/create.ts";
import { concat } from "../ops/join.ts";
import { linear } from "../ops/linear.ts";
import { mean } from "../ops/reduce.ts";
import { reshape, squeeze } from "../ops/shape.ts";
import { slice } from "../ops/slice.ts";
import { expectCall, type MultiheadAttentionCall } from "./attention-call.ts";
import { joinHeads, splitHeads } from "./attention-heads.ts";
import { attentionMasks } from "./block-mask.ts";
import { attend, attendWithWeights } from "./capture-attention.ts";
import { constant, xavierNormal, xavierUniform } from "./init.ts";
import { type KeyValueCache, lookUp, remember, step } from "./kept-attention.ts";
import { Linear } from "./linear.ts";
import { Module, parameter } from "./module.ts";

/** Options of `MultiheadAttention`. */
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

/**
 * Attention of H heads side by side (Vaswani et al. 2017).
 *
 *     headᵢ = softmax(Qᵢ Kᵢᵀ / √(E / H) + mask) Vᵢ     where Q = query W_qᵀ + b_q, K = key W_kᵀ + b_k, V = value W_vᵀ + b_v
 *     y     = [head₁ … head_H] W_oᵀ + b_o
 *
 *     const attention = new nn.MultiheadAttention(64, 4, { batchFirst: true });
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
    if (E % numHeads !== 0) {
      fail(where, "embedDim", `to be a multiple of ${numHeads} heads`, String(E));
    }
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
    const { unbatched, N, L } = expectCall(
      "MultiheadAttention",
      [query, key, value],
      options,
      this,
    );
    let [q, k, v] = this.#heads(query, key, value);
    const S = k.shape[2]!;
    [k, v] = this.#append(k, v, N);
    const how = attentionMasks(options, N, L, S, k.shape[2]! - S, this.dtype);
    const dropoutP = this.training ? this.dropout : 0;
    const settings = { ...how, dropoutP, generator: this.#generator };
    const [heads, A] = needWeights
      ? attendWithWeights(this, q, k, v, settings)
      : [attend(this, q, k, v, settings)];
    const y = this.out_proj.forward(joinHeads(heads, query.ndim, this.batchFirst));
    if (!A) return [y, undefined];
    const weights = averageAttnWeights ? mean(A, 1) : A;
    return [y, unbatched ? squeeze(weights, 0) : weights];
  }

  /** Queries [N, H, L, E / H], keys and values [N, H, S, E / H]: of inputs that are one tensor by one product. */
  #heads(query: Tensor, key: Tensor, value: Tensor): [q: Tensor, k: Tensor, v: Tensor] {
    const heads = (x: Tensor, from: number, to: number): Tensor[] =>
      splitHeads(this.project(x, from, to), to - from, this.numHeads, this.batchFirst);
    const parts =
      this.in_proj_weight && key === value
        ? query === key
          ? heads(query, 0, 3)
          : [...heads(query, 0, 1), ...heads(key, 1, 3)]
        : [...heads(query, 0, 1), ...heads(key, 1, 2), ...heads(value, 2, 3)];
    return parts as [Tensor, Tensor, Tensor];
  }

  /** @internal x by the weights of q (0), k (1) and v (2), from which to which: [..., (to − from) · E]. */
  project(x: Tensor, from: number, to: number): Tensor {
    const E = this.embedDim;
    const rows = (t: Tensor): Tensor => (to - from === 3 ? t : slice(t, 0, from * E, to * E));
    const own = [this.q_proj_weight, this.k_proj_weight, this.v_proj_weight][from];
    return linear(
      x,
      own ?? rows(this.in_proj_weight!),
      this.in_proj_bias && rows(this.in_proj_bias),
    );
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

  /** Attention of the next tokens to all so far, for decoding: see `KeyValueCache`. Nothing is dropped or recorded. */
  step(x: Tensor, cache: KeyValueCache): Tensor {
    return step(this, x, cache);
  }

  /** Keeps the keys and values of an encoder's output for `lookUp`. @param memory as in `forward`, but batched */
  remember(memory: Tensor, cache: KeyValueCache): void {
    remember(this, memory, cache);
  }

  /** Attention to all that `remember` kept. @param x as the query in `forward`, but batched @returns shaped as x */
  lookUp(x: Tensor, cache: KeyValueCache): Tensor {
    return lookUp(this, x, cache);
  }
}
