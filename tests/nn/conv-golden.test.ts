import { describe, expect, test } from "vitest";
import { manualSeed, nn, pad, type PaddingOptions } from "../../ts/index.ts";
import { level } from "../support/given.ts";
import { expectGolden, fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

interface Case {
  name: string;
  sizes: [inputs: number, outputs: number, width: number];
  options: nn.Conv1dOptions;
  state: Record<string, GoldenTensor>;
  x: GoldenTensor;
  y: GoldenTensor;
  dy: GoldenTensor;
  grads: Record<string, GoldenTensor>;
}

describe("Conv1d equals PyTorch's", () => {
  for (const c of golden<Case>("conv1d")) {
    test.each(["float64", "float32"] as const)(`${c.name} in %s`, (dtype) => {
      const conv = new nn.Conv1d(...c.sizes, { ...c.options, dtype });
      level(() => {
        const state = Object.entries(c.state).map(([k, t]) => [k, fromGolden(t, dtype)] as const);
        conv.loadStateDict(new Map(state));
        const x = fromGolden(c.x, dtype, true);
        const y = conv.forward(x);
        expectGolden(y, c.y, "y");
        y.backward(fromGolden(c.dy, dtype));
        const own = new Map(conv.namedParameters()); // the names of the state dict
        expect([...own.keys(), "x"].toSorted()).toEqual(Object.keys(c.grads).toSorted());
        for (const [name, want] of Object.entries(c.grads)) {
          expectGolden((name === "x" ? x : own.get(name))!.grad, want, `gradient of ${name}`);
        }
        for (const p of own.values()) p.grad?.free();
      });
      conv.free();
    });
  }
});

interface Padded {
  name: string;
  mode: PaddingOptions["mode"] & string;
  padding: number[];
  x: GoldenTensor;
  y: GoldenTensor;
  dy: GoldenTensor;
  dx: GoldenTensor;
}

test.each(golden<Padded>("pad"))("pad equals PyTorch's: $name", ({ mode, padding, ...c }) => {
  level(() => {
    const x = fromGolden(c.x, "float64", true);
    const y = pad(x, padding, { mode });
    expectGolden(y, c.y, "y");
    y.backward(fromGolden(c.dy));
    expectGolden(x.grad, c.dx, "gradient of x");
  });
});

test("the initial values are uniform within 1/√(taps of an output)", () => {
  manualSeed(3);
  const conv = new nn.Conv1d(8, 64, 5, { groups: 2 });
  const bound = 1 / Math.sqrt(20);
  for (const p of [conv.weight, conv.bias!]) {
    const values = [...p.data()];
    expect(Math.max(...values.map(Math.abs))).toBeLessThan(bound);
    expect(Math.max(...values)).toBeGreaterThan(0.9 * bound);
    const variance = values.reduce((sum, v) => sum + v * v, 0) / values.length;
    expect(variance / (bound ** 2 / 3)).toBeCloseTo(1, 0);
  }
  conv.free();
});

test.each([
  [() => new nn.Conv1d(3, 4, 0), /Conv1d: expected kernelSize to be an integer of at least 1/],
  [() => new nn.Conv1d(3, 4, 3, { groups: 2 }), /expected inChannels to be a multiple of groups/],
  [() => new nn.Conv1d(4, 3, 3, { groups: 2 }), /expected outChannels to be a multiple of groups/],
  [() => new nn.Conv1d(4, 4, 3, { groups: 0 }), /expected groups to be an integer of at least 1/],
  [() => new nn.Conv1d(-1, 4, 3), /expected inChannels to be an integer of at least 0, got -1/],
  [
    () => new nn.Conv1d(3, 4, 3, { padding: "same", stride: 2 }),
    /stride to be 1 with padding "same"/,
  ],
  [() => new nn.Conv1d(3, 4, 3, { padding: "some" as "same" }), /expected padding to be a number/],
  [
    () => new nn.Conv1d(3, 4, 3, { paddingMode: "mirror" as "reflect" }),
    /expected paddingMode zeros, reflect, replicate or circular, got mirror/,
  ],
])("a wrong option is refused: %s", (make, message) => expect(make).toThrow(message));

test("a wrong input is refused", () => {
  const conv = new nn.Conv1d(3, 4, 3, { padding: 4, paddingMode: "reflect" });
  level(() => {
    const x = fromGolden({ shape: [2, 4], data: new Array(8).fill(0) as number[] }, "float32");
    expect(() => conv.forward(x)).toThrow(/the input to be \[B, 3, L\] or \[3, L\], got \[2, 4\]/);
    const short = fromGolden({ shape: [3, 4], data: new Array(12).fill(0) as number[] }, "float32");
    expect(() => conv.forward(short)).toThrow(/padding to be at most 3 \(reflect, size 4\), got 4/);
  });
  conv.free();
});
