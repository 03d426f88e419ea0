/** brain.js: nets in plain JavaScript, one sequence at a time, without tensors. */

import brain from "brain.js";

export async function open() {
  const tensorless = "matmul add exp tanh sigmoid softmax layerNorm sum".split(" ");
  return {
    ...Object.fromEntries(tensorless.map((kind) => [kind, "has no tensors"])),
    lstm,
    lstmStep: "keeps no state between calls",
    lstmTraining,
  };
}

const sequences = ({ data, shape: [T, B, D] }) =>
  Array.from({ length: B }, (_, b) =>
    Array.from({ length: T }, (_, t) => data.subarray((t * B + b) * D, (t * B + b + 1) * D)),
  );

function net({ x, weights }) {
  const [D, H] = [x.shape[2], weights.w_hh.shape[1]];
  const lstm = new brain.recurrent.LSTMTimeStep({ inputSize: D, hiddenLayers: [H], outputSize: D });
  lstm.initialize();
  lstm.verifyIsInitialized(sequences(x));
  return lstm;
}

/** Its weights cannot be set, nor its hidden states read: nothing to compare. */
const lstm = (given) => {
  const lstm = net(given);
  const all = sequences(given.x);
  lstm.trainPattern(all[0]); // it will not run before
  return { run: () => all.forEach((xs) => lstm.runArrays(xs)) };
};

/** Predicts the next input, not a class; updates after each sequence. */
const lstmTraining = (given) => {
  const lstm = net(given);
  const all = sequences(given.x);
  return { run: () => all.forEach((xs) => lstm.trainPattern(xs)) };
};
