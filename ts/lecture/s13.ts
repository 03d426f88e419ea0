import { crossEntropy, Generator, matmul, pad, randn, scope, tensor, type Tensor } from "unrolled";
import { FRAMES, MEL_BANDS, PHONEMES, syllables } from "../theory/phonemes.ts";
import { StackedNet } from "../theory/stacked-net.ts";
import { delayed, linearRnnAsConvolution, TDNN } from "../theory/tdnn.ts";
import { tdnnFigure } from "../viz/tdnn-figure.ts";
import type { Exhibit, ExhibitOptions, Verdict } from "./exhibit.ts";
import { accuracy, fit } from "./fit.ts";
import { bar, forSeeds, percent } from "./seeds.ts";

const [STEPS, BATCH, TESTED] = [800, 64, 1000];
/** Frames by which a sound begins late, or early, in training; and in the test, never heard before. */
const SEEN = [-4, 0, 4];
const UNSEEN = [-3, -2, -1, 1, 2, 3];

function trial(seed: number, progress: (done: number) => void) {
  const generator = new Generator(seed);
  const tdnn = new TDNN(MEL_BANDS, { generator });
  const stacked = new StackedNet(FRAMES, MEL_BANDS, 8, PHONEMES.length, { generator });
  const inTime = (x: Tensor): Tensor => x.permute([2, 0, 1]); // [T, B, bands]
  const answers = [(x: Tensor) => tdnn.forward(x), (x: Tensor) => stacked.forward(inTime(x))];
  const [byTdnn, byStacked] = [tdnn, stacked].map((net, i) => {
    const answer = answers[i]!;
    const loss = (): Tensor => {
      const { x, y } = syllables(BATCH, SEEN, generator);
      return crossEntropy(answer(x), y);
    };
    fit(net, loss, { steps: STEPS, lr: 3e-2, progress: (done) => progress((i + done) / 2) });
    const [seen, unseen] = [SEEN, UNSEEN].map((shifts) =>
      scope(() => {
        const { x, y } = syllables(TESTED, shifts, generator);
        return accuracy(() => answer(x), y);
      }),
    );
    return { seen: seen!, unseen: unseen! };
  });
  const shown = scope(() => {
    const { x, y } = syllables(1, [2], generator);
    const [first, second] = tdnn.activations(x);
    const evidence = Array.from(tdnn.forward(x).data());
    const rows = (t: Tensor): number[][] => t.select(0, 0).toArray() as number[][]; // [1, rows, steps]
    return {
      phoneme: PHONEMES[y.item()]!,
      input: rows(x),
      layers: [
        { units: rows(first!), window: 3 },
        { units: rows(second!), window: 5 },
      ],
      evidence,
    };
  });
  tdnn.free();
  stacked.free();
  return { tdnn: byTdnn!, stacked: byStacked!, shown };
}

/** The TDNN by its definition beside the TDNN by conv1d, in float64. */
function equivalence(): Verdict {
  return scope(() => {
    const generator = new Generator(13);
    const tdnn = new TDNN(MEL_BANDS, { dtype: "float64", generator });
    let x = randn([MEL_BANDS, FRAMES], { dtype: "float64", generator });
    let [largest, ulps] = [0, 0];
    for (const layer of tdnn.layers) {
      const { inChannels: inputs, outChannels: units, kernelSize: window } = layer;
      const taps = layer.weight.data();
      const byDelay = taps.map((_, i) => taps[i - (i % window) + window - 1 - (i % window)]!);
      const wanted = delayed(x.data(), byDelay, layer.bias!.data(), { inputs, units, window });
      const got = layer.forward(x);
      got.data().forEach((y, i) => {
        const difference = Math.abs(y - wanted[i]!);
        largest = Math.max(largest, difference);
        ulps = Math.max(ulps, difference / ulp(wanted[i]!));
      });
      x = got.sigmoid();
    }
    tdnn.free();
    return {
      what: "conv1d and the sum over delays, largest difference (float64)",
      expected: "≤ 1e-12",
      measured: `${largest} (${ulps} ulp)`,
      pass: largest <= 1e-12,
    };
  });
}

/** The distance from |x| to the next float64. */
function ulp(x: number): number {
  const bits = new BigUint64Array(new Float64Array([Math.abs(x)]).buffer);
  bits[0]! += 1n;
  return new Float64Array(bits.buffer)[0]! - Math.abs(x);
}

/** A sound that comes later moves the activations as much, to the last bit. */
function equivariance(): Verdict {
  return scope(() => {
    const generator = new Generator(14);
    const tdnn = new TDNN(MEL_BANDS, { generator });
    const sound = randn([MEL_BANDS, 9], { generator });
    const heard = (before: number): Tensor =>
      tdnn.activations(pad(sound, [before, 12 - before]).unsqueeze(0))[1]!;
    const base = heard(6);
    const steps = base.shape[2]!;
    let different = 0;
    for (let shift = -4; shift <= 4; shift++) {
      const moved = heard(6 + shift);
      const [a, b] = [base, moved].map((y) => y.data());
      a!.forEach((value, i) => {
        const t = (i % steps) + shift;
        if (t >= 0 && t < steps && b![i + shift] !== value) different++;
      });
    }
    tdnn.free();
    return {
      what: "activations that do not move with a sound moved by −4 to 4 frames",
      expected: "0, bit for bit",
      measured: `${different}`,
      pass: different === 0,
    };
  });
}

/** "Some RNN are spatio-temporal convolutions": the linear ones. */
function linearRnn(): Verdict {
  return scope(() => {
    const generator = new Generator(15);
    const [D, H, O, T] = [3, 6, 2, 40];
    const draw = (...shape: number[]): Tensor => randn(shape, { dtype: "float64", generator });
    const [A, B, C, x] = [draw(H, H).mul(0.3), draw(H, D), draw(O, H), draw(D, T)];
    const y = linearRnnAsConvolution(x, A, B, C);
    let h = tensor(new Float64Array(H), [H, 1]);
    let largest = 0;
    for (let t = 0; t < T; t++) {
      h = matmul(A, h).add(matmul(B, x.slice(1, t, t + 1)));
      matmul(C, h)
        .data()
        .forEach((value, o) => {
          largest = Math.max(
            largest,
            Math.abs(value - y.data()[o * T + t]!) / Math.max(1, Math.abs(value)),
          );
        });
    }
    return {
      what: "a linear RNN and the convolution with the kernel C Aᵏ B, largest relative difference over 40 steps",
      expected: "≤ 1e-10",
      measured: largest.toExponential(1),
      pass: largest <= 1e-10,
    };
  });
}

function layerWeights(): number[] {
  const tdnn = new TDNN(MEL_BANDS);
  const counts = [...tdnn.layers].map((layer) =>
    [...layer.parameters()].reduce((n, p) => n + p.size, 0),
  );
  tdnn.free();
  return counts;
}

function run(options: ExhibitOptions) {
  const trials = forSeeds(options, trial);
  const weights = layerWeights();
  const [{ phoneme, ...shown }] = trials.map((t) => t.shown) as [(typeof trials)[0]["shown"]];
  const verdicts = [
    equivalence(),
    equivariance(),
    linearRnn(),
    { what: "weights of the two layers", expected: "392 and 123", measured: weights.join(" and "), pass: weights.join() === "392,123" },
    bar("TDNN trained on b, d and g in time or 4 frames early or late, tested on 1 to 3", "≥ 97 %", trials.map((t) => t.tdnn.unseen), (x) => x >= 0.97, percent),
    bar("stacked net with as many hidden units, on those it was trained on", "≥ 90 %", trials.map((t) => t.stacked.seen), (x) => x >= 0.9, percent),
    bar("the same, tested on 1 to 3: at least 10 points below the TDNN's bar", "≤ 87 %", trials.map((t) => t.stacked.unseen), (x) => x <= 0.87, percent),
  ]; // prettier-ignore
  const svg = tdnnFigure({
    ...shown,
    classes: PHONEMES,
    description: `The TDNN hears a ${phoneme}: evidence ${shown.evidence.map((e, i) => `${PHONEMES[i]!} ${e.toFixed(2)}`).join(", ")}.`,
  });
  const caption =
    `A “${phoneme}” that begins two frames late, as the trained TDNN hears it. Each square is a unit at a time; the funnel is what ` +
    "it sees of the layer below, always with the same weights.";
  return { verdicts, pictures: [{ caption, svg }] };
}

export const exhibit: Exhibit = {
  id: "S13",
  title: "TDNN: a recurrent net that is a convolution",
  statement: "Some RNN are spatio-temporal convolutions [Hinton 1988].",
  run,
};
