/** TensorFlow.js on its WASM backend, one thread. */

import * as tf from "@tensorflow/tfjs";
import { setThreadsCount } from "@tensorflow/tfjs-backend-wasm";
import { swapped, transposed } from "./layout.mjs";

export async function open() {
  setThreadsCount(1);
  await tf.setBackend("wasm");
  await tf.ready();
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

const of = ({ data, shape }) => tf.tensor(data, shape);

/** Something that makes one tensor. */
const work = (f) => ({
  run: () => f().dispose(),
  result: () => f().dataSync(),
});

const matmul = ({ a, b, transposeA, transposeB }) => {
  const [A, B] = [of(a), of(b)];
  return work(() => tf.matMul(A, B, transposeA, transposeB));
};

/** It has no op for it: two products and a softmax. */
const attention = ({ q, k, v, isCausal }) => {
  const [Q, K, V] = [of(q), of(k), of(v)];
  const [, , L, E] = q.shape;
  const seen = tf.linalg.bandPart(tf.ones([L, L]), -1, 0);
  const mask = seen.sub(1).mul(1e9); // 0, or hidden
  return work(() =>
    tf.tidy(() => {
      const scores = tf.matMul(Q, K, false, true).mul(1 / Math.sqrt(E));
      return tf.matMul(tf.softmax(isCausal ? scores.add(mask) : scores), V);
    }),
  );
};

const unary = (f) => (x) => {
  const X = of(x);
  return work(() => tf.tidy(() => f(X)));
};
const [exp, tanh, sigmoid, sum] = [tf.exp, tf.tanh, tf.sigmoid, tf.sum].map((f) =>
  unary((x) => f(x)),
);
const softmax = unary((x) => tf.softmax(x));
const layerNorm = unary((x) => {
  const { mean, variance } = tf.moments(x, -1, true);
  return x.sub(mean).div(variance.add(1e-5).sqrt());
});
const add = ({ a, b }) => {
  const [A, B] = [of(a), of(b)];
  return work(() => tf.add(A, B));
};

/** A net of one layer. Its gates stand in our order; its weights are transposed, its two biases are one. */
function net({ w_ih, w_hh, b_ih, b_hh }, options) {
  const model = tf.sequential();
  model.add(
    tf.layers.lstm({
      units: w_hh.shape[1],
      returnSequences: true,
      recurrentActivation: "sigmoid",
      recurrentInitializer: "glorotUniform", // the default, orthogonal, takes minutes at this size
      inputShape: [null, w_ih.shape[1]],
      ...options,
    }),
  );
  const bias = b_ih.data.map((b, i) => b + b_hh.data[i]);
  model.setWeights([of(transposed(w_ih)), of(transposed(w_hh)), tf.tensor1d(bias)]);
  return model.layers[0];
}

const lstm = ({ x, weights }) => {
  const layer = net(weights);
  const X = of(swapped(x)); // [B, T, D]
  const f = () => tf.tidy(() => layer.apply(X)); // [B, T, H]
  const [T, B] = x.shape;
  return {
    run: () => f().dispose(),
    result: () => swapped({ data: f().dataSync(), shape: [B, T, weights.w_hh.shape[1]] }).data,
  };
};

const lstmStep = ({ x, weights }) => {
  const layer = net(weights, { stateful: true, batchInputShape: [1, 1, x.shape[2]] });
  const X = of(x);
  const f = () => tf.tidy(() => layer.apply(X));
  return {
    run: () => f().dispose(),
    result: () => (layer.resetStates(), f().dispose(), f().dataSync()),
  };
};

const lstmTraining = ({ x, weights, head, targets }) => {
  const layer = net(weights);
  const X = of(swapped(x));
  const [T, B] = x.shape;
  const [W, b] = [tf.variable(of(transposed(head.weight))), tf.variable(of(head.bias))];
  const order = swapped({ data: targets, shape: [T, B, 1] }).data;
  const oneHot = tf.oneHot(tf.tensor1d(order, "int32"), head.bias.shape[0]);
  const loss = () => {
    const logits = layer.apply(X).reshape([-1, weights.w_hh.shape[1]]).matMul(W).add(b);
    return tf.losses.softmaxCrossEntropy(oneHot, logits);
  };
  const adam = tf.train.adam(1e-3);
  return {
    run: () => tf.tidy(() => void adam.minimize(loss)),
    result: () => tf.tidy(() => loss().dataSync()),
  };
};
