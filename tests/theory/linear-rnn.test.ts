import { expect, test } from "vitest";
import { linearRnn, type LinearRnnLoss, type LinearRnnOptions } from "../../ts/theory/index.ts";
import { memory } from "unrolled";

/** The slide's numbers. */
const slide = { theta1: 1, theta2: 0, z0: 0, x: [0, 1], y: [1, 3] };
/** Numbers that reach every path: on the slide x₁ = z₀ = z₁ = θ₂ = 0. */
const full = { theta1: 2, theta2: 0.5, z0: 1, x: [1, -1], y: [1, 3] };

const sum = (xs: readonly number[]): number => xs.reduce((a, b) => a + b);

test.each(["float64", "float32"] as const)(
  "the slide's example, to the last bit, in %s",
  (dtype) => {
    const result = linearRnn({ ...slide, dtype });
    expect(result).toMatchObject({ z: [0, 1], losses: [1, 4], loss: 5 });
    expect(result).toMatchObject({ dtheta1: -4, dz: [-2, -4] });
    expect(Math.abs(result.dtheta2)).toBe(0); // 0 · −2
  },
);

test.each(["float64", "float32"] as const)("the second example, through time, in %s", (dtype) => {
  const result = linearRnn({ ...full, dtype });
  expect(result).toMatchObject({ z: [2.5, -0.75], losses: [2.25, 14.0625], loss: 16.3125 });
  expect(result).toMatchObject({ dtheta1: 6.75, dtheta2: -19.5 });
  expect(result.dz).toEqual([3 + 0.5 * -7.5, -7.5]);
  expect(result.dz0).toBe(0.5 * (3 + 0.5 * -7.5));
});

test.each([
  ["sse", -4],
  ["half", -2],
  ["mean", -2],
  ["l1norm", -1],
  ["l2norm", -2 / Math.sqrt(5)],
] as [LinearRnnLoss, number][])("another convention of the loss, %s: %d", (loss, want) => {
  expect(linearRnn({ ...slide, loss }).dtheta1).toBeCloseTo(want, 15);
});

test("the gradient of a tied weight is the sum over its untied copies", () => {
  for (const example of [slide, full]) {
    for (const loss of ["sse", "half", "mean", "l1norm", "l2norm"] as const) {
      const { dtheta1, dtheta2, copies } = linearRnn({ ...example, loss });
      expect(sum(copies.dtheta1)).toBeCloseTo(dtheta1, 14);
      expect(sum(copies.dtheta2)).toBeCloseTo(dtheta2, 14);
    }
  }
  expect(linearRnn(full).copies).toEqual({ dtheta1: [-0.75, 7.5], dtheta2: [-0.75, -18.75] });
});

test("the gradients are those of finite differences", () => {
  const ε = 1e-6;
  for (const loss of ["sse", "half", "mean", "l1norm", "l2norm"] as const) {
    const { dtheta1, dtheta2, dz0 } = linearRnn({ ...full, loss });
    const slope = (name: "theta1" | "theta2" | "z0"): number => {
      const at = (d: number): number =>
        linearRnn({ ...full, loss, [name]: full[name] + d } as LinearRnnOptions).loss;
      return (at(ε) - at(-ε)) / (2 * ε);
    };
    expect(Math.abs(dtheta1 - slope("theta1"))).toBeLessThan(1e-6);
    expect(Math.abs(dtheta2 - slope("theta2"))).toBeLessThan(1e-6);
    expect(Math.abs(dz0 - slope("z0"))).toBeLessThan(1e-6);
  }
});

test("the graph has a copy of the net and a loss node for each step", () => {
  const { graph } = linearRnn(slide);
  const ids = (kind: string): string[] =>
    graph.nodes.filter((node) => node.kind === kind).map(({ id }) => id);
  expect(ids("op")).toEqual(["f1", "f2"]);
  expect(ids("loss")).toEqual(["L1", "L2", "L"]);
  expect(ids("param")).toEqual(["W.theta1", "W.theta2"]);
});

test("one step of gradient descent, by half the gradient, fits the last output", () => {
  const { dtheta1 } = linearRnn(slide);
  expect(linearRnn({ ...slide, theta1: 1 - 0.5 * dtheta1 }).z[1]).toBe(3);
});

test("wrong uses are told, and nothing is left behind", () => {
  const before = memory().tensors;
  expect(() => linearRnn({ ...slide, y: [1] })).toThrow(
    "x and y of one length, at least 1, got 2 and 1",
  );
  expect(() => linearRnn({ ...slide, x: [], y: [] })).toThrow("got 0 and 0");
  expect(() => linearRnn({ ...slide, loss: "max" as never })).toThrow("one of sse, half, mean");
  linearRnn(full);
  expect(memory().tensors).toBe(before);
});
