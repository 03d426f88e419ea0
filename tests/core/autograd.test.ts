import { describe, expect, test } from "vitest";
import {
  add,
  backward,
  concat,
  exp,
  full,
  grad,
  isGradEnabled,
  keep,
  matmul,
  memory,
  mul,
  nn,
  noGrad,
  ones,
  rnnCell,
  scope,
  select,
  sum,
  tanh,
  tensor,
  type Tensor,
  zeros,
} from "../../ts/index.ts";
import { touch } from "../../ts/core/autograd.ts";
import { level } from "../support/given.ts";

const leaf = (...values: number[]): Tensor =>
  tensor(values, { dtype: "float64", requiresGrad: true });

describe("backward", () => {
  test("gives each leaf the derivative, and intermediates none", () => {
    level(() => {
      const [x, w] = [leaf(1, 2), leaf(3, 4)];
      const y = mul(x, w);
      sum(y).backward();
      expect(x.grad!.toArray()).toEqual([3, 4]);
      expect(w.grad!.toArray()).toEqual([1, 2]);
      expect(y.grad).toBe(undefined);
      expect(x.grad!.requiresGrad).toBe(false);
    });
  });

  test("adds to a gradient that is there already", () => {
    level(() => {
      const x = leaf(1, 2);
      const seen = [1, 2, 3].map((k) => {
        sum(mul(x, k)).backward();
        return x.grad!.toArray();
      });
      expect(seen).toEqual([
        [1, 1],
        [3, 3],
        [6, 6],
      ]);
    });
  });

  test("leaves alone what gets no gradient", () => {
    level(() => {
      const [x, c] = [leaf(1), tensor([2], { dtype: "float64" })];
      sum(mul(x, c)).backward();
      expect(c.grad).toBe(undefined);
    });
  });

  test("wants one element, or a gradient of the shape", () => {
    level(() => {
      const x = leaf(1, 2);
      const y = mul(x, 3);
      expect(() => y.backward()).toThrow(
        /backward: expected a tensor with one element, or a gradient for it, got \[2\]/,
      );
      expect(() => y.backward(full([3], 1, { dtype: "float64" }))).toThrow(
        /expected the gradient to be a float64 tensor \[2\], got a float64 tensor \[3\]/,
      );
      expect(() => y.backward(full([2], 1))).toThrow(/got a float32 tensor/);
      expect(() => y.backward([1, 2] as never)).toThrow(/expected the gradient to be a tensor/);
      const seed = tensor([1, 10], { dtype: "float64" });
      y.backward(seed);
      expect(x.grad!.toArray()).toEqual([3, 30]);
      expect(seed.toArray()).toEqual([1, 10]);
    });
  });

  test("says so when no gradient flows", () => {
    level(() => {
      expect(() => tensor([1]).backward()).toThrow(/no gradient flows to float32 tensor \[1\]/);
      expect(() => noGrad(() => tanh(leaf(1))).backward()).toThrow(/no gradient flows/);
      expect(() => backward(3 as never)).toThrow(/expected the output to be a tensor, got number/);
    });
  });

  test("of a leaf itself is its seed", () => {
    level(() => {
      const x = leaf(5);
      x.backward();
      x.backward();
      expect(x.grad!.toArray()).toEqual([2]);
    });
  });

  test("refuses a second pass through the same graph, unless retainGraph", () => {
    level(() => {
      const x = leaf(2);
      const y = mul(x, x);
      y.backward(undefined, { retainGraph: true });
      y.backward();
      expect(x.grad!.toArray()).toEqual([8]);
      expect(() => y.backward()).toThrow(
        /used up by an earlier backward pass; give that one retainGraph: true/,
      );
      expect(() => sum(mul(y, 2)).backward()).toThrow(/used up/);
      expect(x.grad!.toArray()).toEqual([8]);
    });
  });

  test("does not touch what detach or noGrad cut off", () => {
    level(() => {
      const x = leaf(3);
      sum(mul(x, mul(x, 2).detach())).backward();
      expect(x.grad!.toArray()).toEqual([6]);
    });
  });

  test("leaves an intermediate's gradient where retainGrad asked for it", () => {
    level(() => {
      const x = leaf(1, 2);
      const y = mul(x, 3).retainGrad();
      sum(mul(y, y)).backward();
      expect(y.grad!.toArray()).toEqual([6, 12]);
      expect(x.grad!.toArray()).toEqual([18, 36]);
      expect(() => tensor([1]).retainGrad()).toThrow(/retainGrad: no gradient flows/);
    });
  });

  test("puts a gradient where its tensor lives, not where the pass runs", () => {
    level(() => {
      const x = leaf(1, 2);
      scope(() => sum(mul(x, x)).backward());
      expect(x.grad!.toArray()).toEqual([2, 4]);
    });
  });

  test("leaves nothing behind but the gradients", () => {
    level(() => {
      const x = leaf(1, 2, 3);
      const y = sum(tanh(mul(exp(x), x)));
      const before = memory().tensors;
      y.backward();
      expect(memory().tensors).toBe(before + 1);
    });
  });

  test("after a failure the next pass is right", () => {
    level(() => {
      const x = leaf(2);
      const y = mul(x, x);
      touch(x);
      const before = memory().tensors;
      expect(() => y.backward()).toThrow(/was changed in place/);
      expect(memory().tensors).toBeLessThanOrEqual(before + 1); // the seed ends with the scope
      mul(x, x).backward();
      expect(x.grad!.toArray()).toEqual([4]);
    });
  });
});

describe("one tensor in several places", () => {
  const cases: Record<string, [f: (x: Tensor) => Tensor, slope: number]> = {
    "x + x + x": [(x) => add(add(x, x), x), 3],
    "x x": [(x) => mul(x, x), 4],
    "x x x": [(x) => mul(mul(x, x), x), 12],
    "(x + x) (x + x)": [(x) => mul(add(x, x), add(x, x)), 16],
    "x + 2x through a view": [(x) => add(x, mul(x.reshape([1]), 2)), 3],
    "x and x's own sum": [(x) => add(sum(x), x), 2],
    "a diamond": [
      (x) => {
        const y = mul(x, 3);
        return add(mul(y, 2), y);
      },
      9,
    ],
    "concatenated with itself": [(x) => sum(concat([x, x, x])), 3],
  };
  test.each(Object.entries(cases))("%s", (_, [f, slope]) => {
    level(() => {
      const x = leaf(2);
      sum(f(x)).backward();
      expect(x.grad!.toArray()).toEqual([slope]);
      const [dx] = grad(sum(f(x)), [x]);
      expect(dx!.toArray()).toEqual([slope]);
    });
  });

  test("leaves that share a gradient get one each", () => {
    level(() => {
      const [a, b, c] = [leaf(1), leaf(2), leaf(3)];
      add(add(a, b), c).backward();
      a.grad!.view()[0] = 100;
      expect([b.grad!.item(), c.grad!.item()]).toEqual([1, 1]);
      a.grad!.free();
      expect([b.grad!.item(), c.grad!.item()]).toEqual([1, 1]);
    });
  });

  test("the caller's gradient is neither adopted nor changed", () => {
    level(() => {
      const [a, b] = [leaf(1, 2), leaf(3, 4)];
      const seed = tensor([5, 6], { dtype: "float64" });
      add(a, b).backward(seed);
      add(a, b).backward(seed);
      expect(a.grad!.toArray()).toEqual([10, 12]);
      expect(seed.toArray()).toEqual([5, 6]);
      seed.free();
      expect(b.grad!.toArray()).toEqual([10, 12]);
    });
  });

  test("parts of one gradient that share memory stay apart", () => {
    level(() => {
      const [a, b] = [leaf(1, 2), leaf(3)];
      const y = concat([a, b]); // the parts of dy are views of it
      sum(mul(add(y, y), y)).backward();
      expect(a.grad!.toArray()).toEqual([4, 8]);
      expect(b.grad!.toArray()).toEqual([12]);
      sum(a).backward();
      expect(a.grad!.toArray()).toEqual([5, 9]);
      expect(b.grad!.toArray()).toEqual([12]);
    });
  });
});

describe("grad", () => {
  test("returns gradients and leaves none in grad", () => {
    level(() => {
      const [x, w] = [leaf(2), leaf(5)];
      const [dx, dw] = grad(mul(x, w), [x, w]);
      expect([dx!.item(), dw!.item()]).toEqual([5, 2]);
      expect([x.grad, w.grad]).toEqual([undefined, undefined]);
    });
  });

  test("of an intermediate", () => {
    level(() => {
      const x = leaf(2);
      const y = mul(x, 3);
      const z = mul(y, y);
      expect(grad(z, [y, x], { retainGraph: true }).map((g) => g.item())).toEqual([12, 36]);
      expect(grad(z, [z])[0]!.item()).toBe(1);
    });
  });

  test("goes only where it has to", () => {
    level(() => {
      const [x, w] = [leaf(2), leaf(3)];
      const [dx] = grad(mul(mul(x, w), w), [x]);
      expect(dx!.item()).toBe(9);
    });
  });

  test("of several outputs adds up", () => {
    level(() => {
      const x = leaf(2);
      const [dx] = grad([mul(x, 3), mul(x, x)], [x]);
      expect(dx!.item()).toBe(7);
      const seeds = [full([1], 10, { dtype: "float64" }), undefined];
      expect(grad([mul(x, 3), mul(x, x)], [x], { gradOutputs: seeds })[0]!.item()).toBe(34);
    });
  });

  test("of an input that is not used is an error, or undefined with allowUnused", () => {
    level(() => {
      const [x, w] = [leaf(2), leaf(3)];
      expect(() => grad(mul(x, 2), [w])).toThrow(/do not depend on an input .* allowUnused: true/);
      expect(grad(mul(x, 2), [x, w], { allowUnused: true })[1]).toBe(undefined);
    });
  });

  test("of an input that requires none is an error", () => {
    level(() => {
      expect(() => grad(leaf(1), [tensor([1])])).toThrow(
        /grad: an input .* does not require a gradient/,
      );
      expect(() => grad(leaf(1), [3 as never])).toThrow(/grad: expected each input to be a tensor/);
    });
  });

  test("with createGraph can be differentiated again and again", () => {
    level(() => {
      const x = leaf(2);
      let y = mul(mul(x, x), mul(x, x)); // x⁴
      for (const want of [32, 48, 48, 24]) {
        [y] = grad(y, [x], { createGraph: true }) as [Tensor];
        expect(y.item()).toBeCloseTo(want, 9);
      }
    });
  });

  test("without createGraph cannot", () => {
    level(() => {
      const x = leaf(2);
      const [dx] = grad(mul(x, x), [x]);
      expect(dx!.requiresGrad).toBe(false);
    });
  });

  test("backward with createGraph leaves gradients that can be differentiated", () => {
    level(() => {
      const x = leaf(3);
      mul(mul(x, x), x).backward(undefined, { createGraph: true });
      expect(x.grad!.item()).toBe(27);
      expect(grad(x.grad!, [x])[0]!.item()).toBe(18);
    });
  });
});

describe("recording", () => {
  test("stops under noGrad, also when it throws, and nests", () => {
    level(() => {
      const x = leaf(1);
      expect(isGradEnabled()).toBe(true);
      noGrad(() => {
        expect(isGradEnabled()).toBe(false);
        expect(tanh(x).requiresGrad).toBe(false);
        noGrad(() => {});
        expect(isGradEnabled()).toBe(false);
      });
      expect(() =>
        noGrad(() => {
          throw new Error("inside");
        }),
      ).toThrow("inside");
      expect(isGradEnabled()).toBe(true);
      expect(tanh(x).requiresGrad).toBe(true);
    });
  });

  test("noGrad refuses an async function", () => {
    expect(() => noGrad(async () => {})).toThrow(/noGrad: expected a function that is not async/);
    expect(isGradEnabled()).toBe(true);
  });

  test("costs nothing where nothing requires a gradient", () => {
    level(() => {
      const y = add(zeros([2]), ones([2]));
      expect([y.requiresGrad, y.node, y.isLeaf]).toEqual([false, undefined, true]);
    });
  });

  test("requiresGrad is for float leaves", () => {
    level(() => {
      const x = leaf(1);
      const y = tanh(x);
      expect(() => (y.requiresGrad = false)).toThrow(/use detach\(\)/);
      expect(() => (zeros([1], { dtype: "int32" }).requiresGrad = true)).toThrow(
        /only float tensors/,
      );
      expect(() => zeros([1], { dtype: "bool", requiresGrad: true })).toThrow(/only float tensors/);
      x.requiresGrad = false;
      expect(tanh(x).requiresGrad).toBe(false);
    });
  });
});

describe("what the forward pass saved", () => {
  test("must not have changed", () => {
    level(() => {
      const x = leaf(2);
      const y = mul(x, x);
      touch(x);
      expect(() => y.backward()).toThrow(
        /backward: input 0 of mul \(float64 tensor \[1\]\) was changed in place after the forward pass; go backward before the update/,
      );
    });
  });

  test("must not have changed through a view either", () => {
    level(() => {
      const x = leaf(2, 3);
      const y = sum(mul(x, x));
      touch(x.detach().reshape([2, 1]));
      expect(() => y.backward()).toThrow(/changed in place/);
    });
  });

  test("must not have been freed", () => {
    level(() => {
      const x = leaf(2);
      const c = tensor([3], { dtype: "float64" });
      const y = mul(x, c);
      c.free();
      expect(() => y.backward()).toThrow(/was freed/);
    });
  });

  test("must not have gone with its scope", () => {
    level(() => {
      const x = leaf(2);
      const step = scope();
      const y = mul(mul(x, 3), x);
      step.close();
      expect(() => y.backward()).toThrow(/was freed/);
    });
  });
});

describe("deep graphs", () => {
  test("a chain of 100,000 tanh goes backward without a stack", { timeout: 60_000 }, () => {
    level(() => {
      const x = tensor([0.5], { requiresGrad: true });
      const start = performance.now();
      let y = x;
      for (let i = 0; i < 1e5; i++) y = tanh(y);
      const forward = performance.now() - start;
      y.backward();
      const back = performance.now() - start - forward;
      expect(x.grad!.item()).toBeGreaterThan(0);
      expect(back).toBeLessThan(2 * forward + 1000);
    });
  });

  test("a sequence of 10,000 steps goes backward, fused and step by step, to the same gradient", () => {
    level(() => {
      const rnn = new nn.RNN(1, 2, { dtype: "float64" });
      const xs = mul(ones([10_000, 1, 1], { dtype: "float64" }), 0.1);
      const weights = {
        w_ih: rnn.weight_ih_l0!,
        w_hh: rnn.weight_hh_l0!,
        b_ih: rnn.bias_ih_l0,
        b_hh: rnn.bias_hh_l0,
      };
      const [, hn] = rnn.forward(xs);
      const fused = grad(sum(hn), rnn.parameters());
      let h = zeros([1, 2], { dtype: "float64" });
      for (let t = 0; t < 10_000; t++) h = rnnCell(select(xs, 0, t), h, weights);
      const stepped = grad(sum(h), rnn.parameters());
      fused.forEach((dp, i) => {
        const want = stepped[i]!.data();
        dp.data().forEach((v, k) => expect(v).toBeCloseTo(want[k]!, 9));
      });
      rnn.free();
    });
  });

  test("a state carried for 10,000 steps has a graph of one step", () => {
    level(() => {
      const w = keep(tensor([[0.5]], { requiresGrad: true }));
      let h = zeros([1, 1]);
      for (let t = 0; t < 10_000; t++) {
        const last = h;
        h = scope(() => {
          const next = tanh(add(matmul(last, w), 0.1));
          sum(next).backward();
          return next;
        });
        last.free();
      }
      expect(h.item()).toBeGreaterThan(0);
      w.free();
    });
  });
});
