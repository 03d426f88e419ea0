import { expect, test } from "vitest";
import { scope } from "../../ts/index.ts";
import { activationOf } from "../../ts/models/activations.ts";
import { expectNear } from "../support/checkpoint.ts";
import { fromGolden, golden, type GoldenTensor } from "../support/golden.ts";

const cases = golden<{ name: string; x: GoldenTensor; y: GoldenTensor }>("activations");

test.each(cases)("$name is Hugging Face's", ({ name, x, y }) => {
  scope(() => {
    for (const dtype of ["float64", "float32"] as const) {
      expectNear(activationOf("test", name)(fromGolden(x, dtype)), y, name);
    }
  });
});

test("an unknown activation is refused, one with parameters of its own too", () => {
  for (const name of ["gelo", "prelu", "xielu", "toString", ""]) {
    expect(() => activationOf("GPT2", name)).toThrow(`got "${name}"`);
  }
});
