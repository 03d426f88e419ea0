/**
 * @file The order in which shards are added up: as the leaves of a binary tree, so that a thread adds up neighbours by itself
 * and the bits are the same however many threads there are.
 */

/** Things `from` to `to` (exclusive). */
export type Range = readonly [from: number, to: number];

/** Part k of n things in as many as `parts` equal parts. */
export const part = (n: number, k: number, parts: number): Range => [
  Math.floor((k * n) / parts),
  Math.floor(((k + 1) * n) / parts),
];

export const isWithin = ([from, to]: Range, [first, end]: Range): boolean =>
  first <= from && to <= end;

/** The widest nodes of the tree under `node` that lie within `held`. */
export function widest(held: Range, node: Range): Range[] {
  if (isWithin(node, held)) return [node];
  const [from, to] = node;
  if (to <= held[0] || held[1] <= from) return [];
  return halves(node).flatMap((half) => widest(held, half));
}

/** The sum of the tree under `node`, from the values of nodes that have one; `valueOf` gets a node's first shard. */
export function sumOf<T>(
  node: Range,
  hasValue: (node: Range) => boolean,
  valueOf: (first: number) => T,
  add: (a: T, b: T) => T,
): T {
  if (hasValue(node)) return valueOf(node[0]);
  const [left, right] = halves(node);
  const a = sumOf(left, hasValue, valueOf, add);
  return add(a, sumOf(right, hasValue, valueOf, add));
}

function halves([from, to]: Range): [Range, Range] {
  const middle = (from + to) >> 1;
  return [
    [from, middle],
    [middle, to],
  ];
}
