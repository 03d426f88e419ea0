import { expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { level } from "../support/given.ts";

const leaf = (...values: number[]): u.Tensor => u.tensor(values, { requiresGrad: true });

test("an op that makes a NaN is named, with the element; nothing else is", () => {
  level(() => {
    const x = leaf(1, 0, -1);
    expect(() => u.detectAnomaly(() => u.log(u.mul(x, 2)))).toThrow(
      "detectAnomaly: log gives NaN at element 2 of a float32 tensor [3], from inputs that have none",
    );
    expect(u.detectAnomaly(() => u.exp(x).shape)).toEqual([3]);
    const masked = u.where(u.tensor([true, false, true]), x, -Infinity);
    expect(u.detectAnomaly(() => u.softmax(masked, 0).data()[1])).toBe(0);
    expect(u.log(x).data()[2], "not outside").toBeNaN();
    const bad = leaf(NaN);
    expect(
      u.detectAnomaly(() => u.exp(bad).item()),
      "nor what came with the input",
    ).toBeNaN();
  });
});

test("a backward that makes an infinity or a NaN is named", () => {
  level(() => {
    const x = leaf(4, 0);
    const pass = (): void => u.detectAnomaly(() => u.sum(u.mul(u.sqrt(x), 2)).backward());
    expect(pass).toThrow(
      "detectAnomaly: the backward of sqrt gives Infinity at element 1 of a gradient, a float32 tensor [2], in backward pass 1",
    );
  });
});

test("a loss that overflows at step 7 is found in the 7th pass, and training can go on", () => {
  level(() => {
    const lstm = new u.nn.LSTM(2, 3);
    const sgd = new u.optim.SGD(lstm.parameters(), { lr: 0.1 });
    const train = (steps: number, scaleAt: (k: number) => number): void => {
      for (let k = 1; k <= steps; k++) {
        u.scope(() => {
          u.mul(u.sum(lstm.forward(u.randn([4, 2, 2]))[0]), scaleAt(k)).backward();
          sgd.step();
          sgd.zeroGrad();
        });
      }
    };
    expect(() => u.detectAnomaly(() => train(10, (k) => (k === 7 ? 1e39 : 1)))).toThrow(
      /the backward of mul gives (-?Infinity|NaN) at element 0 of a gradient, .*, in backward pass 7/,
    );
    const values = lstm.parameters().flatMap((p) => [...p.data()]);
    expect(values.every(Number.isFinite)).toBe(true);
    sgd.zeroGrad();
    u.detectAnomaly(() => train(3, () => 1));
    for (const owner of [lstm, sgd]) owner.free();
  });
});

test("an async function is refused, and nothing is watched afterwards", () => {
  level(() => {
    expect(() => u.detectAnomaly(async () => {})).toThrow(/expected a function that is not async/);
    expect(u.log(leaf(-1)).item()).toBeNaN();
  });
});
