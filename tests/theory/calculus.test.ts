import { add, cos, exp, grad, matmul, memory, mul, nn, noGrad, randn, scope, sin, square, sub, sum, tensor, type Tensor, zeros } from "unrolled"; // prettier-ignore
import { expect, test } from "vitest";
import { jacobian, jvp, partial, total, vjp } from "../../ts/theory/index.ts";

/** f(a, b) = a² − b² and g = sin, from the lecture. */
const f = (a: Tensor, b: Tensor): Tensor => sub(square(a), square(b));
const h = (x: Tensor): Tensor => f(x, sin(x));

const f64 = (values: number | number[]): Tensor => tensor(values, { dtype: "float64" });

test("∂₀ and ∂₁ are the derivatives by a slot, whatever the arguments depend on", () => {
  const x = f64(0.7);
  expect(partial(f, 0)(x, sin(x)).item()).toBe(1.4);
  expect(partial(f, 1)(x, sin(x)).item()).toBe(-2 * sin(x).item());
  expect(partial(f, 1)(x, x).item()).toBe(-1.4); // the same tensor twice
});

test("the total derivative of x² − sin² x is 2x − sin 2x", () => {
  expect(total(h)(0.7).item()).toBeCloseTo(0.41455027001153966, 15);
  scope(() => {
    for (const x of randn([100], { dtype: "float64" }).data()) {
      const want = scope(() => sub(2 * x, sin(f64(2 * x))).item());
      expect(Math.abs(total(h)(x).item() - want)).toBeLessThan(1e-12);
    }
  });
});

test("the chain rule: total = ∂₀ + ∂₁ g′", () => {
  const x = f64(0.7);
  const chained = add(partial(f, 0)(x, sin(x)), mul(partial(f, 1)(x, sin(x)), partial(sin, 0)(x)));
  expect(chained.item()).toBeCloseTo(total(h)(x).item(), 15);
});

test("derivatives of derivatives: partial of partial, total of total", () => {
  expect(partial(partial(f, 0), 0)(0.7, 0.6).item()).toBe(2);
  expect(partial(partial(f, 0), 1)(0.7, 0.6).item()).toBe(0);
  const second = total(total(h))(0.7).item(); // 2 − 2 cos 2x
  expect(second).toBeCloseTo(2 - 2 * cos(f64(1.4)).item(), 14);
  expect(total(total(total(h)))(0.7).item()).toBeCloseTo(4 * sin(f64(1.4)).item(), 13);
});

test("a Jacobian has the axes of y, then those of x", () => {
  const [a, b] = [randn([2, 3], { dtype: "float64" }), randn([3, 4], { dtype: "float64" })];
  const [da, db] = jacobian((a, b) => matmul(a!, b!), [a, b]);
  expect(da!.shape).toEqual([2, 4, 2, 3]);
  expect(db!.shape).toEqual([2, 4, 3, 4]);
  const at = (t: Tensor, ...index: number[]): number =>
    index.reduce<unknown>((part, i) => (part as unknown[])[i], t.toArray()) as number;
  expect(at(da!, 1, 2, 1, 0)).toBe(at(b, 0, 2)); // ∂C_ij / ∂A_ik = B_kj
  expect(at(da!, 1, 2, 0, 0)).toBe(0);
  expect(at(db!, 1, 2, 0, 2)).toBe(at(a, 1, 0)); // ∂C_ij / ∂B_kj = A_ik
});

test("what y does not depend on has a Jacobian of zeros", () => {
  const [da, db] = jacobian((a) => square(a!), [f64([1, 2]), f64([3, 4, 5])]);
  expect(da!.toArray()).toEqual([[2, 0], [0, 4]]); // prettier-ignore
  expect(db!.toArray()).toEqual([[0, 0, 0], [0, 0, 0]]); // prettier-ignore
  expect(partial((a) => a!, 1)(1, 2).item()).toBe(0);
  expect(jacobian((a) => a!, [zeros([0])])[0]!.shape).toEqual([0, 0]);
});

test("vjp and jvp are the Jacobian from the left and from the right", () => {
  const g = (a: Tensor, b: Tensor): Tensor => mul(sin(matmul(a, b)), exp(b));
  const [a, b] = [randn([3, 3], { dtype: "float64" }), randn([3], { dtype: "float64" })];
  const [da, db] = [randn([3, 3], { dtype: "float64" }), randn([3], { dtype: "float64" })];
  const u = randn([3], { dtype: "float64" });
  const [Ja, Jb] = jacobian(g, [a, b]) as [Tensor, Tensor];

  const { y, dxs } = vjp(g, [a, b], u);
  const left = (J: Tensor): Tensor => matmul(u, J.reshape([3, -1]));
  expect(distance(dxs[0]!.flatten(), left(Ja))).toBeLessThan(1e-14);
  expect(distance(dxs[1]!, left(Jb))).toBeLessThan(1e-14);

  const forward = jvp(g, [a, b], [da, db]);
  const right = add(matmul(Ja.reshape([3, 9]), da.flatten()), matmul(Jb, db));
  expect(distance(forward.dy, right)).toBeLessThan(1e-14);
  expect(forward.y.toArray()).toEqual(y.toArray());
});

test("jvp of what does not move is 0, and can itself be differentiated", () => {
  expect(jvp(() => f64([1, 2]), [f64(3)], [f64(1)]).dy.toArray()).toEqual([0, 0]);
  const x = tensor(0.7, { dtype: "float64", requiresGrad: true });
  const { dy } = jvp(h, [x], [f64(1)]); // h′(x)
  expect(grad(dy, [x])[0]!.item()).toBeCloseTo(2 - 2 * cos(f64(1.4)).item(), 14);
});

test("a fused net has vjps; its jvp names the composite", () => {
  const lstm = new nn.LSTM(2, 3, { dtype: "float64" });
  const x = randn([4, 1, 2], { dtype: "float64" });
  const out = (x: Tensor): Tensor => lstm.forward(x)[0];
  const [dx] = vjp(out, [x], randn([4, 1, 3], { dtype: "float64" })).dxs;
  expect(dx!.shape).toEqual([4, 1, 2]);
  expect(() => jvp(out, [x], [x])).toThrow("use lstmCell");
  lstm.free();
});

test("arguments and parameters keep their gradients and graphs", () => {
  const x = tensor(0.7, { dtype: "float64", requiresGrad: true });
  const y = sin(x);
  total(h)(y);
  expect(x.grad).toBeUndefined();
  expect(grad(y, [x])[0]!.item()).toBeCloseTo(cos(f64(0.7)).item(), 15);
});

test("nothing is left behind", () => {
  const before = memory().tensors;
  scope(() => {
    const x = f64([1, 2]);
    const held = memory().tensors;
    const J = jacobian(h, [x])[0]!;
    expect(memory().tensors).toBe(held + 1);
    J.free();
  });
  expect(memory().tensors).toBe(before);
});

test("wrong uses are told", () => {
  expect(() => partial(f, 2)(1, 2)).toThrow(
    "partial: expected i to be one of 2 arguments, counted from 0, got 2",
  );
  expect(() => partial(f, 0.5)(1, 2)).toThrow("got 0.5");
  expect(() => noGrad(() => total(h)(1))).toThrow("leave noGrad first");
  expect(() => jvp(f, [f64(1), f64(2)], [f64(1)])).toThrow("expected 2 directions");
  expect(() => vjp(h, [f64([1, 2])], f64([1, 2, 3]))).toThrow("expected the gradient");
});

const distance = (a: Tensor, b: Tensor): number => sum(square(sub(a, b))).item() ** 0.5;
