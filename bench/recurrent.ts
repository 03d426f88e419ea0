/** @file How near do recurrent layers come to the machine's limit: sequences, single steps, training? */

import * as u from "unrolled";
import { expectClose } from "./inputs.ts";
import { type Bar, type Subject, timed, type Work } from "./work.ts";

const NETS = ["LSTM", "GRU", "RNN"] as const;
export type Net = (typeof NETS)[number];
type State = u.Tensor | [h: u.Tensor, c: u.Tensor];

/** Blocks of H rows in the weights. */
const GATES = { LSTM: 4, GRU: 3, RNN: 1 } as const;

/** D input, H hidden, T time, B batch */
export interface Sizes {
  D: number;
  H: number;
  T: number;
  B: number;
}

const SEQUENCE = { D: 128, H: 256, T: 64 } as const;
const STEP: Sizes = { D: 128, H: 512, T: 1, B: 1 };
const CLASSES = 64;

export const works = (): Work[] =>
  NETS.flatMap((net) => [
    timed(`${net} forward, ${show({ ...SEQUENCE, B: 32 })}`, atMost(1.22), () =>
      forward(net, { ...SEQUENCE, B: 32 }),
    ),
    timed(`${net} forward, ${show({ ...SEQUENCE, B: 1 })}`, atMost(1.45), () =>
      forward(net, { ...SEQUENCE, B: 1 }),
    ),
    timed(`${net} step, states kept, ${show(STEP)}`, { of: "share", atLeast: 0.85 }, () =>
      step(net, STEP),
    ),
    timed(`${net} session, one push, ${show(STEP)}`, { of: "share", atLeast: 0.85 }, () =>
      session(net, STEP),
    ),
    timed(`${net} training step, ${show({ ...SEQUENCE, B: 32 })}`, atMost(1.22), () =>
      training(net, { ...SEQUENCE, B: 32 }),
    ),
  ]);

const show = (sizes: object): string =>
  Object.entries(sizes)
    .map(([name, size]) => `${name} ${size}`)
    .join(" ");

const atMost = (factor: number): Bar => ({ of: "factor", atMost: factor });

type Layer = u.nn.RNN | u.nn.GRU | u.nn.LSTM;

const make = (net: Net, { D, H }: Sizes): Layer => {
  u.manualSeed(1);
  return new u.nn[net](D, H);
};

/** Multiplications and additions of the products alone. */
export const multiplyAdds = (net: Net, { D, H, T, B }: Sizes): number =>
  2 * T * B * GATES[net] * H * (D + H);

function forward(net: Net, sizes: Sizes): Subject {
  const layer = make(net, sizes);
  const x = u.randn([sizes.T, sizes.B, sizes.D]);
  return {
    run: () => u.scope(() => void u.noGrad(() => layer.forward(x))),
    flops: multiplyAdds(net, sizes),
    elements: sizes.T * sizes.B * sizes.H,
    check: () => u.scope(() => agree(net, layer.forward(x)[0], reference(net, layer, x))),
    free: () => (layer.free(), x.free()),
  };
}

function step(net: Net, sizes: Sizes): Subject {
  const { D, H, B } = sizes;
  const layer = make(net, sizes);
  const x = u.randn([1, B, D]);
  // each net is called with its own kind of state
  const next = (state?: State): State =>
    u.noGrad(() => u.scope(() => layer.forward(x, state as never)[1]));
  let state = next();
  return {
    run: () => {
      const before = state;
      state = next(before);
      free(before);
    },
    bytesRead: 4 * GATES[net] * H * (D + H),
    elements: B * H,
    check: () =>
      u.scope(() => {
        const twice = u.concat([x, x]);
        const [h] = [next(next())].flat() as [u.Tensor];
        agree(net, h, u.select(reference(net, layer, twice), 0, 1));
      }),
    free: () => (layer.free(), x.free(), free(state)),
  };
}

/** What `step` does, by a session, which keeps its states. */
function session(net: Net, sizes: Sizes): Subject {
  const { D, H, B } = sizes;
  const layer = make(net, sizes);
  const x = u.randn([B, D]);
  const pushed = layer.session({ batch: B });
  return {
    run: () => pushed.push(x).free(),
    bytesRead: 4 * GATES[net] * H * (D + H),
    elements: B * H,
    check: () =>
      u.scope(() => {
        pushed.reset().push(x);
        agree(net, pushed.push(x), u.select(reference(net, layer, u.stack([x, x])), 0, 1));
      }),
    free: () => (layer.free(), x.free(), pushed.free()),
  };
}

const free = (state: State): void => [state].flat().forEach((t) => t.free());

/** A layer and a classifier of each step's output. */
class Classifier extends u.nn.Module {
  readonly head: u.nn.Linear;
  constructor(readonly net: Layer) {
    super();
    this.head = new u.nn.Linear(net.hiddenSize, CLASSES);
  }

  loss(hs: u.Tensor, targets: u.Tensor): u.Tensor {
    const { weight, bias } = this.head;
    const as = (t: u.Tensor): u.Tensor => u.to(t, hs.dtype);
    const logits = u.linear(hs, as(weight), bias && as(bias)); // [T, B, classes]
    return u.crossEntropy(logits.reshape([-1, CLASSES]), targets);
  }
}

function training(net: Net, sizes: Sizes): Subject {
  const { D, H, T, B } = sizes;
  const start = () => {
    const model = new Classifier(make(net, sizes));
    return { model, adam: new u.optim.Adam(model.parameters()) };
  };
  let { model, adam } = start();
  const x = u.randn([T, B, D]);
  const targets = u.randint(0, CLASSES, [T * B]);
  return {
    run: () =>
      u.scope(() => {
        model.loss(model.net.forward(x)[0], targets).backward();
        adam.step();
        adam.zeroGrad();
      }),
    // forward, dh and dW (nobody asks for dx), and the head three times
    flops: 2 * multiplyAdds(net, { D, H, T, B }) + 2 * T * B * H * (GATES[net] * H + 3 * CLASSES),
    check: () => checkGradients(net, model, x, targets),
    // weights that have run off into saturation would take another time
    reset: () => {
      model.free();
      adam.free();
      ({ model, adam } = start());
    },
    free: () => (model.free(), adam.free(), x.free(), targets.free()),
  };
}

function checkGradients(net: Net, model: Classifier, x: u.Tensor, targets: u.Tensor): void {
  const gradients = (hs: () => u.Tensor): Float32Array[] =>
    u.scope(() => {
      model.loss(hs(), targets).backward();
      const found = [...model.parameters()].map((p) => p.grad!.data() as Float32Array);
      model.zeroGrad();
      return found;
    });
  const want = gradients(() => reference(net, model.net, x));
  const got = gradients(() => model.net.forward(x)[0]);
  want.forEach((w, k) => {
    const largest = w.reduce((most, g) => Math.max(most, Math.abs(g)), 0);
    expectClose(`${net}, gradient ${k}`, got[k]!, [...w], () => 1e-5 * largest);
  });
}

/** The composite, one step after another, in float64: hs [T, B, H]. */
function reference(net: Net, layer: Layer, x: u.Tensor): u.Tensor {
  const double = (t: u.Tensor): u.Tensor => u.to(t, "float64");
  const weights = {
    w_ih: double(layer.weight_ih_l0!),
    w_hh: double(layer.weight_hh_l0!),
    b_ih: double(layer.bias_ih_l0!),
    b_hh: double(layer.bias_hh_l0!),
  };
  let h = u.zeros([x.shape[1]!, layer.hiddenSize], { dtype: "float64" });
  let c = h;
  const hs = u.unbind(double(x)).map((xt) => {
    if (net === "LSTM") [h, c] = u.lstmCell(xt, [h, c], weights);
    else h = (net === "GRU" ? u.gruCell : u.rnnCell)(xt, h, weights);
    return h;
  });
  return u.stack(hs);
}

const agree = (net: Net, got: u.Tensor, want: u.Tensor): void =>
  expectClose(net, got.data(), [...want.data()], () => 2e-6);
