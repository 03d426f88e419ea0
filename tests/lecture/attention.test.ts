import { Generator, memory } from "unrolled";
import { expect, test } from "vitest";
import { ATTENTION } from "../../ts/lecture/attention.ts";
import { preferences, taught } from "../../ts/lecture/s22-gpt.ts";
import { doctorNurseTemplates } from "../../ts/theory/doctor-nurse.ts";
import { testExhibits } from "../support/exhibits.ts";

testExhibits(ATTENTION);

test("a GPT whose text says so goes from she to the nurse and from he to the doctor", () => {
  const before = memory().tensors;
  const { net } = taught(0.9, { seed: 0, steps: 100 });
  const heads = preferences(net, doctorNurseTemplates(100, new Generator(1)));
  expect(heads).toHaveLength(8);
  expect(Math.max(...heads.map(({ usual }) => usual))).toBeGreaterThanOrEqual(0.9);
  expect(Math.max(...heads.map(({ bias }) => bias))).toBeGreaterThan(0.1);
  net.free();
  expect(memory().tensors).toBe(before);
});
