import { expect, test } from "vitest";
import { Generator, matmul, nn, randn, slice, square, tensor } from "../../ts/index.ts";
import { delayedCopy } from "../../ts/theory/delayed-copy.ts";
import { sequentialJacobian } from "../../ts/theory/sequential-jacobian.ts";
import { level } from "../support/given.ts";

test("a product's Jacobian is its matrix, norms over the components", () => {
  level(() => {
    const A = tensor([[1, 0, -2], [0, 3, 4]]); // prettier-ignore
    const x = randn([3, 1]);
    expect(sequentialJacobian((own) => matmul(A, own), x)).toEqual([[1, 0, 2], [0, 3, 4]]); // prettier-ignore
    const both = sequentialJacobian((own) => matmul(own, tensor([[3, 4]])), x);
    expect(both).toEqual([[5, 0, 0], [0, 5, 0], [0, 0, 5]]); // prettier-ignore
  });
});

test("a net without memory attends to the step at hand only", () => {
  level(() => {
    const x = tensor([[1], [2], [3]]);
    expect(sequentialJacobian(square, x)).toEqual([[2, 0, 0], [0, 4, 0], [0, 0, 6]]); // prettier-ignore
  });
});

test("a fused net works, its parameters get no gradient, and the future has no influence", () => {
  const lstm = new nn.LSTM(2, 3, { generator: new Generator(1) });
  level(() => {
    const J = sequentialJacobian((x) => lstm.forward(x)[0], randn([5, 2]));
    J.forEach((row, t) =>
      row.forEach((v, k) => (k > t ? expect(v).toBe(0) : expect(v).toBeGreaterThan(0))),
    );
    expect([...lstm.parameters()].every((p) => p.grad === undefined)).toBe(true);
  });
  lstm.free();
});

test("what is no sequence is refused", () => {
  level(() => {
    expect(() => sequentialJacobian(square, randn([2, 3, 1]))).toThrow(
      /expected x to have two axes/,
    );
    expect(() => sequentialJacobian((x) => x.sum(), randn([2, 3]))).toThrow(
      /expected f\(x\) to have/,
    );
  });
});

test("a delayed copy is delayed", () => {
  level(() => {
    const { x, y } = delayedCopy({ length: 6, batch: 2, lag: 2, generator: new Generator(1) });
    expect([...slice(y, 0, 2).data()]).toEqual([...slice(x, 0, 0, 4).data()]);
    expect([...slice(y, 0, 0, 2).data()]).toEqual([0, 0, 0, 0]);
  });
});
