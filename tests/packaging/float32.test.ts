/** @file `unrolled/float32`: the same bits from fewer kernels; float64 is refused; which kernels serve where entries meet. */

import { readFileSync } from "node:fs";
import { beforeEach, expect, test, vi } from "vitest";
import { program } from "../runtimes/program.mjs";

type Api = typeof import("../../ts/index.ts");
type Slim = typeof import("../../ts/entry/slim-api.ts");

beforeEach(() => void vi.resetModules());
const load = async (name: string): Promise<Api> =>
  (await import(`../../dist/${name}.js` as string)) as Api;
const alone = (name: string): Promise<Api> => {
  vi.resetModules();
  return load(name);
};

test("training gives the bits of the whole module", async () => {
  const whole = program((await alone("index")) as never);
  expect(program((await alone("float32")) as never)).toEqual(whole);
});

/** What computes in float64 on the way. */
const USES: Record<string, (api: Api) => ArrayLike<number> | Promise<ArrayLike<number>>> = {
  "sinusoidal positions": ({ nn }) => nn.sinusoidalPositions(50, 17).data(),
  "rotary positions": ({ nn, randn }) =>
    new nn.RotaryEmbedding(16).forward(randn([2, 3, 9, 16])).data(),
  "the slopes of ALiBi": ({ nn }) => nn.alibiSlopes(12).data(),
  "truncated normal weights": ({ nn, zeros }) => nn.init.truncNormal(zeros([300])).data(),
  "orthogonal weights": ({ nn, zeros }) => nn.init.orthogonal(zeros([9, 14])).data(),
  "choices of tokens": ({ choose }) =>
    Array.from({ length: 200 }, () => choose([0.5, 2, 1, -3], { topP: 0.9 })),
  "beam search": async ({ beamSearch, GPT2 }) => {
    const model = new GPT2({ n_layer: 1, n_head: 2, n_embd: 8, vocab_size: 11, n_positions: 12 });
    const options = { maxTokens: 5, lengthPenalty: 0.7 };
    const [best] = await beamSearch(model.eval().session({ batch: 3 }), [1, 2], options);
    return [best!.score, ...best!.ids];
  },
  "relative positions": ({ T5, tensor }) => {
    const sizes = { d_model: 8, d_kv: 4, d_ff: 8, num_layers: 1, num_heads: 2, vocab_size: 9 };
    const ids = tensor(Int32Array.of(1, 2, 3, 4, 5, 6, 7, 8), [1, 8]);
    return new T5(sizes).eval().forward(ids, ids).logits.data();
  },
  "an optimiser's state": ({ clipGradNorm, nn, optim, randn }) => {
    const net = new nn.Linear(3, 2);
    const adam = new optim.Adam(net.parameters());
    net
      .forward(randn([4, 3]))
      .sum()
      .backward();
    clipGradNorm(net.parameters(), 0.5);
    adam.step();
    return [...adam.stateDict().state.values()].flatMap((t) => [...t.data()]);
  },
};

test.each(Object.entries(USES))("%s: the bits of the whole module", async (_, use) => {
  const given = async (name: string): Promise<number[]> => {
    const api = await alone(name);
    api.manualSeed(3);
    return Array.from(await use(api));
  };
  const part = await given("float32");
  expect(part.length).toBeGreaterThan(0);
  expect(part).toEqual(await given("index"));
});

const REFUSAL =
  /unrolled\/float32 has no \w+ for float64: import "unrolled" instead, or as well, before the first tensor/;

test.each<[string, (api: Api) => unknown]>([
  ["arithmetic", ({ ones }) => ones([2], { dtype: "float64" }).add(1)],
  [
    "a layer",
    ({ nn, zeros }) => {
      const lstm = new nn.LSTM(2, 3, { dtype: "float64" });
      return lstm.forward(zeros([1, 1, 2], { dtype: "float64" }));
    },
  ],
  [
    "an optimiser's step",
    ({ optim, ones, tensor }) => {
      const p = tensor(new Float64Array(2), { requiresGrad: true });
      p.grad = ones([2], { dtype: "float64" });
      new optim.Adam([p]).step();
    },
  ],
  [
    "a gradient check",
    ({ gradcheck, tensor, tanh }) =>
      gradcheck((x) => tanh(x), [tensor(new Float64Array([1]), { requiresGrad: true })]),
  ],
])("%s in float64 is refused in words, and float32 goes on", async (_, use) => {
  const api = await load("float32");
  expect(() => api.scope(() => void use(api))).toThrow(REFUSAL);
  expect(api.ones([2]).add(1).sum().item()).toBe(4);
});

test("float64 tensors hold numbers and become float32", async () => {
  const { tensor } = await load("float32");
  expect(tensor(Float64Array.of(0.1, 2)).to("float32").data()).toEqual(Float32Array.of(0.1, 2));
});

const double = ({ tensor }: Api): number => tensor(Float64Array.of(3)).add(1).item();

test.each([
  ["float32", "index"],
  ["index", "float32"],
])("after %s and %s the whole module serves both", async (first, second) => {
  const [a, b] = [await load(first), await load(second)];
  expect(a.Tensor).toBe(b.Tensor);
  expect([double(a), double(b)]).toEqual([4, 4]);
});

test("a module that the application gives serves all", async () => {
  const api = await load("float32");
  await load("index");
  const { initSync } = (await load("slim")) as Slim;
  initSync(readFileSync(new URL("../../build/kernels.float32.wasm", import.meta.url)));
  expect(() => double(api)).toThrow(REFUSAL);
});

test("the first tensor decides", async () => {
  const api = await load("float32");
  api.ones([1]);
  await load("index");
  expect(() => double(api)).toThrow(REFUSAL);
});
