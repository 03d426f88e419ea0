/** @file Beam search. */

import { noGrad } from "../../core/autograd.ts";
import { scope } from "../../core/lifetime.ts";
import { expectInteger, expectNumber, fail } from "../../core/shape.ts";
import { pow } from "../../ops/arithmetic.ts";
import { tensor } from "../../ops/create.ts";
import { logSoftmax } from "../../ops/softmax.ts";
import { type AbortOptions, expectPenalty, expectPrompt, turns } from "./generate.ts";
import { penalise } from "./repetition.ts";
import { expectDecoding, type TokenSession } from "./token-session.ts";

/** Options of beam search. */
export interface BeamSearchOptions extends AbortOptions {
  /** How many tokens are generated at most. */
  maxTokens: number;
  /** Tokens that end a text; the one that does belongs to it. Default none. */
  stop?: readonly number[];
  /** A text of n tokens has the score ln p / n^lengthPenalty: above 0 it is for longer texts, below for shorter. Default 1. */
  lengthPenalty?: number;
  /**
   * With as many texts as there are beams, true: stop; false: stop unless the best beam would be better if it ended now;
   * "never": unless it could get better at all. Default false.
   */
  earlyStopping?: boolean | "never";
  /** How many texts are wanted, at most as many as there are beams. Default 1. */
  count?: number;
  /** Above 1 it discourages tokens of the prompt and of what was generated. Default 1. */
  repetitionPenalty?: number;
}

/** A text that beam search found. */
export interface Beam {
  /** What follows the prompt. */
  ids: number[];
  /** ln p(ids) / n^lengthPenalty, where n = ids.length. */
  score: number;
}

interface Candidate {
  /** The beam that it continues. */
  beam: number;
  id: number;
  /** ln p */
  score: number;
  ended: boolean;
}

/** Of beams that are not there yet. */
const NONE = -1e9;

/**
 * The likeliest continuations of `prompt` that a search over `session.batch` beams finds, the best first: as Hugging Face's
 * `generate` with num_beams.
 *
 *     const [best] = await beamSearch(model.session({ batch: 4 }), prompt, { maxTokens: 40, stop: [end] });
 *
 * @param session of as many sequences as there are to be beams, all of which have read the same
 * @throws RangeError for an option out of range; the signal's reason when it is aborted
 */
export async function beamSearch(
  session: TokenSession,
  prompt: ArrayLike<number>,
  options: BeamSearchOptions,
): Promise<Beam[]> {
  expectDecoding("beamSearch", session, options);
  const { maxTokens, stop = [], signal } = options;
  const { lengthPenalty = 1, earlyStopping = false, count = 1, repetitionPenalty = 1 } = options;
  const B = session.batch;
  const read = expectPrompt("beamSearch", prompt);
  expectInteger("beamSearch", "maxTokens", maxTokens, 1);
  expectNumber("beamSearch", "lengthPenalty", lengthPenalty);
  expectPenalty("beamSearch", repetitionPenalty);
  expectInteger("beamSearch", "count", count, 1);
  if (count > B) fail("beamSearch", "count", `to be at most the ${B} beams`, String(count));

  const turn = turns(signal);
  signal?.throwIfAborted();
  let running: Beam[] = Array.from({ length: B }, (_, b) => ({
    ids: [],
    score: b === 0 ? 0 : NONE,
  }));
  let ended: Beam[] = [];
  let next: number[][] = running.map(() => read);
  for (let n = 1; ; n++) {
    const ahead = logProbabilities(session, next); // [B, V]
    running.forEach(({ ids }, b) => penalise(ahead[b]!, [...read, ...ids], repetitionPenalty));
    const best = likeliest(running, ahead, Math.max(2, 1 + stop.length) * B).map((c) => ({
      ...c,
      ended: n === maxTokens || stop.includes(c.id),
    }));
    const longer = ({ beam, id }: Candidate): number[] => [...running[beam]!.ids, id];
    const worth = power(n, lengthPenalty);
    ended = [
      ...ended,
      // the others are only there to go on with
      ...best
        .slice(0, B)
        .filter((c) => c.ended)
        .map((c) => ({ ids: longer(c), score: c.score / worth })),
    ];
    ended = ended.sort((a, b) => b.score - a.score).slice(0, B);
    const going = best.filter((c) => !c.ended).slice(0, B);
    if (going.length === 0) break;
    while (going.length < B) going.push({ ...going[0]!, score: NONE }); // a tiny vocabulary
    if (ended.length === B && (earlyStopping === true || !canImprove(n))) break;

    /** Whether the best beam may still come before the worst text. */
    function canImprove(n: number): boolean {
      const length = earlyStopping === "never" && lengthPenalty > 0 ? maxTokens : n;
      return going[0]!.score / power(length, lengthPenalty) > ended.at(-1)!.score;
    }

    running = going.map((c) => ({ ids: longer(c), score: c.score }));
    session.select(going.map(({ beam }) => beam));
    next = going.map(({ id }) => [id]);
    await turn();
  }
  return ended.slice(0, count);
}

/** ln p of each token after each beam has read what is next. */
function logProbabilities(session: TokenSession, next: readonly number[][]): Float64Array[] {
  return scope(() =>
    noGrad(() => {
      const ids = tensor(next.flat(), [next.length, next[0]!.length], { dtype: "int32" });
      const rows = logSoftmax(session.push(ids), -1);
      const [B, V] = rows.shape as [number, number];
      const all = Float64Array.from(rows.view());
      return Array.from({ length: B }, (_, b) => all.subarray(b * V, (b + 1) * V));
    }),
  );
}

/** The k best of all continuations of all beams, the best first. */
function likeliest(
  beams: readonly Beam[],
  ahead: readonly Float64Array[],
  k: number,
): Omit<Candidate, "ended">[] {
  const found: Omit<Candidate, "ended">[] = [];
  for (const [beam, row] of ahead.entries()) {
    const before = beams[beam]!.score;
    for (let id = 0; id < row.length; id++) {
      const score = before + row[id]!;
      if (found.length === k && !(score > found[k - 1]!.score)) continue;
      let at = found.length;
      while (at > 0 && score > found[at - 1]!.score) at--;
      found.splice(at, 0, { beam, id, score });
      if (found.length > k) found.pop();
    }
  }
  return found;
}

const power = (n: number, exponent: number): number =>
  scope(() => pow(tensor([n], { dtype: "float64" }), exponent).item());
