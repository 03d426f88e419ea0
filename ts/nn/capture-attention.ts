import { defaultGenerator } from "../core/random.ts";
import type { Tensor } from "../core/tensor.ts";
import { type AttentionOptions, scaledDotProductAttention } from "../ops/attention.ts";
import { attentionWeights } from "../ops/attention-weights.ts";
import { dropout } from "../ops/dropout.ts";
import { matmul } from "../ops/matmul.ts";
import type { Module } from "./module.ts";

/** One call of an attention module. */
export interface AttentionRecord {
  /** The module's name in the model, such as "encoder.layers.0.self_attn". */
  name: string;
  /** [N, H, L, E] */
  query: Tensor;
  /** [N, H, S, E] */
  key: Tensor;
  /** softmax(Q Kᵀ · scale + mask), before dropout: [N, H, L, S] */
  weights: Tensor;
}

let listening:
  ((module: Module, query: Tensor, key: Tensor, options: AttentionOptions) => void) | undefined;

/** What every attention module calls for the attention itself, so that it can be captured. */
export function attend(
  module: Module,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  listening?.(module, query, key, options);
  return scaledDotProductAttention(query, key, value, options);
}

/** As `attend`, with the weights that made the output: after dropout, [N, H, L, S]. */
export function attendWithWeights(
  module: Module,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): [output: Tensor, weights: Tensor] {
  listening?.(module, query, key, options);
  const { dropoutP = 0, generator = defaultGenerator } = options;
  const A = dropout(attentionWeights(query, key, options), { p: dropoutP, generator });
  return [matmul(A, value), A];
}

/**
 * Runs `f` and records every call of an attention module of `model` in it, in order. Costs nothing when it is not used.
 *
 * @returns what `f` returned, and the records, whose tensors belong to the scope that is open now
 */
export function captureAttention<T>(
  model: Module,
  f: () => T,
): { result: T; records: AttentionRecord[] } {
  const names = new Map(model.namedModules().map(([name, module]) => [module, name]));
  const records: AttentionRecord[] = [];
  const outer = listening;
  listening = (module, query, key, options) => {
    const name = names.get(module);
    if (name === undefined) return outer?.(module, query, key, options);
    const weights = attentionWeights(query, key, options);
    records.push({ name, query: query.detach(), key: key.detach(), weights: weights.detach() });
  };
  try {
    return { result: f(), records };
  } finally {
    listening = outer;
  }
}
