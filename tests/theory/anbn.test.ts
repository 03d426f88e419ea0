import { expect, test } from "vitest";
import { anbn } from "../../ts/theory/anbn.ts";
import { level } from "../support/given.ts";

test("of aⁿbⁿ the b after the first and the end are certain", () => {
  level(() => {
    const { x, y } = anbn([2, 1]);
    const strings = (x.permute([1, 0]).toArray() as number[][]).map((row) => row.join(""));
    expect(strings).toEqual(["20011", "20122"]); // 0 a, 1 b, 2 the edge
    expect(y.permute([1, 0]).toArray()).toEqual([
      [-100, -100, -100, 1, 2],
      [-100, -100, 2, -100, -100],
    ]);
  });
});
