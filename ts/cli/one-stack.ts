/** @file What was captured of a model that is one stack, as the views take it. */

import type { nn } from "unrolled";
import type { Attended } from "./attend.ts";

export function oneStack(
  records: readonly nn.AttentionRecord[],
  given: { tokens: string[]; sentenceBStart?: number | undefined; bidirectional?: boolean },
): Attended {
  const { tokens, sentenceBStart } = given;
  const attention = records.map((record) => record.weights);
  return {
    views: { attention, tokens, sentenceBStart },
    neurons: {
      ...given,
      attention,
      queries: records.map((record) => record.query),
      keys: records.map((record) => record.key),
      scale: records.map((record) => record.scale),
    },
  };
}
