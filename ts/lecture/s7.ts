/** @file Vanishing and exploding gradients, measured. */

import { clipGradNorm, exp, eye, Generator, log, lstmCell, matmul, mean, mul, nn, ones, randn, rnnCell, scope, sqrt, square, sum, tensor, type Tensor, zeros } from "unrolled"; // prettier-ignore
import { gradientFlow, spectralNorm } from "../theory/index.ts";
import { lineChart } from "../viz/line-chart.ts";
import { matrices } from "../viz/matrices.ts";
import type { Exhibit, Picture, Verdict } from "./exhibit.ts";
import { above, below, exactly, figure, within } from "./measure.ts";

/** Steps, inputs, units. */
const [T, D, H] = [100, 8, 32];
const LAGS = [0, 10, 20, 50, 99] as const;
const float64 = { dtype: "float64" } as const;

interface Variant {
  name: string;
  colour: string;
  dashed?: boolean;
  /** A net as PyTorch begins it, or otherwise. */
  make: (generator: Generator) => nn.RNN | nn.LSTM;
  /** The norms at LAGS in an independent implementation: geometric means over ten seeds. */
  reference?: readonly number[];
}

const rnn = (generator: Generator): nn.RNN => new nn.RNN(D, H, { ...float64, generator });
const lstm = (generator: Generator): nn.LSTM => new nn.LSTM(D, H, { ...float64, generator });

const VARIANTS: Readonly<Record<string, Variant>> = {
  rnn: { name: "RNN", colour: "#d9480f", make: rnn, reference: [1, 9.0e-4, 1.3e-6, 6.2e-15, 1.5e-28] }, // prettier-ignore
  rnn1: { name: "RNN, σₘₐₓ = 1", colour: "#d9480f", dashed: true, make: (g) => stretched(rnn(g), 1), reference: [1, 4.3e-4, 3.0e-7, 1.7e-16, 1.1e-31] }, // prettier-ignore
  rnn2: { name: "RNN, σₘₐₓ = 2", colour: "#b3822b", make: (g) => stretched(rnn(g), 2), reference: [1, 1.3e-1, 2.7e-2, 2.4e-4, 8.3e-8] }, // prettier-ignore
  orthogonal: { name: "RNN, orthogonal Wₕₕ", colour: "#b3822b", dashed: true, make: orthogonal },
  lstm: { name: "LSTM", colour: "#1c7ed6", make: lstm, reference: [0.48, 2.4e-3, 2.6e-5, 2.8e-11, 4.7e-21] }, // prettier-ignore
  lstm1: { name: "LSTM, forget bias 1", colour: "#1c7ed6", dashed: true, make: (g) => nn.init.forgetBias(lstm(g), 1), reference: [0.45, 4.4e-2, 7.8e-3, 6.1e-5, 1.5e-8] }, // prettier-ignore
  lstm3: { name: "LSTM, forget bias 3", colour: "#2f9e44", make: (g) => nn.init.forgetBias(lstm(g), 3), reference: [0.22, 0.15, 0.125, 0.115, 0.3] }, // prettier-ignore
  lstm5: { name: "LSTM, forget bias 5", colour: "#2f9e44", dashed: true, make: (g) => nn.init.forgetBias(lstm(g), 5), reference: [0.088, 0.083, 0.084, 0.115, 0.95] }, // prettier-ignore
  chrono: {
    name: "LSTM, chrono",
    colour: "#9c5fb5",
    make: (g) => nn.init.chrono(lstm(g), T, { generator: g }),
  },
};

export const exhibit: Exhibit = {
  id: "S7",
  title: "Vanishing and exploding gradients",
  statement:
    "Deep blocks often suffer from vanishing gradient ⇒ better structure needed: LSTM (kind of ResNet for recurrent networks).",
  run({ full, progress }) {
    const seeds = full ? 10 : 5;
    const flows = new Map<string, number[][]>(); // [seed][lag]
    let worst = 0;
    for (const [key, variant] of Object.entries(VARIANTS)) {
      const runs = Array.from({ length: seeds }, (_, seed) => {
        const { norms, excess } = follow(variant, seed);
        worst = Math.max(worst, excess);
        progress((flows.size + (seed + 1) / seeds) / Object.keys(VARIANTS).length);
        return norms;
      });
      flows.set(key, runs);
    }
    return {
      verdicts: [
        ...table(flows),
        {
          what: "no RNN's gradient exceeds (σₘₐₓ · max|φ′|)^lag: largest ratio",
          expected: "at most 1",
          measured: figure(worst),
          pass: worst <= 1 + 1e-9, // both round
        },
        ...bars(flows),
        ...exploding(),
      ],
      pictures: [decays(flows), powers()],
    };
  },
};

/** ‖∂L/∂h‖ of an RNN, ‖∂L/∂c‖ of an LSTM, by lag, for a random unit gradient at the last output. */
function follow({ make }: Variant, seed: number): { norms: number[]; excess: number } {
  return scope(() => {
    const generator = new Generator(seed);
    const net = make(generator);
    const W = { w_ih: net.weight_ih_l0!, w_hh: net.weight_hh_l0!, b_ih: net.bias_ih_l0, b_hh: net.bias_hh_l0 }; // prettier-ignore
    const xs = Array.from({ length: T }, () => randn([1, D], { ...float64, generator }));
    const direction = randn([1, H], { ...float64, generator });
    const dh = mul(direction, 1 / lengthOf(direction));
    const h0 = zeros([1, H], float64);
    const byStep =
      net instanceof nn.LSTM
        ? gradientFlow<readonly [Tensor, Tensor]>((x, s) => lstmCell(x, s, W), xs, [h0, h0], dh).map(([, c]) => c!) // prettier-ignore
        : gradientFlow((x, h: Tensor) => rnnCell(x, h, W), xs, h0, dh).map(([h]) => h!);
    const norms = byStep.toReversed();
    const σ = net instanceof nn.RNN ? spectralNorm(W.w_hh) : Infinity;
    let bound = 1;
    const excess = Math.max(...norms.map((n, lag) => n / (lag === 0 ? 1 : (bound *= σ))));
    net.free();
    return { norms, excess };
  });
}

/** Each row of the table: the geometric means, and whether they are the reference's but for the random numbers. */
function table(flows: ReadonlyMap<string, number[][]>): Verdict[] {
  return Object.entries(VARIANTS).flatMap(([key, { name, reference }]) => {
    if (!reference) return [];
    const runs = flows.get(key)!;
    // Three standard errors of the difference, and the rounding of the reference to two digits.
    const pass = LAGS.every((lag, i) => {
      const logs = logarithms(runs.map((norms) => norms[lag]!));
      const middle = average(logs);
      const variance = logs.reduce((s, v) => s + (v - middle) ** 2, 0) / (logs.length - 1);
      const error = Math.sqrt(variance * (1 / runs.length + 1 / 10));
      return Math.abs(middle - logarithms([reference[i]!])[0]!) <= 3 * error + 0.06;
    });
    const row = (values: readonly number[]): string => values.map(short).join(", ");
    return [
      {
        what: `${name}: norm of the gradient ${LAGS.join(", ")} steps back`,
        expected: row(reference),
        measured: row(LAGS.map((lag) => geometricMean(runs, lag))),
        pass,
      },
    ];
  });
}

function bars(flows: ReadonlyMap<string, number[][]>): Verdict[] {
  const ratios = (key: string, lag: number): number[] =>
    flows.get(key)!.map((norms) => norms[lag]! / norms[0]!);
  const at50 = (key: string): number[] => flows.get(key)!.map((norms) => norms[50]!);
  const order = ["rnn", "lstm", "lstm1", "lstm3"].map(at50);
  const ordered = order[0]!.filter((_, seed) =>
    order.every((norms, i) => i === 0 || order[i - 1]![seed]! < norms[seed]!),
  );
  const kept = ratios("lstm3", 99);
  return [
    below("RNN: 50 steps back, what is left, at most", 1e-10, Math.max(...ratios("rnn", 50))),
    below("LSTM as PyTorch begins it: 50 steps back, what is left, at most", 1e-8, Math.max(...ratios("lstm", 50))), // prettier-ignore
    above("LSTM, forget bias 3: 99 steps back, what is left, at least", 0.1, Math.min(...kept)),
    below("and at most", 10, Math.max(...kept)),
    exactly("seeds for which RNN < LSTM < forget bias 1 < forget bias 3 at lag 50", order[0]!.length, ordered.length), // prettier-ignore
  ];
}

/** h_t = relu(1.5 h_{t−1}): the gradient grows by 1.5 a step, and clipping caps it. */
function exploding(): Verdict[] {
  return scope(() => {
    const steps = 30;
    const h0 = ones([1, 1], { ...float64, requiresGrad: true });
    const W = { w_ih: zeros([1, 1], float64), w_hh: mul(eye(1, float64), 1.5) };
    let h: Tensor = h0;
    let want = 1;
    for (let t = 0; t < steps; t++) {
      h = rnnCell(zeros([1, 1], float64), h, W, { nonlinearity: "relu" });
      want *= 1.5;
    }
    sum(h).backward();
    const grown = h0.grad!.item();
    clipGradNorm([h0], 1);
    return [
      exactly(`relu RNN with W = 1.5 · I: the gradient after ${steps} steps is 1.5^${steps}`, want, grown), // prettier-ignore
      within("its norm once clipped to 1", 1, h0.grad!.item(), 1e-6),
    ];
  });
}

function decays(flows: ReadonlyMap<string, number[][]>): Picture {
  return {
    caption:
      `How much of a gradient is left so many steps back: ‖∂L/∂h‖ of an RNN, ‖∂L/∂c‖ of an LSTM, ${H} units, random inputs, geometric mean over seeds. ` +
      "As PyTorch begins them, the LSTM's gradient vanishes as the RNN's does: its forget gates are half open. Begun open, they keep it.",
    svg: lineChart({
      curves: Object.entries(VARIANTS).map(([key, { name, colour, dashed = false }]) => ({
        name,
        colour,
        dashed,
        points: Array.from({ length: T }, (_, lag) => [lag, geometricMean(flows.get(key)!, lag)]),
      })),
      yScale: "log",
      xLabel: "steps back",
      yLabel: "norm of the gradient",
      description: "Decay of gradients through time for RNN and LSTM, on a logarithmic scale.",
    }),
  };
}

function powers(): Picture {
  return scope(() => {
    const net = new nn.RNN(D, 16, { ...float64, generator: new Generator(0) });
    const W = net.weight_hh_l0!.detach();
    const drawn = [1, 5, 20, 50];
    const pictures: { name: string; rows: number[][]; scale: number }[] = [];
    for (let k = 1, power = W; k <= 50; k++, power = matmul(W, power)) {
      if (!drawn.includes(k)) continue;
      const rows = power.toArray() as number[][];
      const scale = Math.max(...rows.flat().map(Math.abs));
      pictures.push({ name: k === 1 ? "W_{hh}" : `W_{hh}^{${k}}`, rows, scale });
    }
    net.free();
    return {
      caption:
        "Powers of Wₕₕ as PyTorch begins it, 16 units, each with the size of its largest entry: what a linear net's gradient is multiplied by.",
      svg: matrices({ matrices: pictures, scales: true, description: "Powers of a recurrent weight matrix." }), // prettier-ignore
    };
  });
}

/** W_hh scaled to the largest stretch σ. */
function stretched(net: nn.RNN, σ: number): nn.RNN {
  scope(() => {
    const w = net.weight_hh_l0!.detach();
    net.loadStateDict({ weight_hh_l0: mul(w, σ / spectralNorm(w)) }, { strict: false });
  });
  return net;
}

/** W_hh a random rotation (Saxe, McClelland & Ganguli 2013). */
function orthogonal(generator: Generator): nn.RNN {
  const net = rnn(generator);
  nn.init.orthogonal(net.weight_hh_l0!, { generator });
  return net;
}

const lengthOf = (t: Tensor): number => sqrt(sum(square(t))).item();

const average = (values: readonly number[]): number =>
  values.reduce((a, b) => a + b) / values.length;

const logarithms = (values: readonly number[]): number[] =>
  scope(() => Array.from(log(tensor(Float64Array.from(values))).data()));

const geometricMean = (runs: readonly number[][], lag: number): number =>
  scope(() => exp(mean(log(tensor(Float64Array.from(runs, (norms) => norms[lag]!))))).item());

/** Two digits. */
const short = (v: number): string =>
  v < 0.01 ? v.toExponential(1) : String(Number(v.toPrecision(2)));
