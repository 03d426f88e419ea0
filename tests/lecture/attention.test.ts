import { Generator, memory } from "unrolled";
import { expect, test } from "vitest";
import { ATTENTION } from "../../ts/lecture/attention.ts";
import { preferences, taught, usualness } from "../../ts/lecture/s22-gpt.ts";
import { doctorNurseTemplates } from "../../ts/theory/doctor-nurse.ts";
import { testExhibits } from "../support/exhibits.ts";

testExhibits(ATTENTION);

test("a GPT whose text says so goes from she to the nurse and from he to the doctor", () => {
  const before = memory().tensors;
  const { net } = taught(0.9, { seed: 0, steps: 120 });
  const templates = doctorNurseTemplates(100, new Generator(1), true);
  const heads = preferences(net, templates);
  expect(heads).toHaveLength(8);
  const most = heads.reduce((a, b) => (b.bias > a.bias ? b : a));
  expect(most.usual).toBeGreaterThanOrEqual(0.9);
  expect(most.bias).toBeGreaterThan(0.5);
  expect(usualness(net, templates)).toBeGreaterThan(0.8);
  net.free();
  expect(memory().tensors).toBe(before);
});
