/** @file A transformer that writes past its longest sequence. */

import { type GPT2, type Tensor, tensor, type TokenSession } from "unrolled";

/**
 * One text, with the keys and values of what the model sees of it. When that is full, it begins anew with the later half, so
 * that a character costs the same however long the text is, and sees between half of the longest sequence and all of it.
 */
export function slidingSession(model: GPT2): TokenSession & { free(): void } {
  const longest = model.config.n_positions;
  const session = model.session();
  let seen: number[] = [];
  return {
    batch: 1,
    push(ids: Tensor): Tensor {
      seen = seen.concat(Array.from(ids.data()));
      if (seen.length <= longest) return session.push(ids);
      seen = seen.slice(-Math.ceil(longest / 2));
      session.reset();
      return session.push(tensor(seen, [1, seen.length], { dtype: "int32" }));
    },
    select: (rows) => session.select(rows),
    free: () => session.free(),
  };
}
