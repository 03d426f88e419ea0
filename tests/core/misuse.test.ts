/** @file Misuse of a graph is an error, never a wrong gradient; shown for every op that has one. */

import { describe, expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { allCases, draw, nameOf, type OpCase, tensors } from "../support/cases.ts";
import { level } from "../support/given.ts";

const rows = (await allCases()).filter(({ differentiable = true }) => differentiable !== false);

class Holder extends u.nn.Module {
  readonly t: u.Tensor;
  constructor(t: u.Tensor) {
    super();
    this.t = u.nn.buffer(t);
  }
}

const stepOf = (make: (t: u.Tensor) => { step(): void; free(): void }) => (t: u.Tensor) => {
  t.grad = u.zeros(t.shape, { dtype: t.dtype });
  const optimizer = make(t);
  optimizer.step();
  optimizer.free();
};

/** Every public way to change a leaf in place, whatever its shape. */
const changes: Record<string, (t: u.Tensor) => void> = {
  uniform: (t) => u.nn.init.uniform(t),
  normal: (t) => u.nn.init.normal(t),
  truncNormal: (t) => u.nn.init.truncNormal(t),
  constant: (t) => u.nn.init.constant(t, 0.5),
  zeros: (t) => u.nn.init.zeros(t),
  ones: (t) => u.nn.init.ones(t),
  SGD: stepOf((t) => new u.optim.SGD([t], { lr: 0 })),
  RMSprop: stepOf((t) => new u.optim.RMSprop([t])),
  Adam: stepOf((t) => new u.optim.Adam([t])),
  AdamW: stepOf((t) => new u.optim.AdamW([t])),
  loadStateDict: (t) =>
    void new Holder(t).loadStateDict({ t: u.zeros(t.shape, { dtype: t.dtype }) }),
};

const seed = (y: u.Tensor): u.Tensor => u.full(y.shape, 0.5, { dtype: y.dtype });
const backward = (y: u.Tensor, xs: readonly u.Tensor[], retainGraph = false): unknown[] =>
  u
    .grad(y, xs, { gradOutputs: seed(y), allowUnused: true, retainGraph })
    .map((dx) => dx && [...dx.data()]);

/** Inputs, the result, and those inputs that it depends on. */
function computed({ f, shapes, ...row }: OpCase): {
  xs: u.Tensor[];
  y: u.Tensor;
  used: u.Tensor[];
} {
  const xs = tensors(draw({ f, shapes, ...row }, shapes[0]!), "float64", true);
  const y = f(...xs);
  const dxs = u.grad(y, xs, { gradOutputs: seed(y), allowUnused: true, retainGraph: true });
  return { xs, y, used: xs.filter((_, i) => dxs[i]) };
}

describe.each(rows.map((row) => [nameOf(row), row] as const))("%s", (_, row) => {
  test("refuses to go backward when an input was changed in place", () => {
    for (const [name, change] of Object.entries(changes)) {
      for (let i = 0; i < row.shapes[0]!.length; i++) {
        level(() => {
          const { xs, y, used } = computed(row);
          if (y.isLeaf || !used.includes(xs[i]!)) return;
          change(xs[i]!);
          expect(() => backward(y, xs), name).toThrow(
            /was changed in place after the forward pass/,
          );
          xs[i]!.grad?.free();
          xs[i]!.free();
        });
      }
    }
  });

  test("refuses to go backward when its result was changed in place", () => {
    level(() => {
      const { xs, y, used } = computed(row);
      u.nn.init.constant(y.detach(), 0);
      if (!y.isLeaf && used.length > 0)
        expect(() => backward(y, xs)).toThrow(/was changed in place/);
    });
  });

  test("goes backward twice with retainGraph to the same bits, and not once more", () => {
    level(() => {
      const { xs, y, used } = computed(row);
      const first = backward(y, xs, true);
      expect(backward(y, xs)).toEqual(first);
      if (!y.isLeaf && used.length > 0)
        expect(() => backward(y, xs)).toThrow(/used up by an earlier backward/);
    });
  });

  test("gives the right gradient or an error when something that it may have saved was freed", () => {
    level(() => {
      const { xs, y } = computed(row);
      const want = backward(y, xs);
      for (let i = -1; i < xs.length; i++) {
        level(() => {
          const again = computed(row);
          const dy = seed(y);
          (again.xs[i] ?? again.y).free();
          u.scope(() => u.zeros([64, 64])); // would show if freed memory were read
          const others = again.xs.filter((_, k) => k !== i);
          let got: unknown;
          try {
            got = u
              .grad(again.y, others, { gradOutputs: dy, allowUnused: true })
              .map((dx) => dx && [...dx.data()]);
          } catch (error) {
            expect((error as Error).message).toMatch(/was freed/);
            return;
          }
          expect(got).toEqual(want.filter((_, k) => k !== i));
        });
      }
    });
  });

  const pair = row.shapes.find(
    ([a, b]) => a && b && String(a) === String(b) && a.length > 0 && a[0]! > 0,
  );
  if (pair)
    test("reads inputs that overlap as it reads copies of them", () => {
      level(() => {
        const [first, , ...rest] = draw(row, pair);
        const shape = first!.shape.with(0, first!.shape[0]! + 1);
        const [whole, ...others] = tensors([draw(row, [shape])[0]!, ...rest], "float64", true);
        const parts = [u.slice(whole!, 0, 0, -1), u.slice(whole!, 0, 1)];
        const copies = parts.map((t) =>
          u.tensor(t.data(), t.shape, { dtype: "float64", requiresGrad: true }),
        );
        const [y, z] = [row.f(...parts, ...others), row.f(...copies, ...others)];
        expect(y.data()).toEqual(z.data());
        const both = backward(z, copies);
        if (both.some((dx) => dx === undefined)) return;
        expect(backward(y, parts)).toEqual(both);
      });
    });
});
