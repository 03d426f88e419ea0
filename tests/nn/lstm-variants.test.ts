import { describe, expect, test } from "vitest";
import {
  grad,
  gradcheck,
  gradgradcheck,
  manualSeed,
  nn,
  randn,
  sum,
  type Tensor,
} from "../../ts/index.ts";
import { level } from "../support/given.ts";

const NETS = { PeepholeLSTM: nn.PeepholeLSTM, LayerNormLSTM: nn.LayerNormLSTM } as const;
const H = 3;
const D = 2;
const sigma = (x: number): number => 1 / (1 + Math.exp(-x));

/** What the papers say, in numbers: one layer, one sequence. */
function oracle(kind: keyof typeof NETS, net: nn.CompositeLSTM, xs: number[][]): number[] {
  const p = (name: string): number[] => [...net.stateDict().get(`${name}_l0`)!.data()];
  const product = (w: number[], v: number[]): number[] =>
    Array.from({ length: 4 * H }, (_, r) => v.reduce((s, x, k) => s + w[r * v.length + k]! * x, 0));
  const norm = (a: number[], gain: number[], bias: number[]): number[] => {
    const mean = a.reduce((s, x) => s + x, 0) / a.length;
    const variance = a.reduce((s, x) => s + (x - mean) ** 2, 0) / a.length;
    return a.map((x, k) => ((x - mean) / Math.sqrt(variance + 1e-5)) * gain[k]! + bias[k]!);
  };
  const [W, U, bi, bh] = [p("weight_ih"), p("weight_hh"), p("bias_ih"), p("bias_hh")];
  let [h, c] = [new Array<number>(H).fill(0), new Array<number>(H).fill(0)];
  const hs: number[] = [];
  for (const x of xs) {
    const plus = (a: number[], b: number[]): number[] => a.map((v, k) => v + b[k]!);
    const layerNorm = kind === "LayerNormLSTM";
    const a = layerNorm
      ? plus(norm(product(W, x), p("norm_ih"), bi), norm(product(U, h), p("norm_hh"), bh))
      : plus(plus(product(W, x), bi), plus(product(U, h), bh));
    const peep = layerNorm ? new Array<number>(3 * H).fill(0) : p("weight_c");
    const gate = (g: number, k: number, see: number, cell: number[]): number =>
      sigma(a[g * H + k]! + peep[see * H + k]! * cell[k]!);
    const next = c.map(
      (v, k) => gate(1, k, 1, c) * v + gate(0, k, 0, c) * Math.tanh(a[2 * H + k]!),
    );
    const seen = layerNorm ? norm(next, p("norm_c"), p("bias_c")) : next;
    h = seen.map((v, k) => gate(3, k, 2, next) * Math.tanh(v));
    c = next;
    hs.push(...h);
  }
  return hs;
}

describe.each(["PeepholeLSTM", "LayerNormLSTM"] as const)("%s", (kind) => {
  const Net = NETS[kind];
  const make = (options: nn.RecurrentOptions = {}): nn.CompositeLSTM => {
    manualSeed(4);
    const net = new Net(D, H, { dtype: "float64", ...options });
    for (const p of net.parameters()) nn.init.normal(p); // gains too
    return net;
  };

  test("is what the paper says", () => {
    const net = make();
    level(() => {
      const x = randn([4, 1, D], { dtype: "float64" });
      const want = oracle(kind, net, x.reshape([4, D]).toArray() as number[][]);
      net
        .forward(x)[0]
        .data()
        .forEach((v, i) => {
          expect(Math.abs(v - want[i]!)).toBeLessThan(1e-12);
        });
    });
    net.free();
  });

  test("has its gradients, of the second order too", () => {
    const net = make();
    level(() => {
      const x = randn([2, 1, D], { dtype: "float64", requiresGrad: true });
      const f = (x?: Tensor): Tensor => net.forward(x!)[0];
      expect(gradcheck(f, [x])).toBe(true);
      expect(gradgradcheck(f, [x])).toBe(true);
      const gradients = grad(sum(f(x).square()), net.parameters());
      expect(gradients.every((g) => g.data().some((v) => v !== 0))).toBe(true);
    });
    net.free();
  });

  test("takes the options of all recurrent nets", () => {
    const options = { numLayers: 2, bidirectional: true, batchFirst: true, bias: false } as const;
    const net = make({ ...options, dropout: 0.3, recurrentDropout: 0.3 });
    level(() => {
      const xs = [3, 1, 2].map((n) => randn([n, D], { dtype: "float64" }));
      const packed = nn.packSequence(xs, { enforceSorted: false });
      net.eval();
      const [hs, [hn, cn]] = net.forward(packed);
      expect([hn.shape, cn.shape]).toEqual([
        [4, 3, H],
        [4, 3, H],
      ]);
      nn.unpackSequence(hs).forEach((h, b) => {
        const [alone] = net.forward(xs[b]!);
        h.data().forEach((v, i) => expect(Math.abs(v - alone.data()[i]!)).toBeLessThan(1e-12));
      });
      expect(net.namedParameters().some(([name]) => name.startsWith("bias"))).toBe(false);
      net.train();
      expect(net.forward(packed)[0].data.data()).not.toEqual(hs.data.data());
    });
    net.free();
    expect(() => new Net(D, H, { projSize: 2 } as never)).toThrow(
      /projSize is only there for LSTM/,
    );
  });

  test("its state dict goes out and in", () => {
    const [net, twin] = [make({ bidirectional: true }), make({ bidirectional: true })];
    level(() => {
      for (const p of twin.parameters()) nn.init.zeros(p);
      twin.loadStateDict(net.stateDict());
      const x = randn([3, 2, D], { dtype: "float64" });
      expect(twin.forward(x)[0].data()).toEqual(net.forward(x)[0].data());
      const extra = kind === "PeepholeLSTM" ? ["weight_c_l0"] : ["norm_ih_l0", "norm_c_l0_reverse"];
      expect([...net.stateDict().keys()]).toEqual(expect.arrayContaining(extra));
    });
    [net, twin].forEach((n) => n.free());
  });
});
