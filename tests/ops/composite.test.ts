import { describe, expect, test } from "vitest";
import { grad, manualSeed, mul, randn, sum, type Tensor, type Weights } from "../../ts/index.ts";
import {
  compositeGru,
  compositeLstm,
  compositeRnn,
  type CompositeOptions,
} from "../../ts/ops/composite.ts";
import { gruLayer, type LayerResult, lstmLayer, rnnLayer } from "../../ts/ops/recurrent-layer.ts";
import { level } from "../support/given.ts";
import { close, FLOAT64 } from "../support/tolerances.ts";

type Layer = (
  x: Tensor,
  initial: (Tensor | undefined)[],
  weights: Weights,
  options: CompositeOptions,
) => Tensor[];

const list = ({ hs, final }: LayerResult): Tensor[] => [hs, ...final];

const elman = (nonlinearity: "tanh" | "relu"): { fused: Layer; composite: Layer } => ({
  fused: (x, initial, w, o) => list(rnnLayer(x, initial, w, { ...o, nonlinearity })),
  composite: (x, [h0], w, o) => Object.values(compositeRnn(x, h0, w, { ...o, nonlinearity })),
});

const KINDS: Record<string, { gates: number; fused: Layer; composite: Layer }> = {
  rnn: { gates: 1, ...elman("tanh") },
  "relu rnn": { gates: 1, ...elman("relu") },
  lstm: {
    gates: 4,
    fused: (...args) => list(lstmLayer(...args)),
    composite: (x, [h0, c0], w, o) => Object.values(compositeLstm(x, h0, c0, w, o)),
  },
  gru: {
    gates: 3,
    fused: (...args) => list(gruLayer(...args)),
    composite: (x, [h0], w, o) => Object.values(compositeGru(x, h0, w, o)),
  },
};

const SIZES = [
  { T: 1, B: 1, D: 1, H: 1 },
  { T: 4, B: 3, D: 5, H: 7 },
  { T: 5, B: 6, D: 2, H: 17 },
];

describe.each(Object.keys(KINDS))("the %s over a sequence is its cell at every step", (kind) => {
  const { gates: G, fused, composite } = KINDS[kind]!;
  const variants = ["plain", "reverse", "packed", "packed, reverse", "no biases", "states"];
  if (kind === "lstm") variants.push("projected", "projected, packed, reverse, states");

  test.each(variants)("%s", (variant) => {
    const has = (word: string): boolean => variant.includes(word);
    for (const { T, B, D, H } of SIZES) {
      level(() => {
        manualSeed(T);
        const make = (...shape: number[]): Tensor =>
          randn(shape, { dtype: "float64", requiresGrad: true });
        // From B rows at the first step to one at the last
        const sizes = Array.from({ length: T }, (_, t) => Math.max(1, B - t));
        const batchSizes = has("packed") ? sizes : undefined;
        const P = has("projected") ? Math.ceil(H / 2) : H;
        const weights = {
          w_ih: make(G * H, D),
          w_hh: make(G * H, P),
          ...(!has("no biases") && { b_ih: make(G * H), b_hh: make(G * H) }),
          ...(has("projected") && { w_hr: make(P, H) }),
        };
        const total = sizes.reduce((a, b) => a + b);
        const x = batchSizes ? make(total, D) : make(T, B, D);
        const [h0, c0] = has("states") ? [make(B, P), make(B, H)] : [];
        const options = { reverse: has("reverse"), batchSizes };
        const [got, want] = [fused, composite].map((f) => f(x, [h0, c0], weights, options));

        const given = [x, h0, kind === "lstm" ? c0 : undefined, ...Object.values(weights)];
        const inputs = given.filter((t) => t !== undefined);
        const cotangents = want!.map((y) => randn(y.shape, { dtype: "float64" }));
        const gradients = [got!, want!].map((ys) => {
          const parts = ys.map((y, i) => sum(mul(y, cotangents[i]!)));
          return grad(parts, inputs, { allowUnused: true });
        });
        want!.forEach((w, i) => expectClose(got![i]!, w, `output ${i}`));
        gradients[1]!.forEach((w, i) => w && expectClose(gradients[0]![i]!, w, `gradient ${i}`));
      });
    }
  });
});

function expectClose(got: Tensor, want: Tensor, what: string): void {
  expect(got.shape, what).toEqual(want.shape);
  const w = want.data();
  got.data().forEach((g, i) => {
    if (!close(g, w[i]!, 10 * FLOAT64)) expect.fail(`${what}[${i}]: ${g}, not ${w[i]}`);
  });
}
