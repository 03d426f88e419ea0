/** @file The work that libraries are compared on, and how unrolled does it. */

import * as u from "unrolled";
import { random, sizeOf } from "../../tests/support/nd.ts";

export interface Values {
  data: Float32Array;
  shape: u.Shape;
}
/** Something to time; its result is compared where there is one. */
export interface Contestant {
  run: () => unknown;
  result?: () => ArrayLike<number> | Promise<ArrayLike<number>>;
}
/** By kind of work: what makes a contestant, or why there is none. */
export type Peer = Record<string, ((data: never) => Contestant | Promise<Contestant>) | string>;

let seed = 0;
const draw = (...shape: number[]): Values => ({
  data: Float32Array.from(random(sizeOf(shape), ++seed, [-1, 1])),
  shape,
});
const scaled = (x: Values, by: number): Values => ({ ...x, data: x.data.map((v) => v * by) });
const of = ({ data, shape }: Values): u.Tensor => u.tensor(data, shape);

export interface Work {
  name: string;
  kind: string;
  data: () => never;
  ours: (data: never) => Contestant;
}
const work = <D>(name: string, kind: string, data: () => D, ours: (data: D) => Contestant): Work =>
  ({ name, kind, data, ours }) as unknown as Work; // each peer takes what its kind of work gives

/** Something that makes one tensor. */
const made = (f: () => u.Tensor): Contestant => ({
  run: () => u.scope(() => void u.noGrad(f)),
  result: () => u.scope(() => f().data() as Float32Array),
});

const product = (name: string, a: number[], b: number[], transposeA = false, transposeB = false) =>
  work(
    name,
    "matmul",
    () => ({ a: draw(...a), b: draw(...b), transposeA, transposeB }),
    ({ a, b }) => {
      const [A, B] = [of(a), of(b)];
      return made(() => u.matmul(A, B, { transposeA, transposeB }));
    },
  );

const unary = (kind: string, f: (x: u.Tensor) => u.Tensor) =>
  work(
    `${kind} of [1024, 1024]`,
    kind,
    () => draw(1024, 1024),
    (x) => {
      const X = of(x);
      return made(() => f(X));
    },
  );

/** D input, H hidden, T time, B batch */
function recurrent({ D, H, T, B }: Record<"D" | "H" | "T" | "B", number>, classes = 64) {
  const bound = 1 / Math.sqrt(H);
  const part = (...shape: number[]): Values => scaled(draw(...shape), bound);
  return {
    x: draw(T, B, D),
    weights: {
      w_ih: part(4 * H, D),
      w_hh: part(4 * H, H),
      b_ih: part(4 * H),
      b_hh: part(4 * H),
    },
    head: { weight: part(classes, H), bias: part(classes) },
    targets: Int32Array.from(random(T * B, 7, [0, classes]), Math.floor),
  };
}
type Recurrent = ReturnType<typeof recurrent>;

function layer({ weights }: Recurrent): u.nn.LSTM {
  const { w_ih, w_hh, b_ih, b_hh } = weights;
  const lstm = new u.nn.LSTM(w_ih.shape[1]!, w_hh.shape[1]!);
  const given = { weight_ih_l0: w_ih, weight_hh_l0: w_hh, bias_ih_l0: b_ih, bias_hh_l0: b_hh };
  u.scope(() =>
    lstm.loadStateDict(new Map(Object.entries(given).map(([name, v]) => [name, of(v)]))),
  );
  return lstm;
}

const forward = (data: Recurrent): Contestant => {
  const [lstm, x] = [layer(data), of(data.x)];
  return made(() => lstm.forward(x)[0]);
};

const step = (data: Recurrent): Contestant => {
  const [lstm, x] = [layer(data), of(data.x)];
  const next = (state?: [u.Tensor, u.Tensor]): [u.Tensor, u.Tensor] =>
    u.noGrad(() => u.scope(() => lstm.forward(x, state)[1]));
  let state = next();
  return {
    run: () => {
      const before = state;
      state = next(before);
      before.forEach((t) => t.free());
    },
    result: () => next(next())[0].data() as Float32Array,
  };
};

const training = (data: Recurrent): Contestant => {
  const [lstm, x] = [layer(data), of(data.x)];
  const [classes, H] = data.head.weight.shape as [number, number];
  const head = new u.nn.Linear(H, classes);
  u.scope(() =>
    head.loadStateDict(
      new Map([
        ["weight", of(data.head.weight)],
        ["bias", of(data.head.bias)],
      ]),
    ),
  );
  const targets = u.tensor([...data.targets], { dtype: "int32" });
  const adam = new u.optim.Adam([...lstm.parameters(), ...head.parameters()]);
  const loss = (): u.Tensor =>
    u.crossEntropy(head.forward(lstm.forward(x)[0]).reshape([-1, classes]), targets);
  return {
    run: () =>
      u.scope(() => {
        loss().backward();
        adam.step();
        adam.zeroGrad();
      }),
    result: () => u.scope(() => loss().data() as Float32Array),
  };
};

/** N sequences, H heads, L tokens, E features; values as wide as keys. */
const attention = (N: number, H: number, L: number, E: number, isCausal: boolean) =>
  work(
    `attention, N ${N} H ${H} L ${L} E ${E}${isCausal ? ", causal" : ""}`,
    "attention",
    () => ({ q: draw(N, H, L, E), k: draw(N, H, L, E), v: draw(N, H, L, E), isCausal }),
    ({ q, k, v, isCausal }) => {
      const [Q, K, V] = [of(q), of(k), of(v)];
      return made(() => u.scaledDotProductAttention(Q, K, V, { isCausal }));
    },
  );

const SEQUENCE = { D: 128, H: 256, T: 64 };
export const WORKS: Work[] = [
  product("matmul 512: a b", [512, 512], [512, 512]),
  product("matmul 512: aᵀ b", [512, 512], [512, 512], true),
  product("matmul 512: a bᵀ", [512, 512], [512, 512], false, true),
  product("[1, 512] x [512, 2048]", [1, 512], [512, 2048]),
  work(
    "LSTM forward, D 128 H 256 T 64 B 32",
    "lstm",
    () => recurrent({ ...SEQUENCE, B: 32 }),
    forward,
  ),
  work(
    "LSTM forward, D 128 H 256 T 64 B 1",
    "lstm",
    () => recurrent({ ...SEQUENCE, B: 1 }),
    forward,
  ),
  work(
    "LSTM step, D 128 H 512 B 1",
    "lstmStep",
    () => recurrent({ D: 128, H: 512, T: 1, B: 1 }),
    step,
  ),
  work(
    "LSTM training step, D 128 H 256 T 64 B 32",
    "lstmTraining",
    () => recurrent({ ...SEQUENCE, B: 32 }),
    training,
  ),
  attention(8, 8, 128, 64, false),
  attention(8, 8, 128, 64, true),
  attention(2, 8, 512, 64, true),
  unary("exp", u.exp),
  unary("tanh", u.tanh),
  unary("sigmoid", u.sigmoid),
  unary("softmax", (x) => u.softmax(x, -1)),
  unary("layerNorm", (x) => u.layerNorm(x, [1024])),
  unary("sum", (x) => u.sum(x)),
  work(
    "add of [1024, 1024]",
    "add",
    () => ({ a: draw(1024, 1024), b: draw(1024, 1024) }),
    ({ a, b }) => {
      const [A, B] = [of(a), of(b)];
      return made(() => u.add(A, B));
    },
  ),
];
