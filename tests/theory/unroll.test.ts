import { add, crossEntropy, Generator, grad, lstmCell, matmul, memory, nn, randn, rnnCell, scope, square, sub, sum, tensor, type Tensor } from "unrolled"; // prettier-ignore
import { expect, test } from "vitest";
import { type Recurrence, unroll, type Unrolled } from "../../ts/theory/index.ts";

const [T, B, D, H, C] = [5, 2, 3, 4, 3];

/** A tanh cell with a linear output and the cross-entropy, as on the slide. */
function slideNet(losses: "last" | "each" = "last", cell: "rnn" | "lstm" = "rnn") {
  const generator = new Generator(3);
  const draw = (...shape: number[]): Tensor => randn(shape, { dtype: "float64", generator });
  const weight = (...shape: number[]): Tensor => {
    const w = draw(...shape);
    w.requiresGrad = true;
    return w;
  };
  const G = cell === "lstm" ? 4 * H : H;
  const W = { w_ih: weight(G, D), w_hh: weight(G, H), b_ih: weight(G), b_hh: weight(G) };
  const V = { v: weight(C, H) };
  const targets = tensor([0, 2], { dtype: "int32" });
  const loss = (y: Tensor): Tensor => crossEntropy(y, targets);
  const xs = Array.from({ length: T }, () => draw(B, D));
  return { W, V, loss, losses, xs, h0: draw(B, H), c0: draw(B, H) };
}

function simple(losses: "last" | "each" = "last"): { net: Recurrence; xs: Tensor[] } {
  const { W, V, loss, h0, xs } = slideNet(losses);
  const net: Recurrence = {
    f: (x, h, W) => rnnCell(x, h, W as typeof W & { w_ih: Tensor; w_hh: Tensor }),
    W,
    h0,
    g: (h, V) => matmul(h, V.v!, { transposeB: true }),
    V,
    loss,
    losses,
  };
  return { net, xs };
}

/** The same by a loop. */
function loop({ f, g, W, V = {}, h0, loss, losses }: Recurrence, xs: readonly Tensor[]) {
  let h = h0;
  const hs = xs.map((x) => (h = f(x, h, W)));
  const heads =
    losses === "each" ? hs.map((h, i) => [h, i + 1] as const) : [[h, xs.length] as const];
  const L = heads.map(([h, t]) => loss!(g!(h, V), t)).reduce(add);
  return { hs, L };
}

const flat = (t: Tensor): number[] => Array.from(t.data());
const count = ({ nodes }: Unrolled<never>, kind: string): number =>
  nodes.filter((node) => node.kind === kind).length;

test("values and gradients are the loop's, to the last bit", () => {
  for (const losses of ["last", "each"] as const) {
    const { net, xs } = simple(losses);
    const byLoop = loop(net, xs);
    const { hs, loss } = unroll(net, xs).run();
    expect(hs.map(flat)).toEqual(byLoop.hs.map(flat));
    expect(loss!.item()).toBe(byLoop.L.item());
    const weights = [...Object.values(net.W), ...Object.values(net.V!)];
    expect(grad(loss!, weights).map(flat)).toEqual(grad(byLoop.L, weights).map(flat));
  }
});

test("a module's own weights unroll to what the module computes", () => {
  const rnn = new nn.RNN(D, H, { dtype: "float64" });
  const [w_ih, w_hh] = [rnn.weight_ih_l0!, rnn.weight_hh_l0!];
  const W = { w_ih, w_hh, b_ih: rnn.bias_ih_l0!, b_hh: rnn.bias_hh_l0! };
  const { xs, h0 } = slideNet();
  const { hs } = unroll({ f: (x, h) => rnnCell(x, h, W), W, h0 }, xs).run();
  const [, hn] = scope(() => rnn.forward(stacked(xs), h0.unsqueeze(0)));
  expect(sum(square(sub(hs.at(-1)!, hn.squeeze(0)))).item()).toBeLessThan(1e-28);
  rnn.free();
});

const stacked = (xs: readonly Tensor[]): Tensor =>
  tensor(Float64Array.from(xs.flatMap(flat)), [xs.length, ...xs[0]!.shape]);

test("a state may be several tensors: the LSTM's h and c", () => {
  const { W, h0, c0, xs } = slideNet("last", "lstm");
  const net: Recurrence<readonly [Tensor, Tensor]> = {
    f: (x, state) => lstmCell(x, state, W),
    W,
    h0: [h0, c0],
    g: ([h]) => h,
    loss: (y) => sum(y),
  };
  const { hs, loss } = unroll(net, xs).run();
  let state: readonly [Tensor, Tensor] = [h0, c0];
  for (const x of xs) state = lstmCell(x, state, W);
  expect(hs.at(-1)!.map(flat)).toEqual(state.map(flat));
  expect(loss!.item()).toBe(sum(state[0]).item());
});

test("T blocks, as many params as weights, whatever T", () => {
  for (const length of [1, 3, 5]) {
    const { net, xs } = simple();
    const graph = unroll(net, xs.slice(0, length));
    expect(graph.nodes.filter(({ id }) => /^f\d/.test(id))).toHaveLength(length);
    expect(count(graph as never, "param")).toBe(5);
    expect(count(graph as never, "input")).toBe(length + 1);
    expect(count(graph as never, "loss")).toBe(1);
    expect(graph.params.size).toBe(5);
  }
  const { net, xs } = simple("each");
  expect(count(unroll(net, xs) as never, "loss")).toBe(T + 1);
});

test("every edge goes forward, and every node but the last is read", () => {
  const { net, xs } = simple("each");
  const { nodes, edges } = unroll(net, xs);
  const place = new Map(nodes.map(({ id }, i) => [id, i]));
  expect(place.size).toBe(nodes.length);
  for (const { from, to } of edges) expect(place.get(from)!).toBeLessThan(place.get(to)!);
  const read = new Set(edges.map(({ from }) => from));
  expect(nodes.filter(({ id }) => !read.has(id)).map(({ id }) => id)).toEqual(["L"]);
});

test("each block names the other copies of itself; untied ones have none", () => {
  const { net, xs } = simple();
  const { nodes } = unroll(net, xs.slice(0, 3));
  const shared = new Map(nodes.map(({ id, sharedWith }) => [id, sharedWith]));
  expect(shared.get("f2")).toEqual(["f1", "f3"]);
  expect(shared.get("y3")).toEqual([]);
  const untied = unroll(net, xs, { tied: false }).nodes.filter(({ id }) => id === "f2");
  expect(untied[0]!.sharedWith).toEqual([]);
});

test("the gradient of tied weights is the sum over untied copies", () => {
  const { net, xs } = simple("each");
  const names = Object.keys(net.W);
  const tied = grad(unroll(net, xs).run().loss!, Object.values(net.W));
  const untied = unroll(net, xs, { tied: false });
  const { loss } = untied.run();
  names.forEach((name, i) => {
    const copies = xs.map((_, t) => untied.params.get(`W.${name}@${t + 1}`)!);
    const total = grad(loss!, copies, { retainGraph: true }).reduce(add);
    const worst = Math.max(...flat(sub(total, tied[i]!)).map(Math.abs));
    expect(worst).toBeLessThan(1e-12);
  });
});

test("an empty sequence is refused, and nothing is left behind", () => {
  const { net, xs } = simple();
  expect(() => unroll(net, [])).toThrow("at least one step, got none");
  const before = memory().tensors;
  scope(() => unroll(net, xs, { tied: false }).run().loss!.item());
  expect(memory().tensors).toBe(before);
});
