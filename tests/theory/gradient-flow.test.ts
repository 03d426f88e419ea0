import { Generator, lstmCell, matmul, memory, randn, rnnCell, scope, tensor, type Tensor } from "unrolled"; // prettier-ignore
import { expect, test } from "vitest";
import { gradientFlow, jacobian, spectralNorm } from "../../ts/theory/index.ts";

const generator = new Generator(2);
const draw = (...shape: number[]): Tensor => randn(shape, { dtype: "float64", generator });
const [T, D, H] = [6, 2, 3];
const xs = Array.from({ length: T }, () => draw(1, D));

test("the norms are those of dhᵀ ∂h_T/∂h_t", () => {
  const W = { w_ih: draw(H, D), w_hh: draw(H, H) };
  const [h0, dh] = [draw(1, H), draw(1, H)];
  const flow = gradientFlow((x, h: Tensor) => rnnCell(x, h, W), xs, h0, dh);
  expect(flow).toHaveLength(T);
  let h = h0;
  for (let t = 1; t <= T; t++) {
    h = rnnCell(xs[t - 1]!, h, W);
    const rest = (h: Tensor): Tensor => xs.slice(t).reduce((h, x) => rnnCell(x, h, W), h);
    const [J] = jacobian((h) => rest(h!), [h]);
    const row = matmul(dh.reshape([1, H]), J!.reshape([H, H])).data() as Float64Array;
    expect(flow[t - 1]![0]).toBeCloseTo(Math.hypot(...row), 13);
  }
});

test("an LSTM has a norm for h and one for c, which goes through h too", () => {
  const W = { w_ih: draw(4 * H, D), w_hh: draw(4 * H, H) };
  const [h0, c0, dh] = [draw(1, H), draw(1, H), draw(1, H)];
  const step = (x: Tensor, [h, c]: readonly [Tensor, Tensor]): readonly [Tensor, Tensor] =>
    lstmCell(x, [h, c], W);
  const flow = gradientFlow<readonly [Tensor, Tensor]>(step, xs.slice(0, 1), [h0, c0], dh);
  expect(flow[0]).toHaveLength(2);
  expect(flow[0]![0]).toBeCloseTo(Math.hypot(...(dh.data() as Float64Array)), 14);
  expect(flow[0]![1]).toBeGreaterThan(0);
});

test("nothing is left behind", () => {
  const W = { w_ih: draw(H, D), w_hh: draw(H, H) };
  scope(() => {
    const [h0, dh] = [draw(1, H), draw(1, H)];
    const before = memory().tensors;
    gradientFlow((x, h: Tensor) => rnnCell(x, h, W), xs, h0, dh);
    expect(memory().tensors).toBe(before);
  });
});

test("the spectral norm: diagonal, rotated, not square, zero", () => {
  expect(spectralNorm(tensor([[3, 0], [0, -4]]))).toBeCloseTo(4, 6); // prettier-ignore
  expect(spectralNorm(tensor([[0, -2], [2, 0]]))).toBeCloseTo(2, 12); // prettier-ignore
  expect(spectralNorm(tensor([[3, 4]]))).toBeCloseTo(5, 12);
  expect(spectralNorm(tensor([[1, 1], [1, 1], [1, 1]]))).toBeCloseTo(Math.sqrt(6), 12); // prettier-ignore
  expect(spectralNorm(tensor([[0, 0]]))).toBe(0);
  expect(() => spectralNorm(tensor([1, 2]))).toThrow("expected a matrix");
});
