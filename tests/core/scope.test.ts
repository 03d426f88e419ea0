import { afterEach, expect, test, vi } from "vitest";
import {
  arange,
  eye,
  keep,
  loadSafetensors,
  memory,
  rand,
  randint,
  randperm,
  saveSafetensors,
  type Scope,
  scope,
  sum,
  tanh,
  tensor,
  type Tensor,
  zeros,
} from "../../ts/index.ts";
import { methods } from "../../ts/ops/methods.ts";
import { level } from "../support/given.ts";

afterEach(() => expect(memory().owners.scopes.count, "scopes left open").toBe(0));

/** Milliseconds: nothing of that size is touched. 10 on a machine that does nothing else. */
const MOMENT = 100;

const closed =
  /was freed when its scope closed; read it before, return it from the scope, or keep\(it\)/;

test("a scope frees what was made inside and not returned", () => {
  let inside: Tensor | undefined;
  level(() => {
    inside = scope(() => ({ t: zeros([3]) })).t;
    scope(() => void (inside = zeros([2, 3])));
  });
  expect(() => inside!.data()).toThrow(
    /^this float32 tensor \[2, 3\] was freed when its scope closed/,
  );
});

test("tensors returned from a scope live on outside, directly, in arrays, Maps and plain objects", () => {
  level(() => {
    const a = scope(() => tensor([1]));
    const [b, { c, d }] = scope(() => [tensor([2]), { c: tensor([3]), d: [tensor([4])] }] as const);
    expect([a, b, c, d[0]!].map((t) => t.item())).toEqual([1, 2, 3, 4]);
    const file = saveSafetensors(new Map([["w", a]]));
    expect(
      scope(() => loadSafetensors(file))
        .tensors.get("w")!
        .item(),
    ).toBe(1);
    expect(scope(() => 5)).toBe(5);
    expect(scope(() => null)).toBe(null);
  });
});

test("a returned value may refer to itself", () => {
  level(() => {
    const ring: { t: Tensor; self?: unknown } = { t: zeros([1]) };
    ring.self = ring;
    expect(scope(() => ring).t.item()).toBe(0);
  });
});

test("what is returned through nested scopes goes out one scope at a time", () => {
  level(() => {
    const before = memory().tensors;
    const t = scope(() => scope(() => scope(() => tensor([7]))));
    expect(t.item()).toBe(7);
    expect(memory().tensors).toBe(before + 1);
  });
});

test("a returned tensor is a leaf: its graph ended with the scope", () => {
  level(() => {
    const x = tensor([1], { requiresGrad: true });
    const y = scope(() => tanh(x));
    expect([y.requiresGrad, y.isLeaf]).toEqual([false, true]);
    expect(() => y.backward()).toThrow(/no gradient flows/);
  });
});

test("a tensor from outside that is returned stays where it was, with its graph", () => {
  level(() => {
    const x = tensor([1], { requiresGrad: true });
    const y = tanh(x);
    expect(scope(() => y)).toBe(y);
    expect(y.isLeaf).toBe(false);
    scope(() => y.backward());
    expect(x.grad!.item()).toBeCloseTo(1 - Math.tanh(1) ** 2);
  });
});

test("a returned view keeps the memory that it shares", () => {
  level(() => {
    const row = scope(() =>
      tensor([
        [1, 2],
        [3, 4],
      ]).select(0, 1),
    );
    expect(row.toArray()).toEqual([3, 4]);
  });
});

test("keep moves to the surrounding scope and makes a leaf", () => {
  level(() => {
    let h = zeros([2]);
    for (let t = 0; t < 3; t++) {
      scope(() => {
        h = keep(h.add(1));
      });
    }
    expect(h.toArray()).toEqual([3, 3]);
    expect(h.isLeaf).toBe(true);
  });
});

test("keep carries a gradient along", () => {
  level(() => {
    const p = scope(() => {
      const p = keep(tensor([2], { requiresGrad: true }));
      sum(p.square()).backward();
      return p;
    });
    expect(p.grad!.item()).toBe(4);
  });
});

test("keep refuses a freed tensor", () => {
  level(() => {
    const t = zeros([1]);
    t.free();
    expect(() => keep(t)).toThrow(/was freed/);
  });
});

test("an exception inside closes the scope, and those that it left open", () => {
  const before = memory().tensors;
  expect(() =>
    scope(() => {
      zeros([3]);
      scope();
      zeros([3]);
      throw new Error("inside");
    }),
  ).toThrow("inside");
  expect(memory().tensors).toBe(before);
});

test("an async function is refused, and its memory freed", () => {
  const before = memory().tensors;
  expect(() => scope(async () => zeros([3]))).toThrow(
    /scope: expected a function that is not async/,
  );
  // oxlint-disable-next-line unicorn/no-thenable -- what it refuses
  const thenable = { then: () => zeros([1]) };
  expect(() => scope(() => thenable)).toThrow(/not async/);
  expect(memory().tensors).toBe(before);
});

test("a scope can be opened and closed by hand, twice without harm", () => {
  level(() => {
    const step = scope();
    const t = zeros([2]);
    step.close();
    step.close();
    expect(() => t.data()).toThrow(closed);
  });
});

test("a scope is disposable", () => {
  level(() => {
    const step = scope();
    const t = zeros([2]);
    (step as Scope & { [Symbol.dispose](): void })[Symbol.dispose]();
    expect(t.isFreed).toBe(true);
  });
});

test("closing out of order is refused, and says what may have happened", () => {
  level(() => {
    const outer = scope();
    const inner = scope();
    expect(() => outer.close()).toThrow(
      "closed out of order. Was something awaited inside a scope?",
    );
    inner.close();
    outer.close();
  });
});

test("free ends a tensor and its views at once, twice without harm", () => {
  level(() => {
    const before = memory();
    const t = zeros([4, 2]);
    const view = t.reshape([8]);
    t.free();
    t.free();
    view.free();
    expect([t.isFreed, view.isFreed]).toEqual([true, true]);
    expect(() => view.data()).toThrow(/this float32 tensor \[8\] was freed$/);
    expect(memory().bytes).toBe(before.bytes);
  });
});

test("freed memory is used again, and a freed tensor never shows it", () => {
  level(() => {
    for (let i = 0; i < 1000; i++) {
      const t = tensor([i]);
      t.free();
      const u = tensor([-1]);
      expect(() => t.item()).toThrow(/was freed/);
      u.free();
    }
  });
});

test("every method refuses a freed tensor", () => {
  level(() => {
    const t = tensor([
      [1, 2],
      [3, 4],
    ]);
    t.free();
    const other = zeros([2, 2]);
    const ids = tensor(
      [
        [0, 0],
        [0, 0],
      ],
      { dtype: "int32" },
    );
    const row = tensor([0], { dtype: "int32" });
    const calls: Record<string, () => unknown> = {
      data: () => t.data(),
      item: () => t.select(0, 0).item(),
      toArray: () => t.toArray(),
      detach: () => t.detach().data(),
      backward: () => t.backward(),
      to: () => t.to("float64"),
      "to itself": () => t.to("float32"),
      add: () => t.add(1),
      "add, on the right": () => other.add(t),
      sub: () => t.sub(other),
      pow: () => t.pow(2),
      clip: () => t.clip(0, 1),
      relu: () => t.relu(),
      matmul: () => t.matmul(other),
      "matmul, on the right": () => other.matmul(t),
      eq: () => t.eq(0),
      isNaN: () => t.isNaN(),
      sum: () => t.sum(),
      "sum over nothing": () => t.sum([]),
      mean: () => t.mean(),
      max: () => t.max(),
      argmax: () => t.argmax(),
      logsumexp: () => t.logsumexp(),
      variance: () => t.variance(),
      cumsum: () => t.cumsum(0),
      broadcastTo: () => t.broadcastTo([3, 2, 2]),
      "broadcastTo its shape": () => t.broadcastTo([2, 2]),
      reshape: () => t.reshape([4]),
      flatten: () => t.flatten(),
      squeeze: () => t.squeeze(),
      unsqueeze: () => t.unsqueeze(0),
      transpose: () => t.transpose(0, 1),
      "transpose that moves nothing": () => t.transpose(0, 0),
      permute: () => t.permute([1, 0]),
      slice: () => t.slice(0, 0, 1),
      "slice inside": () => t.slice(1, 0, 1),
      select: () => t.select(0, 0),
      split: () => t.split(1),
      unbind: () => t.unbind(),
      flip: () => t.flip(0),
      gather: () => t.gather(0, ids),
      indexSelect: () => t.indexSelect(0, row),
      keep: () => keep(t),
    };
    // Those not listed need no arguments, or look at the tensor first.
    for (const name of Object.keys(methods)) {
      calls[name] ??= () => (t as unknown as Record<string, () => unknown>)[name]!();
    }
    for (const [name, call] of Object.entries(calls)) {
      const before = memory().tensors;
      expect(call, name).toThrow(/was freed|no gradient flows/);
      expect(memory().tensors - before, `tensors left by ${name}`).toBe(0);
    }
  });
});

test("memory counts tensors and bytes by owner", () => {
  const before = memory();
  const outside = zeros([4]);
  expect(memory().owners.root.count).toBe(before.owners.root.count + 1);
  scope(() => {
    zeros([2, 2], { dtype: "float64" });
    const now = memory();
    expect(now.owners.scopes).toEqual({ count: 1, bytes: 32 });
    expect(now.bytes).toBe(before.bytes + 16 + 32);
    expect(now.peakBytes).toBeGreaterThanOrEqual(now.bytes);
  });
  outside.free();
  expect(memory().tensors).toBe(before.tensors);
});

test("shapes that cannot exist are refused before anything is allocated", () => {
  const before = memory();
  expect(() => zeros([2 ** 40, 2 ** 20])).toThrow(/zeros: expected shape to need at most 2 GiB/);
  expect(() => zeros([65536, 65536])).toThrow(RangeError);
  expect(() => zeros([2 ** 29 + 1])).toThrow(/at most 2 GiB/);
  expect(() => zeros([2 ** 40, 0])).toThrow(RangeError);
  expect(() => zeros([-1])).toThrow(RangeError);
  expect(() => zeros([1.5])).toThrow(RangeError);
  expect(() => zeros([NaN])).toThrow(RangeError);
  for (const absurd of [
    () => zeros([2 ** 31 + 1], { dtype: "bool" }),
    () => zeros([2 ** 32 - 16], { dtype: "bool" }),
    () => zeros([2 ** 32, 2 ** 32], { dtype: "bool" }),
    () => zeros([2 ** 29 + 1], { dtype: "int32" }),
    () => rand([2 ** 28 + 1], { dtype: "float64" }),
    () => arange(2 ** 29 + 1),
    () => arange(0, 5, 1e-300),
    () => randperm(2 ** 31),
    () => randint(0, 2, [65536, 32769]),
    () => eye(2 ** 20),
    () => tensor([], [2 ** 40, 0]),
  ]) {
    const start = performance.now();
    expect(absurd, String(absurd)).toThrow(RangeError);
    expect(performance.now() - start, String(absurd)).toBeLessThan(MOMENT);
  }
  expect(memory()).toEqual(before);
});

test("a result that is too large is an out-of-memory error that says who holds what, and leaves nothing", () => {
  level(() => {
    const [a, b] = [zeros([65536, 1]), zeros([65536])];
    const before = memory().tensors;
    expect(() => a.add(b)).toThrow(
      /out of memory: no room for 17179869184 more bytes .* scopes: 2 tensors/,
    );
    expect(memory().tensors).toBe(before);
    expect(a.add(1).shape).toEqual([65536, 1]);
  });
});

test("what is made with no scope open is warned of once, when it is much", () => {
  const warn = vi.spyOn(console, "warn").mockImplementation(() => {});
  const held = Array.from({ length: 3 }, () => zeros([2 ** 25]));
  expect(warn).toHaveBeenCalledTimes(1);
  expect(warn.mock.calls[0]![0]).toMatch(/made with no scope open .* Put each step inside scope/);
  held.forEach((t) => t.free());
  warn.mockRestore();
});
