/** Divides the positive logits of tokens that were seen by the penalty and multiplies the others (Keskar et al. 2019), in place. */
export function penalise(
  logits: { [id: number]: number },
  seen: Iterable<number>,
  penalty: number,
): void {
  if (penalty === 1) return;
  for (const id of new Set(seen)) {
    const x = logits[id]!;
    logits[id] = x > 0 ? x / penalty : x * penalty;
  }
}
