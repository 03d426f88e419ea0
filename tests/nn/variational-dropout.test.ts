import { describe, expect, test } from "vitest";
import { Generator, grad, nn, ones, randn, sum } from "../../ts/index.ts";
import { expectRefusal, given, level } from "../support/given.ts";

const { VariationalDropout } = nn;

/** Which features of each sequence were dropped, at every step. */
const zeros = (steps: number[][]): string[] => steps.map((s) => s.map((v) => +(v === 0)).join(""));

describe("VariationalDropout", () => {
  test.each([false, true])(
    "drops the same features at every step, with batchFirst %s",
    (batchFirst) => {
      level(() => {
        const dropout = new VariationalDropout(0.5, { batchFirst, generator: new Generator(1) });
        const x = ones(batchFirst ? [4, 7, 32] : [7, 4, 32], { requiresGrad: true });
        const y = dropout.forward(x);
        const sequences = Array.from({ length: 4 }, (_, b) =>
          zeros(y.select(batchFirst ? 0 : 1, b).toArray() as number[][]),
        );
        for (const steps of sequences) expect(new Set(steps).size).toBe(1);
        expect(new Set(sequences.map(([first]) => first)).size).toBe(4);
        expect(new Set(y.data())).toEqual(new Set([0, 2]));
        expect(grad(sum(y), [x])[0]!.data()).toEqual(y.data());
        expect(dropout.forward(x).data()).not.toEqual(y.data());
      });
    },
  );

  test("does so in a packed sequence", () => {
    level(() => {
      const xs = [3, 5, 1].map((n) => ones([n, 32]));
      const packed = nn.packSequence(xs, { enforceSorted: false });
      const dropped = nn.unpackSequence(new VariationalDropout(0.5).forward(packed));
      const patterns = dropped.map((y) => new Set(zeros(y.toArray() as number[][])));
      expect(patterns.map((p) => p.size)).toEqual([1, 1, 1]);
      expect(new Set(patterns.flatMap((p) => [...p])).size).toBe(3);
    });
  });

  test("does nothing in evaluation, and with p = 0", () => {
    level(() => {
      const x = randn([2, 2, 2]);
      expect(new VariationalDropout(0.5).eval().forward(x)).toBe(x);
      expect(new VariationalDropout(0).forward(x)).toBe(x);
    });
  });

  test("refuses what it cannot do", () => {
    expectRefusal(() => new VariationalDropout(1.5), /p to be a number from 0 to 1/);
    expectRefusal(
      () => new VariationalDropout(0.5).forward(given([2, 2])),
      /x to have 3 dimensions/,
    );
    expectRefusal(() => new VariationalDropout(0.5).forward(3 as never), /x to be a tensor/);
  });
});

describe.each(["RNN", "LSTM", "GRU"] as const)("%s", (kind) => {
  test("with variational: true drops the same outputs between layers at every step", () => {
    const options = { numLayers: 2, dropout: 0.9, generator: new Generator(3) };
    const net = new nn[kind](1, 4, { ...options, variational: true });
    level(() => {
      // Then a step of the second layer is 0 if all that it reads was dropped.
      nn.init.zeros(net.weight_hh_l1!);
      nn.init.zeros(net.bias_ih_l1!);
      nn.init.zeros(net.bias_hh_l1!);
      const x = ones([200, 1, 1]);
      let silent = 0;
      for (let run = 0; run < 20; run++) {
        const hs = net.forward(x)[0].toArray() as number[][][];
        const quiet = hs.filter(([step]) => step!.every((v) => v === 0)).length;
        expect([0, 200]).toContain(quiet);
        if (quiet === 200) silent++;
      }
      expect(silent).toBeGreaterThan(5); // 0.9⁴ = 0.66 of 20
      expect(silent).toBeLessThan(20);
    });
    net.free();
  });

  test("recurrentDropout drops the same of h at every step, in training only", () => {
    const net = new nn[kind](1, 2, {
      recurrentDropout: 0.5,
      dtype: "float64",
      generator: new Generator(2),
    });
    level(() => {
      const x = randn([6, 1, 1], { dtype: "float64" });
      const results = new Set<string>();
      for (let run = 0; run < 40; run++) results.add(String(net.forward(x)[0].data()));
      expect(results.size).toBe(4); // two units, dropped or not, whatever the number of steps
      net.eval();
      expect(net.forward(x)[0].data()).toEqual(net.forward(x)[0].data());
      expect(results).not.toContain(String(net.forward(x)[0].data()));
    });
    net.free();
  });

  test("gradients flow through both, packed too", () => {
    const net = new nn[kind](2, 3, {
      numLayers: 2,
      dropout: 0.3,
      variational: true,
      recurrentDropout: 0.3,
    });
    level(() => {
      const xs = [4, 2].map((n) => randn([n, 2], { requiresGrad: true }));
      const [hs] = net.forward(nn.packSequence(xs));
      for (const g of grad(sum(hs.data), [...xs, ...net.parameters()])) {
        expect(g.data().every(Number.isFinite)).toBe(true);
      }
    });
    net.free();
  });
});
