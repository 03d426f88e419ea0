import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  type FloatDType,
  memory,
  nn,
  optim,
  saveSafetensors,
  loadSafetensors,
  scope,
  tensor,
  type Tensor,
  zeros,
} from "../../ts/index.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

interface Run {
  steps: Record<string, Record<string, GoldenTensor>>;
  state: Record<string, GoldenTensor>;
}
interface Case {
  name: string;
  op: "SGD" | "RMSprop" | "Adam" | "AdamW";
  options: object;
  second: object;
  p0: Record<"a" | "b", GoldenTensor>;
  shifts: Record<string, (number[] | null)[]>;
  float64: Run;
  float32: Run;
}

const cases = golden<Case>("optimizers");
let before: number;
beforeEach(() => (before = memory().tensors));
afterEach(() => expect(memory().tensors).toBe(before));

/** Gives the parameters the gradients of step k: 0.3 p³ − 0.2 p + c[k]. */
function giveGradients(parameters: Record<string, Tensor>, { shifts }: Case, k: number): void {
  for (const [name, p] of Object.entries(parameters)) {
    p.grad?.free();
    const shift = shifts[name]![k];
    p.grad = undefined;
    if (shift === null || shift === undefined) continue;
    const g = Array.from(p.data(), (x) => 0.3 * x ** 3 - 0.2 * x + (shift as unknown as number));
    p.grad = tensor(g, p.shape, { dtype: p.dtype });
  }
}

function start(c: Case, dtype: FloatDType) {
  const parameters = { a: fromGolden(c.p0.a, dtype, true), b: fromGolden(c.p0.b, dtype, true) };
  const optimizer = new optim[c.op](
    [
      { params: [["a", parameters.a] as const] },
      { params: [["b", parameters.b] as const], ...c.second },
    ],
    c.options,
  );
  return { parameters, optimizer };
}

describe.each(["float64", "float32"] as const)("in %s", (dtype) => {
  test.each(cases.map((c) => [c.name, c] as const))("50 steps equal PyTorch's: %s", (_, c) => {
    scope(() => {
      const { parameters, optimizer } = start(c, dtype);
      for (let k = 0; k < 50; k++) {
        giveGradients(parameters, c, k);
        optimizer.step();
        const want = c[dtype].steps[k + 1];
        if (!want) continue;
        for (const [name, p] of Object.entries(parameters)) {
          expectGolden(p, want[name]!, `${name} after step ${k + 1}`);
        }
      }
      const { state } = optimizer.stateDict();
      expect([...state.keys()].filter((k) => !k.endsWith(".step")).toSorted()).toEqual(
        Object.keys(c[dtype].state)
          .filter((k) => !k.endsWith(".step"))
          .toSorted(),
      );
      for (const [name, want] of Object.entries(c[dtype].state)) {
        if (!name.endsWith(".step")) expectGolden(state.get(name), want, name);
        else expect(state.get(name)!.item()).toBe(want.data[0]);
      }
      optimizer.free();
    });
  });
});

test.each(cases.map((c) => [c.name, c] as const))(
  "saved and loaded in the middle, the bits are the same: %s",
  (_, c) => {
    scope(() => {
      const straight = start(c, "float32");
      const cut = start(c, "float32");
      for (let k = 0; k < 20; k++) {
        giveGradients(straight.parameters, c, k);
        straight.optimizer.step();
        if (k === 7) {
          const { state, groups } = cut.optimizer.stateDict();
          const file = loadSafetensors(saveSafetensors(state));
          const next = new optim[c.op]([
            { params: [["a", cut.parameters.a] as const] },
            { params: [["b", cut.parameters.b] as const] },
          ]);
          next.loadStateDict({
            state: file.tensors,
            groups: JSON.parse(JSON.stringify(groups)) as typeof groups,
          });
          cut.optimizer.free();
          cut.optimizer = next;
        }
        giveGradients(cut.parameters, c, k);
        cut.optimizer.step();
      }
      for (const name of ["a", "b"] as const) {
        expect(cut.parameters[name].data()).toEqual(straight.parameters[name].data());
      }
      straight.optimizer.free();
      cut.optimizer.free();
    });
  },
);

describe("wrong uses", () => {
  const p = (): Tensor => tensor([1, 2], { requiresGrad: true });

  test("of parameters", () => {
    scope(() => {
      expect(() => new optim.SGD([])).toThrow(/SGD: expected parameters, got none/);
      expect(() => new optim.SGD([{ params: [] }])).toThrow(/got none in group 0/);
      expect(() => new optim.Adam([1 as never])).toThrow(/expected parameter 0 to be a tensor/);
      expect(() => new optim.Adam([tensor([1], { dtype: "int32" })])).toThrow(
        /parameter 0 to be float32 or float64, got int32/,
      );
      expect(() => new optim.Adam([p().mul(2)])).toThrow(/to be a leaf, got the result of an op/);
      const x = p();
      expect(() => new optim.AdamW([x, x])).toThrow(/AdamW: parameter 1 comes twice/);
      const adam = new optim.Adam([x]);
      expect(() => adam.addParamGroup({ params: [p(), x] })).toThrow(/comes twice/);
      expect(adam.groups.length).toBe(1);
      expect(() => new optim.Adam([["w", p()] as const, ["w", p()] as const])).toThrow(
        /two parameters are called w/,
      );
    });
  });

  test.each<[string, () => unknown, RegExp]>([
    ["lr", () => new optim.SGD([p()], { lr: -1 }), /expected lr to be a number from 0/],
    ["lr NaN", () => new optim.Adam([p()], { lr: NaN }), /expected lr to be a number from 0/],
    ["betas", () => new optim.Adam([p()], { betas: [0.9, 1] }), /expected each beta/],
    ["eps", () => new optim.AdamW([p()], { eps: -1 }), /AdamW: expected eps/],
    ["momentum", () => new optim.SGD([p()], { momentum: -0.1 }), /SGD: expected momentum/],
    ["alpha", () => new optim.RMSprop([p()], { alpha: -1 }), /RMSprop: expected alpha/],
    [
      "nesterov without momentum",
      () => new optim.SGD([p()], { nesterov: true }),
      /to be above 0, and 0, for nesterov, got 0 and 0/,
    ],
  ])("of options: %s", (_, f, message) => {
    scope(() => expect(f).toThrow(message));
  });

  test("of gradients: nothing is changed", () => {
    scope(() => {
      const [a, b] = [p(), p()];
      const sgd = new optim.SGD([a, b], { lr: 1 });
      a.grad = tensor([1, 1]);
      b.grad = tensor([1, 1, 1]);
      expect(() => sgd.step()).toThrow(/gradient of 1 to be a float32 tensor \[2\], got a float32/);
      b.grad = zeros([2], { dtype: "float64" });
      expect(() => sgd.step()).toThrow(/gradient of 1/);
      expect([...a.data()]).toEqual([1, 2]);
      sgd.groups[0]!.lr = NaN;
      b.grad = undefined;
      expect(() => sgd.step()).toThrow(/expected lr/);
      sgd.groups[0]!.lr = 1;
      a.grad.free();
      expect(() => sgd.step()).toThrow(/was freed/);
      expect([...a.data()]).toEqual([1, 2]);
    });
  });

  test("of state: nothing is changed", () => {
    scope(() => {
      const [a, b] = [p(), p()];
      const adam = new optim.Adam([a]);
      const other = new optim.Adam([b], { amsgrad: true });
      for (const [x, o] of [
        [a, adam],
        [b, other],
      ] as const) {
        x.grad = tensor([1, 1]);
        o.step();
      }
      const kept = adam.stateDict().state.get("0.exp_avg")!.data();
      const { state, groups } = other.stateDict();
      expect(() => adam.loadStateDict({ state })).toThrow(/expected no 0.max_exp_avg_sq/);
      state.delete("0.exp_avg_sq");
      expect(() => adam.loadStateDict({ state, groups })).toThrow(
        /expected 0.exp_avg_sq to be a float32 tensor \[2\], got none/,
      );
      expect(() => adam.loadStateDict({ state, groups: [] })).toThrow(/expected groups/);
      expect(adam.stateDict().state.get("0.exp_avg")!.data()).toEqual(kept);
      expect(adam.groups[0]!.amsgrad).toBe(false);
      adam.free();
      other.free();
    });
  });
});

test("step runs a closure first and returns its result", () => {
  scope(() => {
    const x = tensor([3], { requiresGrad: true });
    const sgd = new optim.SGD([x], { lr: 0.1 });
    const loss = sgd.step(() => {
      sgd.zeroGrad();
      const loss = x.mul(x);
      loss.backward();
      return loss.item();
    });
    expect(loss).toBe(9);
    expect(x.item()).toBeCloseTo(2.4, 6);
    sgd.zeroGrad({ setToNone: false });
    expect(x.grad!.item()).toBe(0);
    sgd.zeroGrad();
    expect(x.grad).toBeUndefined();
  });
});

test("a group can be added later, with options of its own", () => {
  const [first, second] = [new nn.Linear(2, 2), new nn.Linear(2, 1)];
  const sgd = new optim.SGD(first.parameters(), { lr: 0.5 });
  sgd.addParamGroup({ params: second.parameters(), lr: 0.1, momentum: 0.9 });
  expect(sgd.groups.map(({ lr, momentum }) => [lr, momentum])).toEqual([
    [0.5, 0],
    [0.1, 0.9],
  ]);
  sgd.free();
  first.free();
  second.free();
});

describe("clipping", () => {
  const withGrads = (...grads: number[][]): Tensor[] =>
    grads.map((g) => {
      const x = zeros([g.length], { requiresGrad: true });
      x.grad = tensor(g);
      return x;
    });

  test.each([
    [2, 5],
    [1, 7],
    [Infinity, 4],
    [3, 91 ** (1 / 3)],
  ])("to a norm of p = %d", (normType, norm) => {
    scope(() => {
      const [a, b] = withGrads([3, 0], [-4]);
      expect(optim.clipGradNorm([a!, b!], 1, { normType })).toBeCloseTo(norm, 5);
      expect(a!.grad!.data()[0]).toBeCloseTo(3 / norm, 5);
      expect(b!.grad!.data()[0]).toBeCloseTo(-4 / norm, 5);
    });
  });

  test("leaves what is short enough, and what is not finite, alone", () => {
    scope(() => {
      const [a] = withGrads([3, 4]);
      expect(optim.clipGradNorm([a!], 10)).toBe(5);
      expect([...a!.grad!.data()]).toEqual([3, 4]);
      const [b] = withGrads([NaN, 4]);
      for (const normType of [1, 2, Infinity]) {
        expect(optim.clipGradNorm([b!], 1, { normType })).toBeNaN();
        expect(() => optim.clipGradNorm([b!], 1, { normType, errorIfNonfinite: true })).toThrow(
          /expected the norm of the gradients to be finite, got NaN/,
        );
      }
      expect(b!.grad!.data()[1]).toBe(4);
      expect(optim.clipGradNorm([], 1)).toBe(0);
      expect(optim.clipGradNorm(a!, 10)).toBe(5); // one parameter needs no list
      expect(() => optim.clipGradNorm([a!], -1)).toThrow(/expected maxNorm/);
      expect(() => optim.clipGradNorm([a!], 1, { normType: 0 })).toThrow(/expected normType/);
    });
  });

  test("to values", () => {
    scope(() => {
      const [a] = withGrads([3, -4, 0.5, NaN, Infinity]);
      optim.clipGradValue([a!], 1);
      expect([...a!.grad!.data()]).toEqual([1, -1, 0.5, NaN, 1]);
      expect(() => optim.clipGradValue([a!], NaN)).toThrow(/expected clipValue/);
    });
  });
});
