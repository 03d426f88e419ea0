import { type Generator, rand } from "unrolled";

/** Numbers from [0, 1), one by one. */
export function dice(generator: Generator): () => number {
  let [values, at]: [Float64Array, number] = [new Float64Array(0), 0];
  return () => {
    if (at === values.length) {
      const drawn = rand([256], { dtype: "float64", generator });
      [values, at] = [drawn.data() as Float64Array, 0];
      drawn.free();
    }
    return values[at++]!;
  };
}
