import { expect, test } from "vitest";
import { isWithin, part, type Range, sumOf, widest } from "../../ts/worker/tree.ts";

const show = (node: Range): string => `[${node.join()})`;

test.each([
  [4, 1, "[0,4)"],
  [4, 2, "[0,2) [2,4)"],
  [4, 3, "[0,1) [1,2) [2,4)"],
  [5, 3, "[0,1) [1,2) [2,3) [3,5)"],
  [6, 2, "[0,3) [3,6)"],
])("%i shards on %i threads: the nodes that are added up on one", (shards, threads, expected) => {
  const nodes = Array.from({ length: threads }, (_, k) =>
    widest(part(shards, k, threads), [0, shards]),
  );
  expect(nodes.flat().map(show).join(" ")).toBe(expected);
});

test("the order of a sum is the same, however its shards are spread over threads", () => {
  const plus = (a: string, b: string): string => `(${a} + ${b})`;
  for (let shards = 1; shards <= 9; shards++) {
    const root: Range = [0, shards];
    const isShard = ([from, to]: Range): boolean => to - from === 1;
    const expected = sumOf(root, isShard, String, plus);
    for (let threads = 1; threads <= shards; threads++) {
      const held = Array.from({ length: threads }, (_, k) => part(shards, k, threads));
      const own = new Map(
        held
          .flatMap((range) => widest(range, root))
          .map((node) => [node[0], sumOf(node, isShard, String, plus)]),
      );
      const isHeld = (node: Range): boolean => held.some((range) => isWithin(node, range));
      expect(sumOf(root, isHeld, (first) => own.get(first)!, plus)).toBe(expected);
    }
  }
  expect(sumOf([0, 4], ([a, b]) => b - a === 1, String, plus)).toBe("((0 + 1) + (2 + 3))");
});
