/** @file What shares memory, what does not, and what that means for gradients. */

import { expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { level } from "../support/given.ts";

const shares = (a: u.Tensor, b: u.Tensor): boolean => a.storage === b.storage;

test("what keeps the order of elements shares memory", () => {
  level(() => {
    const x = u.arange(24).reshape([2, 3, 4]);
    for (const y of [
      x.reshape([24]),
      x.flatten(),
      x.unsqueeze(1),
      x.unsqueeze(0).squeeze(0),
      x.slice(0, 1),
      x.select(0, 1),
      x.unsqueeze(0).slice(1, 1, 2),
      x.detach(),
      x.unsqueeze(1).transpose(0, 1),
      x.transpose(1, 1),
      x.broadcastTo([1, 2, 3, 4]),
      ...x.unbind(),
      ...x.split(1),
    ]) {
      expect(shares(x, y)).toBe(true);
    }
  });
});

test("what does not is a copy", () => {
  level(() => {
    const x = u.arange(24).reshape([2, 3, 4]);
    for (const y of [
      x.transpose(0, 1),
      x.slice(1, 0, 1),
      x.slice(0, 0, 2, 2),
      x.select(1, 0),
      x.flip(0),
      u.concat([x]),
      u.stack([x]),
      x.sum([]),
      x.to("float64"),
    ]) {
      expect(shares(x, y)).toBe(false);
    }
  });
});

test("a gradient reaches a leaf through parts that share its memory", () => {
  level(() => {
    const x = u.tensor([1, 2, 3, 4, 5, 6], [3, 2], { dtype: "float64", requiresGrad: true });
    const [a, b, c] = x.unbind() as [u.Tensor, u.Tensor, u.Tensor];
    u.sum(u.add(u.mul(a, b), u.mul(c, a))).backward();
    expect(x.grad!.toArray()).toEqual([
      [8, 10],
      [1, 2],
      [1, 2],
    ]);
  });
});

test("a state cut out of a sequence goes backward through every step", () => {
  level(() => {
    const T = 20;
    const xs = u.ones([T, 2], { dtype: "float64", requiresGrad: true });
    let h = u.zeros([2], { dtype: "float64" });
    for (let t = 0; t < T; t++) h = u.add(u.mul(h, 0.5), u.select(xs, 0, t));
    u.sum(h).backward();
    expect(xs.grad!.toArray()).toEqual(
      Array.from({ length: T }, (_, t) => [0.5 ** (T - 1 - t), 0.5 ** (T - 1 - t)]),
    );
  });
});

test("an input that stands twice is read, never written", () => {
  level(() => {
    const x = u.tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { dtype: "float64", requiresGrad: true },
    );
    const y = u.matmul(u.mul(x, x), x, { transposeB: true });
    expect(x.toArray()).toEqual([
      [1, 2],
      [3, 4],
    ]);
    expect(u.gradcheck((x) => u.matmul(u.mul(x, x), x, { transposeB: true }), [x])).toBe(true);
    expect(y.shape).toEqual([2, 2]);
  });
});

test("a shape given by the caller may change afterwards", () => {
  level(() => {
    const shape = [2, 3];
    const made = [u.zeros(shape), u.zeros([6]).reshape(shape), u.broadcastTo(u.zeros([3]), shape)];
    shape[0] = 99;
    for (const t of made) expect(t.shape).toEqual([2, 3]);
    const axes = [1, 0];
    const x = u.tensor(
      [
        [1, 2],
        [3, 4],
      ],
      { requiresGrad: true },
    );
    const y = u.permute(x, axes);
    axes[0] = 0;
    u.sum(
      u.mul(
        y,
        u.tensor([
          [1, 2],
          [3, 4],
        ]),
      ),
    ).backward();
    expect(x.grad!.toArray()).toEqual([
      [1, 3],
      [2, 4],
    ]);
  });
});
