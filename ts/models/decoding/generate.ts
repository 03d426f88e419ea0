/** @file Text from a model, token by token. */

import { scope } from "../../core/lifetime.ts";
import { expectInteger, expectNumber, fail } from "../../core/shape.ts";
import { tensor } from "../../ops/create.ts";
import { choose, type ChoiceOptions, expectChoice } from "./choose.ts";
import { penalise } from "./repetition.ts";
import { expectDecoding, type TokenSession } from "./token-session.ts";

/** How a text is generated, and where it ends. */
export interface GenerationOptions extends ChoiceOptions {
  /** How many tokens are generated at most. */
  maxTokens: number;
  /** Tokens that end the text; the one that does is the last. Default none. */
  stop?: readonly number[];
  /** Above 1 it discourages tokens of the prompt and of what was generated. Default 1. */
  repetitionPenalty?: number;
}

/**
 * The tokens that follow `prompt`, as they are chosen.
 *
 *     for (const id of generateSync(model.session(), prompt, { maxTokens: 100, topK: 40 })) write(decode(id));
 *
 * @param session of a batch of one; it goes on from what it has read, and reads all but the last token
 * @param prompt  at least one token
 * @throws RangeError for an option out of range, or when the session gets too long
 */
export function* generateSync(
  session: TokenSession,
  prompt: ArrayLike<number>,
  options: GenerationOptions,
): Generator<number, void, undefined> {
  expectDecoding("generate", session, options);
  const { maxTokens, stop = [], repetitionPenalty = 1, ...choice } = options;
  const seen = expectPrompt("generate", prompt);
  expectInteger("generate", "maxTokens", maxTokens);
  expectPenalty("generate", repetitionPenalty);
  expectChoice(choice);
  if (session.batch !== 1) fail("generate", "session", "of a batch of 1", String(session.batch));
  let next = seen.slice();
  for (let n = 0; n < maxTokens; n++) {
    const logits = scope(() =>
      session.push(tensor(next, [1, next.length], { dtype: "int32" })).data(),
    );
    penalise(logits, seen, repetitionPenalty);
    const id = choose(logits, choice);
    yield id;
    if (stop.includes(id)) return;
    seen.push(id);
    next = [id];
  }
}

/** The prompt, copied. @throws RangeError when it is empty */
export function expectPrompt(op: string, prompt: ArrayLike<number>): number[] {
  if (!(prompt?.length > 0)) fail(op, "prompt", "to have a token at least", "none");
  return Array.from(prompt);
}

export function expectPenalty(op: string, penalty: number): void {
  expectNumber(op, "repetitionPenalty", penalty);
  if (penalty <= 0) fail(op, "repetitionPenalty", "to be above 0", String(penalty));
}

/** How what runs for long is ended. */
export interface AbortOptions {
  /** Ends it with the signal's reason. */
  signal?: AbortSignal;
}

/**
 * The same without blocking: now and then other tasks get their turn, and `signal` ends it.
 *
 *     const signal = AbortSignal.timeout(5000);
 *     for await (const id of generate(session, prompt, { maxTokens: 100, signal })) write(decode(id));
 *
 * @throws the signal's reason when it is aborted, and what `generateSync` throws
 */
export async function* generate(
  session: TokenSession,
  prompt: ArrayLike<number>,
  options: GenerationOptions & AbortOptions,
): AsyncGenerator<number, void, undefined> {
  expectDecoding("generate", session, options);
  const { signal, ...rest } = options;
  const turn = turns(signal);
  signal?.throwIfAborted();
  for (const id of generateSync(session, prompt, rest)) {
    yield id;
    await turn();
  }
}

/** How long other tasks wait at most, in milliseconds, and in steps, where clocks stand still. */
const [PATIENCE, STEPS] = [8, 32];

/** Lets other tasks have their turn, if they have waited for long; then throws if the signal was given. */
export function turns(signal: AbortSignal | undefined): () => Promise<void> {
  let [since, steps] = [performance.now(), 0];
  return async () => {
    if (++steps >= STEPS || performance.now() - since > PATIENCE) {
      await new Promise((resolve) => setTimeout(resolve));
      [since, steps] = [performance.now(), 0];
    }
    signal?.throwIfAborted();
  };
}
