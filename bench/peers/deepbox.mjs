/** deepbox: a library in plain TypeScript; its WASM backend has add, sub, mul, div, dot and sum. */

import { core, ndarray as nd, nn, optim } from "deepbox";

export async function open() {
  const wasm = new core.WasmBackend();
  await wasm.init();
  if (wasm.info().available) core.registerBackend("wasm", wasm);
  return { matmul, add, exp, tanh, sigmoid, softmax, layerNorm, sum, lstm, lstmStep, lstmTraining };
}

const of = ({ data, shape }, device = "cpu") =>
  nd.Tensor.fromTypedArray({ data: Float32Array.from(data), shape, dtype: "float32", device });

/** Something that makes one tensor. */
const work = (f) => ({ run: f, result: () => (f().tensor ?? f()).data });

const matmul = ({ a, b, transposeA, transposeB }) => {
  const [A, B] = [of(a, "wasm"), of(b, "wasm")];
  const turn = (x, t) => (t ? nd.transpose(x) : x);
  return work(() => nd.dot(turn(A, transposeA), turn(B, transposeB)));
};

const unary = (f) => (x) => {
  const X = of(x, "wasm");
  return work(() => f(X));
};
const exp = unary(nd.exp);
const tanh = unary(nd.tanh);
const sigmoid = unary(nd.sigmoid);
const sum = unary((x) => nd.sum(x));
const softmax = unary((x) => nd.softmax(x, -1));
const add = ({ a, b }) => {
  const [A, B] = [of(a, "wasm"), of(b, "wasm")];
  return work(() => nd.add(A, B));
};
const layerNorm = (x) => {
  const [X, norm] = [of(x), new nn.LayerNorm(x.shape[1])];
  return work(() => nd.noGrad(() => norm.forward(X)));
};

/** Sets parameters, whose names and layouts are PyTorch's. */
function layer({ w_ih, w_hh, b_ih, b_hh }) {
  const lstm = new nn.LSTM(w_ih.shape[1], w_hh.shape[1], { batchFirst: false });
  const given = { weight_ih_l0: w_ih, weight_hh_l0: w_hh, bias_ih_l0: b_ih, bias_hh_l0: b_hh };
  for (const [name, p] of lstm.namedParameters()) p.tensor.data.set(given[name].data);
  return lstm;
}

const lstm = ({ x, weights }) => {
  const [X, net] = [of(x), layer(weights)];
  return work(() => nd.noGrad(() => net.forward(X)));
};

const lstmStep = ({ x, weights }) => {
  const [X, net] = [of(x), layer(weights)];
  let state = [];
  const run = () => {
    const [, [h, c]] = nd.noGrad(() => net.forwardWithState(X, ...state));
    state = [h, c];
  };
  return { run, result: () => ((state = []), run(), run(), state[0].tensor.data) };
};

const lstmTraining = ({ x, weights, head, targets }) => {
  const [X, net] = [of(x), layer(weights)];
  const [classes, H] = head.weight.shape;
  const linear = new nn.Linear(H, classes);
  for (const [name, p] of linear.namedParameters()) p.tensor.data.set(head[name].data);
  const adam = new optim.Adam([...net.parameters(), ...linear.parameters()], { lr: 1e-3 });
  const Y = nd.tensor([...targets], { dtype: "int32" });
  const loss = () =>
    nn.crossEntropyLoss(linear.forward(net.forward(X)).reshape([targets.length, classes]), Y);
  return {
    run: () => {
      adam.zeroGrad();
      loss().backward();
      adam.step();
    },
    result: () => loss().tensor.data,
  };
};
