/** @file What there is to see: attentions, and the blocks of them that the filters show. */

/** One attention of a model: its layers over the same tokens. */
export interface Source {
  /** The tokens that attend. */
  left: readonly string[];
  /** The tokens attended to. */
  right: readonly string[];
  /** The numbers of its layers and heads. */
  layers: readonly number[];
  heads: readonly number[];
  /** [layers, H, L, S] */
  weights: ArrayLike<number>;
}

type Range = readonly [from: number, to: number];

/** A choice in the drop-down of attentions: the rows and columns of one source. */
export interface Filter {
  name: string;
  source: number;
  rows: Range;
  columns: Range;
}

/** What one layer's heads show at a time. */
export interface Block {
  left: readonly string[];
  right: readonly string[];
  heads: readonly number[];
  /** [H, L, S] */
  weights: Float64Array;
}

export const all = (name: string, source: number, { left, right }: Source): Filter => ({
  name,
  source,
  rows: [0, left.length],
  columns: [0, right.length],
});

/** All, A→A, B→B, A→B and B→A of a pair of sentences. Together the four are All. */
export function pairFilters(source: Source, start: number): Filter[] {
  const n = source.left.length;
  const [A, B]: [Range, Range] = [
    [0, start],
    [start, n],
  ];
  const of = (name: string, rows: Range, columns: Range): Filter => ({
    name,
    source: 0,
    rows,
    columns,
  });
  return [
    all("All", 0, source),
    of("Sentence A → Sentence A", A, A),
    of("Sentence B → Sentence B", B, B),
    of("Sentence A → Sentence B", A, B),
    of("Sentence B → Sentence A", B, A),
  ];
}

/** The rows and columns of a filter, of the layer at a place in `source.layers`. */
export function blockOf(
  source: Source,
  layer: number,
  { rows, columns }: Pick<Filter, "rows" | "columns">,
): Block {
  const { left, right, heads } = source;
  const [H, L, S] = [heads.length, left.length, right.length];
  const weights: number[] = [];
  for (let h = 0; h < H; h++) {
    for (let i = rows[0]; i < rows[1]; i++) {
      const row = ((layer * H + h) * L + i) * S;
      for (let j = columns[0]; j < columns[1]; j++) weights.push(source.weights[row + j]!);
    }
  }
  return {
    left: left.slice(...rows),
    right: right.slice(...columns),
    heads,
    weights: Float64Array.from(weights),
  };
}
