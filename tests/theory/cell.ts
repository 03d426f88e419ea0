import { add, matmul, randn, reshape, slice, tanh, tensor, Generator, type Tensor } from "unrolled";
import type { Step } from "../../ts/theory/index.ts";

export const [H, I] = [3, 2];

/** h' = tanh(W x + U h + b), all weights in one vector of H (I + H + 1). */
export const cell: Step = (x, h, w) => {
  const part = (from: number, ...shape: number[]): Tensor =>
    reshape(slice(w, 0, from, from + shape.reduce((a, b) => a * b)), shape);
  const W = part(0, H, I);
  const U = part(H * I, H, H);
  const b = part(H * (I + H), H);
  return tanh(add(add(matmul(W, x), matmul(U, h)), b));
};

export function sequence(T: number, seed = 1) {
  const generator = new Generator(seed);
  const draw = (n: number): Tensor => randn([n], { dtype: "float64", generator });
  return {
    xs: Array.from({ length: T }, () => draw(I)),
    h0: draw(H),
    w: draw(H * (I + H + 1)),
  };
}

/** Central differences of y(w): [y.size][w.size]. */
export function differences(f: (w: Tensor) => Tensor, w: Tensor, eps = 1e-5): number[][] {
  const columns = Array.from({ length: w.size }, (_, p) => {
    const at = (d: number): ArrayLike<number> => {
      const moved = w.data() as Float64Array;
      moved[p]! += d;
      return f(tensor(moved, w.shape)).data();
    };
    const [after, before] = [at(eps), at(-eps)];
    return Array.from(after, (y, j) => (y - before[j]!) / (2 * eps));
  });
  return columns[0]!.map((_, j) => columns.map((column) => column[j]!));
}
