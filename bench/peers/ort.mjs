/** onnxruntime-web, one thread. Graphs of one node each. */

import onnxProto from "onnx-proto";
import * as ort from "onnxruntime-web";
import { reordered } from "./layout.mjs";

const { onnx } = onnxProto;

export async function open() {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = "error";
  return {
    matmul,
    attention: "has it as a contributed operator, which is not compared",
    add,
    exp,
    tanh,
    sigmoid,
    softmax,
    layerNorm,
    sum,
    lstm,
    lstmStep,
    lstmTraining: "has no training",
  };
}

const FLOAT = 1;
const tensor = (name, { data, shape }) => ({
  name,
  dataType: FLOAT,
  dims: shape,
  rawData: new Uint8Array(data.buffer, data.byteOffset, data.byteLength),
});
const value = (name) => ({ name, type: { tensorType: { elemType: FLOAT } } });
const attribute = (name, x) =>
  Array.isArray(x) ? { name, type: 7, ints: x } : { name, type: 2, i: x }; // INTS or INT

/** A session of one node; `constants` are part of the model, as weights are. */
async function session(opType, inputs, outputs, { attributes = {}, constants = {} } = {}) {
  const fixed = Object.entries(constants).filter(([, x]) => x !== undefined);
  const model = onnx.ModelProto.create({
    irVersion: 8,
    opsetImport: [{ domain: "", version: 17 }],
    graph: {
      name: "one",
      node: [
        {
          opType,
          input: inputs,
          output: outputs,
          attribute: Object.entries(attributes).map(([name, x]) => attribute(name, x)),
        },
      ],
      initializer: fixed.map(([name, x]) => tensor(name, x)),
      input: inputs.filter((name) => name && !(name in constants)).map(value),
      output: outputs.filter(Boolean).map(value),
    },
  });
  return ort.InferenceSession.create(onnx.ModelProto.encode(model).finish());
}

const of = ({ data, shape }) => new ort.Tensor("float32", data, shape);

/** Inputs and outputs are copied at each run: that is how it is used. */
const work = (s, feeds, output) => ({
  run: () => s.run(feeds),
  result: async () => (await s.run(feeds))[output].data,
});

const matmul = async ({ a, b, transposeA, transposeB }) => {
  const plain = !transposeA && !transposeB;
  const attributes = plain ? {} : { transA: +transposeA, transB: +transposeB };
  const s = await session(plain ? "MatMul" : "Gemm", ["a", "b"], ["y"], { attributes });
  return work(s, { a: of(a), b: of(b) }, "y");
};

const unary =
  (opType, attributes, constants = {}) =>
  async (x) => {
    const s = await session(opType, ["x", ...Object.keys(constants)], ["y"], {
      attributes,
      constants: Object.fromEntries(Object.entries(constants).map(([k, f]) => [k, f(x)])),
    });
    return work(s, { x: of(x) }, "y");
  };
const exp = unary("Exp");
const tanh = unary("Tanh");
const sigmoid = unary("Sigmoid");
const softmax = unary("Softmax", { axis: -1 });
const sum = unary("ReduceSum", { keepdims: 0 });
const layerNorm = unary(
  "LayerNormalization",
  { axis: -1 },
  {
    scale: ({ shape: [, n] }) => ({ data: new Float32Array(n).fill(1), shape: [n] }),
    bias: ({ shape: [, n] }) => ({ data: new Float32Array(n), shape: [n] }),
  },
);
const add = async ({ a, b }) =>
  work(await session("Add", ["a", "b"], ["y"]), { a: of(a), b: of(b) }, "y");

/** Its gates are i, o, f, c. */
function net({ w_ih, w_hh, b_ih, b_hh }, inputs, outputs) {
  const [G, D] = w_ih.shape;
  const H = w_hh.shape[1];
  const own = (t) => reordered(t, [0, 3, 1, 2]);
  const b = Float32Array.from([...own(b_ih).data, ...own(b_hh).data]);
  return session("LSTM", ["x", "w", "r", "b", ...inputs], outputs, {
    attributes: { hidden_size: H },
    constants: {
      w: { data: own(w_ih).data, shape: [1, G, D] },
      r: { data: own(w_hh).data, shape: [1, G, H] },
      b: { data: b, shape: [1, 2 * G] },
    },
  });
}

const lstm = async ({ x, weights }) => work(await net(weights, [], ["y"]), { x: of(x) }, "y");

const lstmStep = async ({ x, weights }) => {
  const s = await net(weights, ["", "h", "c"], ["", "hn", "cn"]);
  const H = weights.w_hh.shape[1];
  const start = () => of({ data: new Float32Array(H), shape: [1, 1, H] });
  let [h, c] = [start(), start()];
  const X = of(x);
  const run = async () => {
    ({ hn: h, cn: c } = await s.run({ x: X, h, c }));
  };
  return {
    run,
    result: async () => {
      [h, c] = [start(), start()];
      await run();
      await run();
      return h.data;
    },
  };
};
