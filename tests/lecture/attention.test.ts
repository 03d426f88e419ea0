import { Generator, memory } from "unrolled";
import { expect, test } from "vitest";
import { ATTENTION } from "../../ts/lecture/attention.ts";
import { referents, translator } from "../../ts/lecture/s20-referent.ts";
import { preferences, taught, usualness } from "../../ts/lecture/s22-gpt.ts";
import { coreferences } from "../../ts/theory/coreference.ts";
import { doctorNurseTemplates } from "../../ts/theory/doctor-nurse.ts";
import { testExhibits } from "../support/exhibits.ts";

testExhibits(ATTENTION);

test("a translator that can learn what it is nowhere else looks from it to its noun", () => {
  const before = memory().tensors;
  const net = translator(1);
  const { pronouns, rather, right, other } = referents(net, coreferences(100, new Generator(1), true)); // prettier-ignore
  expect(pronouns).toBeGreaterThanOrEqual(0.95);
  expect(rather).toBeGreaterThanOrEqual(0.9);
  expect(right).toBeGreaterThan(3 * other);
  net.free();
  expect(memory().tensors).toBe(before);
});

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
