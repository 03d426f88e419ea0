/** jax-js on its WASM backend. It has no layers: the LSTM is written out, and unrolled when it is traced. */

import { defaultDevice, init, jit, nn, numpy as np, valueAndGrad } from "@jax-js/jax";

export async function open() {
  await init("wasm");
  defaultDevice("wasm");
  return {
    matmul,
    attention,
    add,
    exp,
    tanh,
    sigmoid,
    softmax,
    layerNorm,
    sum,
    lstm,
    lstmStep,
    lstmTraining,
  };
}

const of = ({ data, shape }) => np.array(data).reshape(shape);

/** Something that makes one array. */
const work = (f) => ({
  run: () => {
    const y = f();
    y.ref.dataSync(); // it is lazy otherwise
    y.dispose();
  },
  result: () => f().dataSync(),
});

const matmul = ({ a, b, transposeA, transposeB }) => {
  const [A, B] = [of(a), of(b)];
  const f = jit((a, b) =>
    np.matmul(transposeA ? np.transpose(a) : a, transposeB ? np.transpose(b) : b),
  );
  return work(() => f(A.ref, B.ref));
};

const attention = ({ q, k, v, isCausal }) => {
  const [Q, K, V] = [of(q), of(k), of(v)];
  const [, , L, E] = q.shape;
  const hidden = Float32Array.from({ length: L * L }, (_, i) => (i % L > i / L ? -1e9 : 0));
  const mask = of({ data: hidden, shape: [L, L] });
  const f = jit((q, k, v, mask) => {
    const scores = np.matmul(q, np.transpose(k, [0, 1, 3, 2])).mul(1 / Math.sqrt(E));
    return np.matmul(nn.softmax(scores.add(mask), -1), v);
  });
  const none = of({ data: new Float32Array(1), shape: [1, 1] });
  return work(() => f(Q.ref, K.ref, V.ref, (isCausal ? mask : none).ref));
};

const unary = (f) => (x) => {
  const [X, g] = [of(x), jit(f)];
  return work(() => g(X.ref));
};
const exp = unary((x) => np.exp(x));
const tanh = unary((x) => np.tanh(x));
const sigmoid = unary((x) => nn.sigmoid(x));
const sum = unary((x) => np.sum(x));
const softmax = unary((x) => nn.softmax(x, -1));
const layerNorm = unary((x) => nn.standardize(x, -1));
const add = ({ a, b }) => {
  const [A, B, f] = [of(a), of(b), jit((a, b) => np.add(a, b))];
  return work(() => f(A.ref, B.ref));
};

/** [x [T, B, D], weights] to hs [T, B, H], h and c. */
function sequence(x, h, c, { w_ih, w_hh, b }) {
  const [T, B, D] = x.shape;
  const H = w_hh.shape[1];
  const inputs = np
    .matmul(x.reshape([T * B, D]), np.transpose(w_ih))
    .add(b)
    .reshape([T, B, 4 * H]);
  const recurrent = np.transpose(w_hh); // [H, 4H]
  const hs = [];
  for (const xt of np.split(inputs, T, 0)) {
    const gates = xt.reshape([B, 4 * H]).add(np.matmul(h, recurrent.ref));
    const [i, f, g, o] = np.split(gates, 4, 1);
    c = nn
      .sigmoid(f)
      .mul(c)
      .add(nn.sigmoid(i).mul(np.tanh(g)));
    h = nn.sigmoid(o).mul(np.tanh(c.ref));
    hs.push(h.ref);
  }
  recurrent.dispose();
  return [np.stack(hs), h, c];
}

const parameters = ({ w_ih, w_hh, b_ih, b_hh }) => ({
  w_ih: of(w_ih),
  w_hh: of(w_hh),
  b: of({ data: b_ih.data.map((b, i) => b + b_hh.data[i]), shape: b_ih.shape }),
});
const refs = (tree) => Object.fromEntries(Object.entries(tree).map(([k, v]) => [k, v.ref]));
const zeros = (...shape) => np.zeros(shape);

const lstm = ({ x, weights }) => {
  const [X, P, [B, H]] = [of(x), parameters(weights), [x.shape[1], weights.w_hh.shape[1]]];
  const f = jit((x, p) => {
    const [hs, h, c] = sequence(x, zeros(B, H), zeros(B, H), p);
    h.dispose();
    c.dispose();
    return hs;
  });
  return work(() => f(X.ref, refs(P)));
};

const lstmStep = ({ x, weights }) => {
  const [X, P, [B, H]] = [of(x), parameters(weights), [x.shape[1], weights.w_hh.shape[1]]];
  const f = jit((x, h, c, p) => {
    const [hs, hn, cn] = sequence(x, h, c, p);
    hs.dispose();
    return [hn, cn];
  });
  let [h, c] = [zeros(B, H), zeros(B, H)];
  const run = () => {
    [h, c] = f(X.ref, h, c, refs(P));
    h.ref.dataSync();
  };
  return {
    run,
    result: () => {
      [h, c] = [zeros(B, H), zeros(B, H)];
      run();
      run();
      return h.ref.dataSync();
    },
  };
};

const lstmTraining = ({ x, weights, head, targets }) => {
  const [X, [T, B], H] = [of(x), x.shape, weights.w_hh.shape[1]];
  const classes = head.bias.shape[0];
  const oneHot = new Float32Array(T * B * classes);
  targets.forEach((c, k) => (oneHot[k * classes + c] = 1));
  const Y = of({ data: oneHot, shape: [T * B, classes] });
  const loss = ({ w_ih, w_hh, b, W, d }, x, y) => {
    const [hs, h, c] = sequence(x, zeros(B, H), zeros(B, H), { w_ih, w_hh, b });
    h.dispose();
    c.dispose();
    const logits = np.matmul(hs.reshape([T * B, H]), np.transpose(W)).add(d);
    return np.mean(np.sum(nn.logSoftmax(logits, -1).mul(y), 1)).neg();
  };
  const [beta1, beta2, lr, eps] = [0.9, 0.999, 1e-3, 1e-8];
  const step = jit((p, m, v, rate, root, x, y) => {
    const [value, g] = valueAndGrad(loss)(refs(p), x, y);
    const next = { p: {}, m: {}, v: {} };
    for (const k of Object.keys(p)) {
      next.m[k] = m[k].mul(beta1).add(g[k].ref.mul(1 - beta1));
      next.v[k] = v[k].mul(beta2).add(np.square(g[k]).mul(1 - beta2));
      const denominator = np.sqrt(next.v[k].ref).div(root.ref).add(eps);
      next.p[k] = p[k].sub(next.m[k].ref.div(denominator).mul(rate.ref));
    }
    rate.dispose();
    root.dispose();
    return [value, next.p, next.m, next.v];
  });
  let p = { ...parameters(weights), W: of(head.weight), d: of(head.bias) };
  let m = Object.fromEntries(Object.entries(p).map(([k, t]) => [k, np.zerosLike(t.ref)]));
  let v = Object.fromEntries(Object.entries(p).map(([k, t]) => [k, np.zerosLike(t.ref)]));
  let t = 0;
  const run = () => {
    t++;
    const [rate, root] = [lr / (1 - beta1 ** t), Math.sqrt(1 - beta2 ** t)];
    let value;
    [value, p, m, v] = step(p, m, v, np.array(rate), np.array(root), X.ref, Y.ref);
    return value.dataSync();
  };
  return { run, result: run };
};
