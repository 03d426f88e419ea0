/** @file The transformer: its blocks, its positions, its learning rate. */

import {
  Generator,
  indexSelect,
  matmul,
  nn,
  noGrad,
  optim,
  randn,
  scope,
  sub,
  tensor,
  type Tensor,
} from "unrolled";
import { lineChart, type Point } from "../viz/line-chart.ts";
import { matrices } from "../viz/matrices.ts";
import { transformerBlocks } from "../viz/transformer-blocks.ts";
import type { Exhibit, Picture, Verdict } from "./exhibit.ts";
import { above, below, exactly, within } from "./measure.ts";

/** The sizes of the net that is drawn. */
const [E, HEADS, HIDDEN, S, L] = [64, 4, 128, 7, 5];
const LAYERS = { encoder: 2, decoder: 2 };
const WARMUPS = [2000, 4000, 8000];
const STEPS = 20_000;

const apart = (a: Tensor, b: Tensor): number =>
  Math.max(...Array.from(sub(a, b).data(), (v) => Math.abs(v)));

/** A default Transformer's parameters: of a layer on each side six times, and two last norms. */
function parameters(): Verdict {
  const count = (module: nn.Module): number => {
    const n = module.parameters().reduce((sum, p) => sum + p.size, 0);
    module.free();
    return n;
  };
  const layers = count(new nn.TransformerEncoderLayer(512, 8)) + count(new nn.TransformerDecoderLayer(512, 8)); // prettier-ignore
  const [expected, measured] = [44_140_544, 6 * layers + 2 * count(new nn.LayerNorm(512))];
  return {
    what: "parameters of the default transformer",
    expected: String(expected),
    measured: String(measured),
    pass: measured === expected,
  };
}

/** The shapes that flow through a small one, captured, and what it does and does not depend on. */
function flow(generator: Generator): { verdicts: Verdict[]; picture: Picture } {
  const net = new nn.Transformer(E, HEADS, {
    dimFeedforward: HIDDEN,
    numEncoderLayers: LAYERS.encoder,
    numDecoderLayers: LAYERS.decoder,
    batchFirst: true,
    generator,
  }).eval();
  const [src, tgt] = [randn([1, S, E], { generator }), randn([1, L, E], { generator })];
  const tgtMask = nn.Transformer.generateSquareSubsequentMask(L);
  const { result: output, records } = nn.captureAttention(net, () => net.forward(src, tgt, { tgtMask })); // prettier-ignore
  const weights = (kind: string): readonly number[] => records.find((r) => r.kind === kind)!.weights.shape; // prettier-ignore
  const memory = net.encoder.forward(src, {});

  const last = tgt.data();
  for (let e = (L - 1) * E; e < L * E; e++) last[e]! += 1; // another last token
  const changed = net.forward(src, tensor(last, [1, L, E]), { tgtMask });
  const before = (y: Tensor): Tensor => y.slice(1, 0, L - 1);

  const order = tensor(Int32Array.from([3, 0, 6, 2, 5, 1, 4]));
  const mixed = (x: Tensor): Tensor => indexSelect(x, 1, order);
  const positions = nn.sinusoidalPositions(S, E);
  const encode = (x: Tensor): Tensor => net.encoder.forward(x, {});
  const without = apart(encode(mixed(src)), mixed(memory));
  const withPositions = apart(encode(mixed(src).add(positions)), mixed(encode(src.add(positions)))); // prettier-ignore
  net.free();
  return {
    verdicts: [
      exactly("another last target token changes the outputs before it by", 0, apart(before(changed), before(output))),
      below("without positions, an encoder's outputs for another order of tokens are those outputs in that order, but for", 1e-5, without),
      above("with positions they differ by", 0.1, withPositions),
    ],
    picture: {
      caption: `A transformer of ${LAYERS.encoder} + ${LAYERS.decoder} layers, ${HEADS} heads, dModel ${E}: the shapes of one forward pass over ${S} source and ${L} target tokens, as captured.`,
      svg: transformerBlocks({
        layers: LAYERS,
        shapes: {
          src: src.shape,
          tgt: tgt.shape,
          memory: memory.shape,
          output: output.shape,
          encoder: weights("encoder"),
          decoder: weights("decoder"),
          cross: weights("cross"),
          encoderHidden: [1, S, HIDDEN],
          decoderHidden: [1, L, HIDDEN],
        },
      }),
    },
  };
} // prettier-ignore

function positions(): { verdicts: Verdict[]; picture: Picture } {
  const [length, d] = [40, 64];
  const PE = nn.sinusoidalPositions(length, d, { dtype: "float64" });
  const products = matmul(PE, PE, { transposeB: true }).data();
  let most = 0;
  for (let pos = 0; pos < length; pos++) {
    for (let other = pos; other < length; other++) {
      const asFromZero = products[other - pos]!;
      most = Math.max(most, Math.abs(products[pos * length + other]! - asFromZero));
    }
  }
  const values = Array.from(PE.data());
  const rows = Array.from({ length }, (_, pos) => values.slice(pos * d, (pos + 1) * d));
  return {
    verdicts: [
      below("PE(pos) · PE(pos + k) depends on pos by (float64)", 1e-10, most),
      exactly("PE(0, 1) = cos 0", 1, rows[0]![1]!),
    ],
    picture: {
      caption: `Positional encoding: PE(pos, 2i) = sin(pos ∕ 10000^(2i∕d)), PE(pos, 2i + 1) = cos(…). A row is one of ${length} positions, a column one of ${d} numbers.`,
      svg: matrices({ matrices: [{ name: "PE", rows }], scales: true, description: `Heat map of the positional encoding of ${length} positions: quick waves on the left, slow ones on the right` }),
    },
  };
} // prettier-ignore

/** The rate at each step, from the scheduler itself. */
function noam(warmup: number): Float64Array {
  const weight = nn.parameter(tensor([0]));
  const sgd = new optim.SGD([weight], { lr: 1 });
  const schedule = new optim.Noam(sgd, { dModel: 512, warmup });
  const rates = Float64Array.from({ length: STEPS + 1 }, () => {
    const { lr } = sgd.groups[0]!;
    schedule.step();
    return lr;
  });
  sgd.free();
  weight.free();
  return rates;
}

function learningRates(): { verdicts: Verdict[]; picture: Picture } {
  const all = WARMUPS.map((warmup) => ({ warmup, rates: noam(warmup) }));
  const { rates } = all.find(({ warmup }) => warmup === 4000)!;
  const colours = ["#e8590c", "#1c7ed6", "#7048e8"];
  return {
    verdicts: [
      within("largest learning rate of dModel 512, warm-up 4000", 6.98771e-4, Number(Math.max(...rates).toPrecision(6)), 1e-9),
      exactly("at step", 4000, rates.indexOf(Math.max(...rates))),
    ],
    picture: {
      caption: "The learning rate: it grows for the steps of the warm-up, then falls with the square root of the step (dModel 512).",
      svg: lineChart({
        curves: all.map((curve, c) => ({
          name: `warm-up ${curve.warmup}`,
          colour: colours[c]!,
          points: Array.from({ length: STEPS / 50 + 1 }, (_, i): Point => [50 * i, 1e4 * curve.rates[50 * i]!]),
        })),
        xLabel: "steps",
        yLabel: "learning rate · 10⁴",
        description: `Learning rates over ${STEPS} steps for warm-ups of ${WARMUPS.join(", ")} steps`,
      }),
    },
  };
} // prettier-ignore

export const exhibit: Exhibit = {
  id: "S20",
  title: "Transformer: encoder and decoder",
  statement:
    "Attention and feed-forward blocks, stacked. The decoder looks at what it has written, masked, and at what the encoder gives. " +
    "Nothing in it knows of order, so positions are added.",
  run({ progress }) {
    return scope(() =>
      noGrad(() => {
        const own = flow(new Generator(2));
        progress(0.4);
        const [pe, lr] = [positions(), learningRates()];
        progress(0.7);
        const verdicts = [parameters(), ...own.verdicts, ...pe.verdicts, ...lr.verdicts];
        progress(1);
        return { verdicts, pictures: [own.picture, pe.picture, lr.picture] };
      }),
    );
  },
};
