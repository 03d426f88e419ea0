/** @file How near does a transformer's encoder layer come to the machine's limit, forward and in training? */

import * as u from "unrolled";
import { expectClose } from "./inputs.ts";
import { type Subject, timed, type Work } from "./work.ts";

/** D numbers a token, H heads, F numbers in the feed-forward net, T tokens, B sequences */
const [D, H, F, T, B] = [256, 4, 1024, 128, 8];
const NAME = `encoder layer, d ${D} heads ${H} ff ${F} S ${T} B ${B}`;

export const works = (): Work[] => [
  timed(`${NAME}: forward`, { of: "factor", atMost: 1.2 }, forward),
  timed(`${NAME}: training step`, { of: "factor", atMost: 1.25 }, training),
];

/** Multiplications and additions of the products: q, k, v and the output; Q Kᵀ and A V; the feed-forward net. */
const FLOPS = 2 * T * B * (4 * D * D + 2 * T * D + 2 * D * F);
/** Those of the gradient of the input of q, k and v. */
const INPUT = 2 * T * B * 3 * D * D;

type Layer = u.nn.TransformerEncoderLayer;

const make = (dtype: "float32" | "float64" = "float32"): Layer => {
  u.manualSeed(1);
  return new u.nn.TransformerEncoderLayer(D, H, { dimFeedforward: F, dropout: 0, dtype });
};

function forward(): Subject {
  const layer = make();
  const x = u.randn([T, B, D]);
  return {
    run: () => u.scope(() => void u.noGrad(() => layer.forward(x))),
    flops: FLOPS,
    elements: x.size,
    check: () =>
      u.scope(() => {
        const double = doubleOf(layer);
        const want = double.forward(u.to(x, "float64"));
        expectClose("encoder layer", layer.forward(x).data(), [...want.data()], () => 1e-5);
        double.free();
      }),
    free: () => [layer, x].forEach((held) => held.free()),
  };
}

function training(): Subject {
  const start = () => {
    const layer = make();
    return { layer, adam: new u.optim.Adam(layer.parameters()) };
  };
  let { layer, adam } = start();
  const [x, y] = [u.randn([T, B, D]), u.randn([T, B, D])];
  return {
    run: () =>
      u.scope(() => {
        u.mseLoss(layer.forward(x), y).backward();
        adam.step();
        adam.zeroGrad();
      }),
    flops: 3 * FLOPS - INPUT, // nobody asks for dx
    check: () => checkGradients(layer, x, y),
    reset: () => {
      layer.free();
      adam.free();
      ({ layer, adam } = start());
    },
    free: () => [layer, adam, x, y].forEach((held) => held.free()),
  };
}

function checkGradients(layer: Layer, x: u.Tensor, y: u.Tensor): void {
  const gradients = (layer: Layer): number[][] =>
    u.scope(() => {
      const as = (t: u.Tensor): u.Tensor => u.to(t, layer.linear1.weight.dtype);
      u.mseLoss(layer.forward(as(x)), as(y)).backward();
      const found = [...layer.parameters()].map((p) => [...p.grad!.data()]);
      layer.zeroGrad();
      return found;
    });
  const double = doubleOf(layer);
  const [got, want] = [gradients(layer), gradients(double)];
  double.free();
  want.forEach((w, k) => {
    const largest = w.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    expectClose(`encoder layer, gradient ${k}`, got[k]!, w, () => 1e-5 * largest);
  });
}

/** The same layer in float64. */
function doubleOf(layer: Layer): Layer {
  const double = make("float64");
  u.scope(() => {
    for (const [name, t] of layer.stateDict()) {
      double.loadStateDict({ [name]: u.to(t, "float64") }, { strict: false });
    }
  });
  return double;
}
