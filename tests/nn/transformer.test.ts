import { describe, expect, test } from "vitest";
import {
  concat,
  scaledDotProductAttention,
  Generator,
  grad,
  gradcheck,
  manualSeed,
  memory,
  nn,
  randn,
  relu,
  type Shape,
  sum,
  tensor,
  type Tensor,
} from "../../ts/index.ts";
import { defaultGenerator } from "../../ts/core/random.ts";
import { KVCache } from "../../ts/models/kv-cache.ts";
import { bits } from "../support/bits.ts";
import { expectRefusal, given, level } from "../support/given.ts";

const [N, L, S, E, H] = [2, 5, 6, 8, 2];
const generator = new Generator(11);
const OPTIONS = { dimFeedforward: 12, dropout: 0, batchFirst: true, generator };
const draw = (...shape: number[]): Tensor => randn(shape, { generator });
const far = (a: Tensor, b: Tensor): number =>
  Math.max(...a.data().map((x, i) => Math.abs(x - b.data()[i]!)));

/** Runs `f` on a module and frees it. */
function having<M extends nn.Module>(module: M, f: (module: M) => void): void {
  level(() => f(module));
  module.free();
}

describe("the decoder", () => {
  test("sees no later token of tgt, bit by bit, and all of memory", () => {
    for (const normFirst of [false, true]) {
      having(new nn.TransformerDecoderLayer(E, H, { ...OPTIONS, normFirst }), (layer) => {
        const [tgt, memory] = [draw(N, L, E), draw(N, S, E)];
        const tgtMask = nn.generateSquareSubsequentMask(L);
        for (const tgtIsCausal of [false, true]) {
          const y = layer.forward(tgt, memory, { tgtMask, tgtIsCausal });
          for (let t = 1; t < L; t++) {
            const other = tgt.mul(1);
            for (let n = 0; n < N; n++) other.view().fill(7, (n * L + t) * E, (n + 1) * L * E);
            const z = layer.forward(other, memory, { tgtMask, tgtIsCausal });
            expect(bits(z.slice(1, 0, t))).toBe(bits(y.slice(1, 0, t)));
            expect(far(z.slice(1, t), y.slice(1, t))).toBeGreaterThan(1e-3);
          }
          const last = memory.mul(1);
          last.view().fill(7, (N * S - 1) * E);
          const z = layer.forward(tgt, last, { tgtMask, tgtIsCausal });
          expect(bits(z.select(0, 0))).toBe(bits(y.select(0, 0)));
          expect(far(z.select(0, 1).select(0, 0), y.select(0, 1).select(0, 0))).toBeGreaterThan(
            1e-3,
          );
        }
      });
    }
  });

  test("gives step by step what it gives at once", () => {
    for (const batchFirst of [false, true]) {
      having(new nn.TransformerDecoderLayer(E, H, { ...OPTIONS, batchFirst }), (layer) => {
        const time = batchFirst ? 1 : 0;
        const [tgt, memory] = [draw(N, L, E), draw(N, S, E)].map((x) =>
          batchFirst ? x : x.transpose(0, 1),
        ) as [Tensor, Tensor];
        const tgtMask = nn.generateSquareSubsequentMask(L);
        const whole = layer.forward(tgt, memory, { tgtMask });
        const sizes = { layers: 1, batch: N, heads: H, size: E / H, dtype: "float32" } as const;
        for (const Cache of [PlainCache, KVCache]) {
          const [own, kept] = [new Cache(sizes), new Cache(sizes)];
          layer.multihead_attn.remember(memory, kept.layer(0));
          kept.advance([S, S]);
          const parts = [
            [0, 2],
            [2, 3],
            [3, 5],
          ] as const;
          for (const [from, to] of parts) {
            const step = tgt.slice(time, from, to);
            const y = layer.step(step, { own: own.layer(0), memory: kept.layer(0) });
            own.advance([to - from, to - from]);
            expect(far(y, whole.slice(time, from, to))).toBeLessThan(1e-6);
          }
          own.free();
          kept.free();
        }
      });
    }
  });

  test("keeps no keys that forward would append, and none of other sizes", () => {
    const cache = new PlainCache();
    for (const options of [{ addZeroAttn: true }, { addBiasKv: true }, { kdim: 3 }]) {
      const module = new nn.MultiheadAttention(E, H, options);
      expectRefusal(() => module.step(given([1, N, E]), cache), /step: keys of other sizes/);
      expectRefusal(
        () => module.remember(given([1, N, E]), cache),
        /remember: keys of other sizes/,
      );
      module.free();
    }
    const module = new nn.MultiheadAttention(E, H);
    expectRefusal(() => module.step(given([N, E]), cache), /x to have 3 dimensions, got \[2, 8\]/);
    expectRefusal(() => module.lookUp(given([1, N, E], "float64"), cache), /x to be float32/);
    module.free();
  });
});

/** The obvious cache: all keys and values, put together anew each time. */
class PlainCache implements nn.KeyValueCache {
  #keys: Tensor[] = [];
  #values: Tensor[] = [];

  layer(): this {
    return this;
  }
  advance(): void {}
  free(): void {}

  keep(x: Tensor, { keys, values }: { keys: number; values: number }): void {
    this.#keys.push(heads(x, keys));
    this.#values.push(heads(x, values));
  }

  attend(x: Tensor, { causal, scale }: { causal: boolean; scale: number }): Tensor {
    const joined = (parts: Tensor[]): Tensor => concat(parts, 2);
    const y = scaledDotProductAttention(heads(x, 0), joined(this.#keys), joined(this.#values), {
      isCausal: causal,
      causalAlignment: "bottomRight",
      scale,
    });
    return y.transpose(1, 2).reshape([x.shape[0]!, x.shape[1]!, E]);
  }
}

/** Part i of [N, L, parts · E], as [N, H, L, E / H]. */
const heads = (x: Tensor, i: number): Tensor =>
  x
    .slice(2, i * E, (i + 1) * E)
    .reshape([x.shape[0]!, x.shape[1]!, H, E / H])
    .transpose(1, 2);

describe("the encoder", () => {
  test("does not know the order of tokens, unless positions tell", () => {
    having(new nn.TransformerEncoderLayer(E, H, OPTIONS), (layer) => {
      const encoder = new nn.TransformerEncoder(layer, 2);
      const positions = new nn.PositionalEncoding(E, { batchFirst: true, dropout: 0 });
      const x = draw(N, L, E);
      const order = tensor([2, 4, 0, 1, 3], { dtype: "int32" });
      const turned = (y: Tensor): Tensor => y.indexSelect(1, order);
      expect(far(turned(encoder.forward(x)), encoder.forward(turned(x)))).toBeLessThan(2e-6);
      const told = (y: Tensor): Tensor => encoder.forward(positions.forward(y));
      expect(far(turned(told(x)), told(turned(x)))).toBeGreaterThan(1e-2);
      encoder.free();
      positions.free();
    });
  });

  test("gives what is not padding the same, whatever the padding holds", () => {
    having(new nn.TransformerEncoderLayer(E, H, { ...OPTIONS, normFirst: true }), (layer) => {
      const x = draw(N, L, E);
      const srcKeyPaddingMask = tensor([0, 1].map(() => [false, false, false, true, true]));
      const other = x.mul(1);
      for (let n = 0; n < N; n++) other.view().fill(5, (n * L + 3) * E, (n + 1) * L * E);
      const y = layer.forward(x, { srcKeyPaddingMask });
      const z = layer.forward(other, { srcKeyPaddingMask });
      expect(bits(z.slice(1, 0, 3))).toBe(bits(y.slice(1, 0, 3)));
      expect(far(layer.forward(x.slice(1, 0, 3)), y.slice(1, 0, 3))).toBeLessThan(1e-6);
    });
  });

  test("is made of copies that do not know of each other", () => {
    const layer = new nn.TransformerEncoderLayer(E, H, OPTIONS);
    layer.eval();
    layer.linear1.requiresGrad(false);
    const before = { ...generator.state() };
    having(new nn.TransformerEncoder(layer, 3), (encoder) => {
      expect(generator.state()).toEqual(before);
      const [a, b] = [encoder.layers.at(0), encoder.layers.at(2)];
      const values = (m: nn.Module): string => m.parameters().map(bits).join();
      expect(values(a)).toBe(values(layer));
      expect(values(b)).toBe(values(layer));
      nn.init.zeros(a.parameters()[0]!);
      expect(values(b)).toBe(values(layer));
      expect(values(a)).not.toBe(values(layer));
      expect(a.training).toBe(false);
      expect(encoder.parameters().filter((p) => !p.requiresGrad)).toHaveLength(6);
      expect([...encoder.stateDict().keys()].slice(0, 2)).toEqual([
        "layers.0.self_attn.in_proj_weight",
        "layers.0.self_attn.in_proj_bias",
      ]);
    });
    layer.free();
  });

  test("finds out whether a mask is causal, and believes what it is told", () => {
    having(new nn.TransformerEncoderLayer(E, H, OPTIONS), (layer) => {
      const hints: (boolean | undefined)[] = [];
      const spy = Object.assign(layer, {
        forward: (x: Tensor, { isCausal }: nn.EncoderLayerCall) => (hints.push(isCausal), x),
        clone: () => spy,
      }) as unknown as nn.EncoderLayer;
      const encoder = new nn.TransformerEncoder(spy, 1);
      const x = draw(N, L, E);
      const causal = nn.generateSquareSubsequentMask(L);
      const asBool = causal.lt(0);
      const learnt = causal.mul(1);
      learnt.requiresGrad = true;
      const almost = causal.mul(1);
      almost.view()[L * L - 2] = 0.5;
      const masks = [undefined, causal, asBool, learnt, almost, causal.slice(0, 0, 3)];
      for (const mask of masks) encoder.forward(x, { mask });
      expect(hints).toEqual([false, true, true, false, false, false]);
      hints.length = 0;
      encoder.forward(x, { mask: causal, isCausal: false });
      encoder.forward(x, { mask: almost, isCausal: true });
      encoder.forward(x, { mask: causal, isCausal: null });
      expect(hints).toEqual([false, true, true]);
    });
  });
});

test("captureAttention hears every attention, by name", () => {
  const sizes = { ...OPTIONS, numEncoderLayers: 1, numDecoderLayers: 1 };
  having(new nn.Transformer(E, H, sizes), (net) => {
    const [src, tgt] = [draw(N, S, E), draw(N, L, E)];
    const tgtMask = nn.generateSquareSubsequentMask(L);
    const { result, records } = nn.captureAttention(net, () => net.forward(src, tgt, { tgtMask }));
    expect(bits(result)).toBe(bits(net.forward(src, tgt, { tgtMask })));
    expect(records.map(({ name, weights }) => [name, weights.shape])).toEqual([
      ["encoder.layers.0.self_attn", [N, H, S, S]],
      ["decoder.layers.0.self_attn", [N, H, L, L]],
      ["decoder.layers.0.multihead_attn", [N, H, L, S]],
    ]);
    const module = new nn.MultiheadAttention(E, H, { batchFirst: true });
    const heard = nn.captureAttention(module, () =>
      module.forward(tgt, src, src, { averageAttnWeights: false }),
    );
    expect(bits(heard.records[0]!.weights)).toBe(bits(heard.result[1]));
    module.free();
  });
});

describe("Transformer", () => {
  test("has 44 140 544 parameters by default", () => {
    having(new nn.Transformer(), (net) => {
      expect(net.parameters().reduce((n, p) => n + p.size, 0)).toBe(44_140_544);
    });
  });

  test("starts from xavierUniform, differently in each layer, and leaves no layer behind", () => {
    const before = memory().tensors;
    having(new nn.Transformer(32, 4, { ...OPTIONS, dimFeedforward: 64 }), (net) => {
      const named = new Map(net.namedParameters());
      expect(memory().tensors - before).toBe(named.size);
      for (const [name, p] of named) {
        if (p.ndim === 1) continue;
        const bound = Math.fround(Math.sqrt(6 / (p.shape[0]! + p.shape[1]!)));
        const most = Math.max(...p.data().map(Math.abs));
        expect(most, name).toBeLessThanOrEqual(bound);
        expect(most, name).toBeGreaterThan(0.9 * bound);
      }
      const first = (l: number): string => bits(named.get(`encoder.layers.${l}.linear1.weight`));
      expect(first(0)).not.toBe(first(1));
    });
  });

  test("takes an encoder and a decoder of one's own", () => {
    class Twice extends nn.Module {
      readonly scale = nn.parameter(tensor([[2, 2]]));
      forward(x: Tensor): Tensor {
        return x.mul(this.scale.sum());
      }
    }
    const [customEncoder, customDecoder] = [new Twice(), new Twice()];
    having(new nn.Transformer(E, H, { customEncoder, customDecoder }), (net) => {
      expect(net.parameters()).toHaveLength(2);
      expect(net.encoder).toBe(customEncoder);
      const x = draw(L, N, E);
      const factor = customDecoder.scale.sum().item();
      expect(factor).not.toBe(4); // drawn anew
      expect(bits(net.forward(x, x))).toBe(bits(x.mul(factor)));
    });
  });

  test("drops in training only", () => {
    const options = { ...OPTIONS, dropout: 0.5, numEncoderLayers: 1 };
    having(new nn.Transformer(E, H, { ...options, numDecoderLayers: 1 }), (net) => {
      const [src, tgt] = [draw(N, S, E), draw(N, L, E)];
      expect(bits(net.forward(src, tgt))).not.toBe(bits(net.forward(src, tgt)));
      net.eval();
      expect(bits(net.forward(src, tgt))).toBe(bits(net.forward(src, tgt)));
    });
  });

  test("one sequence is a batch of one", () => {
    const options = { ...OPTIONS, numEncoderLayers: 1, numDecoderLayers: 1 };
    having(new nn.Transformer(E, H, options), (net) => {
      const [src, tgt] = [draw(S, E), draw(L, E)];
      const tgtMask = nn.Transformer.generateSquareSubsequentMask(L);
      const y = net.forward(src, tgt, { tgtMask });
      const z = net.forward(src.unsqueeze(0), tgt.unsqueeze(0), { tgtMask });
      expect(bits(y)).toBe(bits(z));
    });
  });

  test("has gradients that finite differences confirm", () => {
    const sizes = {
      dimFeedforward: 3,
      numEncoderLayers: 1,
      numDecoderLayers: 1,
    };
    const options = { ...OPTIONS, ...sizes, activation: "gelu", dtype: "float64" } as const;
    having(new nn.Transformer(4, 2, options), (net) => {
      const make = (...shape: number[]): Tensor =>
        randn(shape, { dtype: "float64", generator, requiresGrad: true });
      const f = (src: Tensor, tgt: Tensor, tgtMask: Tensor): Tensor =>
        net.forward(src, tgt, { tgtMask });
      expect(gradcheck(f, [make(2, 3, 4), make(2, 2, 4), make(2, 2)])).toBe(true);
      const [g] = grad(sum(f(make(2, 3, 4), make(2, 2, 4), make(2, 2))), [net.parameters()[0]!]);
      expect(g!.data().some((v) => v !== 0)).toBe(true);
    });
  });
});

describe("transformers refuse", () => {
  type Make = new (...args: unknown[]) => nn.Module;
  const make =
    (kind: keyof typeof nn, ...args: unknown[]) =>
    () =>
      new (nn[kind] as unknown as Make)(...args);
  test.each<[() => unknown, RegExp]>([
    [
      make("TransformerEncoderLayer", 0, 1),
      /TransformerEncoderLayer: expected dModel to be an integer of at least 1/,
    ],
    [make("TransformerEncoderLayer", 5, 2), /dModel to be a multiple of 2 heads, got 5/],
    [
      make("TransformerDecoderLayer", 4, 0),
      /TransformerDecoderLayer: expected nhead to be an integer of at least 1/,
    ],
    [
      make("TransformerDecoderLayer", 4, 2, { dimFeedforward: 0 }),
      /dimFeedforward to be an integer of at least 1/,
    ],
    [
      make("TransformerEncoderLayer", 4, 2, { dropout: -0.1 }),
      /dropout to be a number from 0 to 1/,
    ],
    [
      make("TransformerEncoderLayer", 4, 2, { activation: "tanh" }),
      /activation to be "relu", "gelu" or a function, got tanh/,
    ],
    [make("TransformerEncoderLayer", 4, 2, { layerNormEps: NaN }), /layerNormEps to be a number/],
    [
      make("TransformerEncoderLayer", 4, 2, { normFirst: 1 }),
      /normFirst to be true or false, got 1/,
    ],
    [
      make("TransformerEncoderLayer", 4, 2, { dtype: "bool" }),
      /dtype "float32" or "float64", got bool/,
    ],
    [
      make("Transformer", 8, 2, { numEncoderLayers: 0 }),
      /numEncoderLayers to be an integer of at least 1, got 0/,
    ],
    [make("Transformer", 6, 4), /Transformer: expected dModel to be a multiple of 4 heads/],
    [
      make("Transformer", 8, 2, { customDecoder: () => 1 }),
      /customDecoder to be a module, got function/,
    ],
    [make("TransformerEncoder", relu, 1), /expected a layer that has clone\(\), got function/],
    [
      make("TransformerDecoder", undefined, 1),
      /expected a layer that has clone\(\), got undefined/,
    ],
  ])("options %#", (f, message) => expectRefusal(f, message));

  test("calls, and change nothing", () => {
    const sizes = {
      dimFeedforward: 4,
      numEncoderLayers: 1,
      numDecoderLayers: 1,
    };
    const net = new nn.Transformer(E, H, { ...sizes, dropout: 0.1 });
    const layer = new nn.TransformerEncoderLayer(E, H);
    const refused = (src: Shape, tgt: Shape, options: () => object, message: RegExp): void => {
      manualSeed(2);
      expectRefusal(() => net.forward(given(src), given(tgt), options()), message);
      expect(defaultGenerator.state().counter).toBe(0);
    };
    const none = (): object => ({});
    refused([S, N, E + 1], [L, N, E], none, /src to be \[\.\.\., 8\] \(dModel\), got \[6, 2, 9\]/);
    refused([S, N, E], [L, N, 4], none, /tgt to be \[\.\.\., 8\]/);
    refused([S, N, E], [L, N + 1, E], none, /src and tgt to have one batch size on axis 1/);
    refused([S, N, E], [L, E], none, /src and tgt to have one batch size/);
    refused(
      [S, N, E],
      [L, N, E],
      () => ({ srcMask: given([S, S + 1]) }),
      /attnMask to be \[6, 6\]/,
    );
    refused(
      [S, N, E],
      [L, N, E],
      () => ({ srcMask: "causal" }),
      /expected the mask to be a tensor/,
    );
    refused([S, N, E], [L, N, E], () => ({ srcIsCausal: true }), /there is none/);
    expectRefusal(() => layer.forward(3 as never), /to be a tensor, got number/);
    expectRefusal(
      () => new nn.TransformerEncoder(layer, 0),
      /numLayers to be an integer of at least 1/,
    );
    expectRefusal(
      () => new nn.TransformerEncoder(layer, 1, { norm: relu as never }),
      /norm to be a module, got function/,
    );
    expectRefusal(
      () => new nn.TransformerEncoder(layer, 1, { maskCheck: 0 as never }),
      /maskCheck to be true or false/,
    );
    net.free();
    layer.free();
  });
});
