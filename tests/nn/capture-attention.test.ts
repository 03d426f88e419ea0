import {
  attentionWeights,
  memory,
  nn,
  randn,
  scaledDotProductAttention,
  scope,
  type Tensor,
} from "unrolled";
import { describe, expect, test } from "vitest";

/** Attention of x to x, or to a memory, by grouped heads: no projections, one call. */
class Grouped extends nn.Module {
  forward(x: Tensor, memory: Tensor = x): Tensor {
    const key = memory.reshape([1, 1, ...memory.shape]);
    return nn.attend(this, x.reshape([1, 2, x.shape[0]!, 3]), key.slice(-1, 0, 3), key, {
      enableGqa: true,
    });
  }
}

class Net extends nn.Module {
  encoder = { first: new Grouped() }.first;
  layers = new nn.ModuleList([new Grouped(), new Grouped()]);
  multihead_attn = new nn.MultiheadAttention(6, 2);

  forward(x: Tensor): Tensor {
    const y = this.encoder.forward(x);
    for (const layer of this.layers) scope(() => layer.forward(x));
    this.multihead_attn.forward(x, x.slice(0, 0, 2), x.slice(0, 0, 2));
    return y;
  }
}

const net = new Net();

test("every call is there in order, by name and kind, whatever scopes the model opened", () => {
  const before = memory().tensors;
  scope(() => {
    const x = randn([4, 6]);
    const { result, records } = nn.captureAttention(net, () => scope(() => net.forward(x)));
    expect(records.map(({ name, kind }) => [name, kind])).toEqual([
      ["encoder", "encoder"],
      ["layers.0", "self"],
      ["layers.1", "self"],
      ["multihead_attn", "cross"],
    ]);
    const [grouped, , , cross] = records as [
      (typeof records)[0],
      never,
      never,
      (typeof records)[0],
    ];
    expect(
      [grouped.query, grouped.key, grouped.value, grouped.weights].map((t) => t.shape),
    ).toEqual(
      [[1, 2, 4, 3], [1, 1, 4, 3], [1, 1, 4, 6], [1, 2, 4, 4]], // prettier-ignore
    );
    expect(cross.weights.shape).toEqual([1, 2, 4, 2]);
    expect(cross.scale).toBe(1 / Math.sqrt(3));
    const again = attentionWeights(grouped.query, grouped.key, { enableGqa: true });
    expect(grouped.weights.data()).toEqual(again.data());
    expect(result.data()).toEqual(
      scaledDotProductAttention(grouped.query, grouped.key, grouped.value, {
        enableGqa: true,
      }).data(),
    );
    for (const { weights } of records) expect(weights.isLeaf && !weights.requiresGrad).toBe(true);
  });
  expect(memory().tensors).toBe(before);
});

test("the graph is none the worse: gradients with and without a capture are equal", () => {
  const gradient = (capture: boolean): ArrayLike<number> =>
    scope(() => {
      const x = randn([4, 6], { requiresGrad: true });
      x.view().set(Float32Array.from({ length: 24 }, (_, i) => i % 7));
      const run = (): Tensor => net.multihead_attn.forward(x, x, x)[0];
      const y = capture ? nn.captureAttention(net, run).result : run();
      y.sum().backward();
      return x.grad!.data();
    });
  expect(gradient(true)).toEqual(gradient(false));
});

test("it costs nothing when off: no tensor more than the attention itself", () => {
  const made = (f: (q: Tensor) => void): number =>
    scope(() => {
      const q = randn([1, 2, 5, 3]);
      const before = memory().tensors;
      f(q);
      return memory().tensors - before;
    });
  const bare = made((q) => scaledDotProductAttention(q, q, q));
  expect(made((q) => nn.attend(net.encoder, q, q, q))).toBe(bare);
  expect(
    made((q) => nn.captureAttention(net, () => nn.attend(net.encoder, q, q, q))),
  ).toBeGreaterThan(bare);
  expect(made((q) => nn.attend(net.encoder, q, q, q))).toBe(bare); // and off again
});

describe("captures in captures", () => {
  test("each has the calls of its own model", () => {
    scope(() => {
      const x = randn([4, 6]);
      const names = (records: { name: string }[]): string[] => records.map(({ name }) => name);
      const outer = nn.captureAttention(net, () => {
        const inner = nn.captureAttention(net.layers, () => net.forward(x));
        net.encoder.forward(x);
        return names(inner.records);
      });
      expect(outer.result).toEqual(["0", "1"]);
      expect(names(outer.records)).toEqual(["encoder", "layers.0", "layers.1", "multihead_attn", "encoder"]); // prettier-ignore
    });
  });

  test("a module that is not in the model is not recorded", () => {
    scope(() => {
      const x = randn([4, 6]);
      const { records } = nn.captureAttention(net.layers, () => net.encoder.forward(x));
      expect(records).toEqual([]);
    });
  });
});

test("after a function that throws, and one that is async, capturing is off and nothing is left", () => {
  const before = memory().tensors;
  scope(() => {
    const x = randn([4, 6]);
    const held = memory().tensors;
    const failing = (): never =>
      scope(() => {
        net.encoder.forward(x);
        throw new Error("mine");
      });
    expect(() => nn.captureAttention(net, failing)).toThrow("mine");
    expect(memory().tensors).toBe(held);
    expect(() => nn.captureAttention(net, async () => {})).toThrow(
      "captureAttention: expected a function that is not async",
    );
    net.encoder.forward(x);
  });
  expect(memory().tensors).toBe(before);
});
