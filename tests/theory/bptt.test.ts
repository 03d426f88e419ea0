import { add, crossEntropy, Generator, grad, lstmCell, matmul, memory, randn, rnnCell, sub, sum, tensor, type Tensor } from "unrolled"; // prettier-ignore
import { expect, test } from "vitest";
import { type BpttTerms, bpttTerms, type NamedTensors, type Recurrence, unroll } from "../../ts/theory/index.ts"; // prettier-ignore

const [D, H, C] = [2, 3, 4];

function net(cell: "rnn" | "lstm", losses: "last" | "each" = "last") {
  const generator = new Generator(5);
  const draw = (...shape: number[]): Tensor =>
    randn(shape, { dtype: "float64", generator, requiresGrad: true });
  const G = cell === "lstm" ? 4 * H : H;
  const W = { w_ih: draw(G, D), w_hh: draw(G, H), b_ih: draw(G), b_hh: draw(G) };
  const V = { v: draw(C, H) };
  const head = { V, losses, loss: (y: Tensor, t: number) => crossEntropy(y, tensor([t % C], { dtype: "int32" })) }; // prettier-ignore
  const read = (h: Tensor, V: NamedTensors): Tensor => matmul(h, V.v!, { transposeB: true });
  const xs = Array.from({ length: 6 }, () => draw(1, D).detach());
  const simple: Recurrence = {
    ...head,
    W,
    h0: draw(1, H).detach(),
    f: (x, h, W) => rnnCell(x, h, W as typeof V & { w_ih: Tensor; w_hh: Tensor }),
    g: read,
  };
  const long: Recurrence<readonly [Tensor, Tensor]> = {
    ...head,
    W,
    h0: [draw(1, H).detach(), draw(1, H).detach()],
    f: (x, h, W) => lstmCell(x, h, W as typeof V & { w_ih: Tensor; w_hh: Tensor }),
    g: ([h], V) => read(h, V),
  };
  return { simple, long, xs };
}

const worst = (a: NamedTensors, b: readonly Tensor[]): number =>
  Math.max(...Object.values(a).flatMap((g, i) => Array.from(sub(g, b[i]!).data(), Math.abs)));

function autograd(of: Recurrence | Recurrence<readonly [Tensor, Tensor]>, xs: Tensor[]): Tensor[] {
  return grad(unroll(of as Recurrence, xs).run().loss!, Object.values(of.W));
}

test("the terms add up to autograd's gradient, for the RNN and the LSTM, one loss and many", () => {
  for (const losses of ["last", "each"] as const) {
    for (const cell of ["rnn", "lstm"] as const) {
      const { simple, long, xs } = net(cell, losses);
      const of = cell === "rnn" ? simple : long;
      const { sum, loss } = bpttTerms(of as Recurrence, xs);
      expect(worst(sum, autograd(of, xs))).toBeLessThan(1e-10);
      expect(loss).toBeCloseTo(
        unroll(of as Recurrence, xs)
          .run()
          .loss!.item(),
        14,
      );
    }
  }
});

test("three steps have the slide's three terms, the last step's first", () => {
  const { simple, xs } = net("rnn");
  const { terms } = bpttTerms(simple, xs.slice(0, 3));
  expect(terms.map(({ t, k }) => [t, k])).toEqual([[3, 3], [3, 2], [3, 1]]); // prettier-ignore
});

test("the first term is the product on the slide: dL/dy · dy/dh₃ · ∂f_W(x₃, h₂)/∂W", () => {
  const { simple, xs } = net("rnn");
  const three = xs.slice(0, 3);
  const { hs } = unroll(simple, three).run();
  const [h2, h3] = [hs[1]!, hs[2]!];
  const y = matmul(h3, simple.V!.v!, { transposeB: true });
  const p = tensor(y.data() as Float64Array).exp();
  const dy = p.div(sum(p)).sub(tensor([0, 0, 0, 1], { dtype: "float64" })); // softmax − one-hot
  const dh = matmul(dy, simple.V!.v!); // [H]
  const da = dh.mul(sub(1, h3.squeeze(0).square())); // through tanh
  const dW_hh = matmul(da.unsqueeze(1), h2); // da h₂ᵀ
  const term = bpttTerms(simple, three).terms[0]!;
  expect(worst({ w_hh: term.gradient.w_hh! }, [dW_hh])).toBeLessThan(1e-15);
});

test("term k is the gradient of the k-th copy of untied weights", () => {
  const { simple, xs } = net("rnn");
  const untied = unroll(simple, xs, { tied: false });
  const { loss } = untied.run();
  for (const { k, gradient } of bpttTerms(simple, xs).terms) {
    const copies = Object.keys(simple.W).map((name) => untied.params.get(`W.${name}@${k}`)!);
    expect(worst(gradient, grad(loss!, copies, { retainGraph: true }))).toBeLessThan(1e-14);
  }
});

test("truncation at T is exact, below T it is the partial sum", () => {
  const { simple, xs } = net("rnn");
  const whole = bpttTerms(simple, xs);
  const same = (a: BpttTerms, b: NamedTensors): number => worst(a.sum, Object.values(b));
  expect(same(bpttTerms(simple, xs, { truncate: 6 }), whole.sum)).toBe(0);
  expect(same(bpttTerms(simple, xs, { truncate: 99 }), whole.sum)).toBe(0);
  const cut = bpttTerms(simple, xs, { truncate: 2 });
  expect(cut.terms.map(({ k }) => k)).toEqual([6, 5]);
  const [a, b] = whole.terms.map(({ gradient }) => gradient) as [NamedTensors, NamedTensors];
  const partial = Object.fromEntries(Object.keys(a).map((n) => [n, add(a[n]!, b[n]!)]));
  expect(same(cut, partial)).toBe(0);
  expect(same(cut, whole.sum)).toBeGreaterThan(1e-3);
});

test("with a loss at each step every loss has terms of its own", () => {
  const { simple, xs } = net("rnn", "each");
  const places = bpttTerms(simple, xs.slice(0, 3), { truncate: 2 }).terms.map(({ t, k }) => [t, k]);
  expect(places).toEqual([[1, 1], [2, 2], [2, 1], [3, 3], [3, 2]]); // prettier-ignore
});

test("wrong uses are told; weights keep their gradients, and nothing is left behind", () => {
  const { simple, xs } = net("rnn");
  const { loss: _, ...silent } = simple;
  expect(() => bpttTerms(silent, xs)).toThrow("expected a net with a loss");
  expect(() => bpttTerms(simple, [])).toThrow("at least one step");
  for (const truncate of [0, 1.5]) {
    expect(() => bpttTerms(simple, xs, { truncate })).toThrow(`integer above 0, got ${truncate}`);
  }
  const before = memory().tensors;
  const { terms, sum } = bpttTerms(simple, xs);
  expect(simple.W.w_hh!.grad).toBeUndefined();
  for (const g of [...terms.map((t) => t.gradient), sum]) {
    for (const t of Object.values(g)) t.free();
  }
  expect(memory().tensors).toBe(before);
});
