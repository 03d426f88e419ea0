/** @file The door that all attention goes through, and how to look through it. */

import { noGrad } from "../core/autograd.ts";
import { isThenable } from "../core/lifetime.ts";
import { defaultGenerator } from "../core/random.ts";
import { currentOwner, type Owner } from "../core/scope.ts";
import { moveOut, type Tensor } from "../core/tensor.ts";
import { mul } from "../ops/arithmetic.ts";
import { type AttentionOptions, scaledDotProductAttention } from "../ops/attention.ts";
import { attentionWeights } from "../ops/attention-weights.ts";
import { dropout } from "../ops/dropout.ts";
import { matmul } from "../ops/matmul.ts";
import { reshape } from "../ops/shape.ts";
import type { Module } from "./module.ts";

/** One call of an attention module. N is 1 where there was no batch; Hkv is H but for grouped heads. */
export interface AttentionRecord {
  /** The module's name in the model, such as "encoder.layers.0.self_attn". */
  name: string;
  /** Where its queries and keys come from, read from the name. "self": of a model without sides. */
  kind: "self" | "encoder" | "decoder" | "cross";
  /** [N, H, L, E] */
  query: Tensor;
  /** [N, Hkv, S, E] */
  key: Tensor;
  /** [N, Hkv, S, Ev] */
  value: Tensor;
  /** softmax(Q Kᵀ · scale + mask), before dropout: [N, H, L, S] */
  weights: Tensor;
  scale: number;
}

type Listener = (
  module: Module,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
) => void;
let listening: Listener | undefined;

/** What every attention module calls for the attention itself, so that it can be captured. */
export function attend(
  module: Module,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions = {},
): Tensor {
  listening?.(module, query, key, value, options);
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
  listening?.(module, query, key, value, options);
  const { dropoutP = 0, generator = defaultGenerator } = options;
  const A = dropout(attentionWeights(query, key, options), { p: dropoutP, generator });
  return [matmul(A, value), A];
}

/**
 * Runs `f` and records every call of an attention module of `model` in it, in order. Costs nothing when it is not used. May be
 * nested: each capture records the calls of its own model.
 *
 *     const { records } = nn.captureAttention(bert, () => bert.forward(ids));
 *     records[0].weights; // of "encoder.layer.0.attention.self": [N, H, L, S]
 *
 * A decoder that takes its keys from a cache does not pass here: capture a `forward` of the whole text.
 *
 * @returns what `f` returned, and the records. Their tensors are leaves that belong to the scope open now, even if `f` has
 *          scopes of its own; those of a throwing `f` are freed
 * @throws Error when `f` is async
 */
export function captureAttention<T>(
  model: Module,
  f: () => T,
): { result: T; records: AttentionRecord[] } {
  const names = new Map(model.namedModules().map(([name, module]) => [module, name]));
  const records: AttentionRecord[] = [];
  const [outer, owner] = [listening, currentOwner()];
  listening = (module, query, key, value, options) => {
    outer?.(module, query, key, value, options);
    const name = names.get(module);
    if (name !== undefined) records.push(record(name, owner, query, key, value, options));
  };
  try {
    const result = f();
    if (isThenable(result)) {
      throw new Error("captureAttention: expected a function that is not async; await first");
    }
    return { result, records };
  } catch (error) {
    for (const r of records) for (const t of [r.query, r.key, r.value, r.weights]) t.free();
    throw error;
  } finally {
    listening = outer;
  }
}

function record(
  name: string,
  owner: Owner,
  query: Tensor,
  key: Tensor,
  value: Tensor,
  options: AttentionOptions,
): AttentionRecord {
  const { scale = 1 / Math.sqrt(query.shape.at(-1)!) } = options;
  const kept = noGrad(() => {
    const A = attentionWeights(query, key, options);
    const copies = [query, key, value].map((x) => mul(x, 1)); // theirs may end, or change
    return [...copies, A].map((x) => reshape(x, fourAxes(x)));
  });
  for (const t of kept) moveOut(t, owner);
  const [q, k, v, A] = kept as [Tensor, Tensor, Tensor, Tensor];
  return { name, kind: kindOf(name), query: q, key: k, value: v, weights: A, scale };
}

const fourAxes = ({ shape }: Tensor): number[] =>
  shape.length < 4 ? [...Array<number>(4 - shape.length).fill(1), ...shape] : [...shape];

/** By PyTorch's names ("decoder.layers.0.multihead_attn") and Hugging Face's ("decoder.block.0.layer.1.EncDecAttention"). */
function kindOf(name: string): AttentionRecord["kind"] {
  if (/multihead_attn|encdecattention|cross/i.test(name)) return "cross";
  return /decoder/i.test(name) ? "decoder" : /encoder/i.test(name) ? "encoder" : "self";
}
