import type { Tensor } from "../../core/tensor.ts";

/** What decoding asks of a session, whatever the model: `GPT2`, `T5` and `CharLM` give one. */
export interface TokenSession {
  /** B, how many sequences are read side by side. */
  readonly batch: number;
  /** Reads the next tokens, int32 [B] or [B, L]; gives the logits for what follows, [B, V]. */
  push(ids: Tensor): Tensor;
  /** Lets sequence b go on from what sequence rows[b] has read. */
  select(rows: readonly number[]): unknown;
}

/** Throws a TypeError unless the two are there: a session, and an object of options. */
export function expectDecoding(op: string, session: unknown, options: unknown): void {
  const { push, batch } = Object(session) as Partial<TokenSession>;
  if (typeof push !== "function" || typeof batch !== "number") {
    throw new TypeError(
      `${op}: expected a session, as model.session() gives, got ${typeof session}`,
    );
  }
  if (typeof options !== "object" || options === null) {
    throw new TypeError(`${op}: expected options with maxTokens, got ${String(options)}`);
  }
}
