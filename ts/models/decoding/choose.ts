/** @file One token from the logits for it. */

import { scope } from "../../core/lifetime.ts";
import { defaultGenerator, type Generator } from "../../core/random.ts";
import { expectInteger, expectNumber, fail } from "../../core/shape.ts";
import { exp } from "../../ops/arithmetic.ts";
import { tensor } from "../../ops/create.ts";
import { rand } from "../../ops/random.ts";

/** How the next token is chosen. */
export interface ChoiceOptions {
  /** Divides the logits: below 1 it keeps to what is likely; 0 always takes the likeliest. Default 1. */
  temperature?: number;
  /** Chooses among this many likeliest tokens only (Fan et al. 2018). Default 0: among all. */
  topK?: number;
  /** Chooses among the likeliest tokens only, as few as have this probability together (Holtzman et al. 2020). Default 1. */
  topP?: number;
  /** Tokens that are not chosen, unless there is no other. Default none. */
  never?: readonly number[];
  /** Default: the global one. */
  generator?: Generator;
}

/** Below this temperature all but the likeliest have probability 0. */
const COLD = 1e-6;

/** @throws RangeError for an option out of range */
export function expectChoice({ temperature = 1, topK = 0, topP = 1 }: ChoiceOptions): void {
  expectNumber("choose", "temperature", temperature, 0);
  expectInteger("choose", "topK", topK);
  if (!(topP > 0 && topP <= 1)) fail("choose", "topP", "to be above 0 and at most 1", String(topP));
}

/**
 * A token from softmax(logits / temperature), less what topK, then topP leave out. Equal logits count in the order of the
 * vocabulary.
 *
 * @param logits one for each token
 * @throws RangeError for an option out of range, and where the largest logit is NaN or infinite
 */
export function choose(logits: ArrayLike<number>, options: ChoiceOptions = {}): number {
  expectChoice(options);
  const { temperature = 1, topK = 0, topP = 1, never = [], generator = defaultGenerator } = options;
  const all = Array.from(logits, (_, id) => id);
  const allowed = never.length > 0 ? all.filter((id) => !never.includes(id)) : all;
  const known = allowed.length > 0 ? allowed : all;
  const most = known.reduce((m, id) => Math.max(m, logits[id]!), -Infinity);
  if (!Number.isFinite(most)) {
    fail("choose", "the logits", "to have a largest number", String(most));
  }
  if (temperature < COLD) return best(logits, known, 1)[0]!;
  const likely = topK > 0 && topK < known.length ? best(logits, known, topK) : known;
  return scope(() => {
    const warm = likely.map((id) => (logits[id]! - most) / temperature);
    const p = exp(tensor(Float64Array.from(warm), { dtype: "float64" })).data() as Float64Array; // softmax, undivided
    const places = topP < 1 ? nucleus(p, topP) : [...p.keys()];
    const total = places.reduce((sum, i) => sum + p[i]!, 0);
    const u = total * rand([1], { generator }).item();
    let sum = 0;
    for (const i of places) {
      sum += p[i]!;
      if (u < sum) return likely[i]!;
    }
    return likely[places[0]!]!; // the sums differ by rounding
  });
}

/** The k ids with the largest logits, in descending order: by insertion, since k is small. */
function best(logits: ArrayLike<number>, ids: readonly number[], k: number): number[] {
  const found: number[] = [];
  for (const id of ids) {
    const x = logits[id]!;
    if (found.length === k && !(x > logits[found[k - 1]!]!)) continue;
    let at = found.length;
    while (at > 0 && x > logits[found[at - 1]!]!) at--;
    found.splice(at, 0, id);
    if (found.length > k) found.pop();
  }
  return found;
}

/** The places of the largest p, as few as have `share` of the sum. */
function nucleus(p: Float64Array, share: number): number[] {
  const total = p.reduce((sum, x) => sum + x, 0);
  // What is below this adds up to less than 1 − share: it need not be sorted.
  const least = ((1 - share) * total) / p.length;
  const places = Array.from(p, (_, i) => i).filter((i) => p[i]! > least);
  places.sort((i, j) => p[j]! - p[i]! || i - j);
  let [sum, count] = [0, 0];
  while (count < places.length && sum < share * total) sum += p[places[count++]!]!;
  return places.slice(0, count);
}
