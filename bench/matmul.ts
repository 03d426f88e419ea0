/** @file How near do products of matrices come to the machine's limit? */

import { matmul, randn, scope, type Tensor } from "unrolled";
import { type Bench, draw, nameOf, type Nd, type OpCase } from "../tests/support/cases.ts";
import { cases } from "../tests/support/cases/matmul.ts";
import { benchesOf, expectClose, some, take, tensors } from "./inputs.ts";
import { measure } from "./measure.ts";
import { type Subject, timed, type Work } from "./work.ts";

export const works = (): Work[] => [...sizes(), ...NEIGHBOURS.map(neighbours)];

const sizes = (): Work[] =>
  cases.flatMap((row) =>
    benchesOf(row).map((bench) => {
      const shapes = bench.shapes.map((shape) => `[${shape.join(", ")}]`).join(" x ");
      const bar =
        bench.share === undefined ? undefined : ({ of: "share", atLeast: bench.share } as const);
      return timed(`${nameOf(row)}: ${shapes}`, bar, () => prepare(row, bench));
    }),
  );

function prepare(row: OpCase, { shapes, flops, bytes }: Bench): Subject {
  const [a, b] = draw(row, shapes) as [Nd, Nd];
  const [A, B] = tensors([a, b]) as [Tensor, Tensor];
  const run = (): void => row.f(A, B).free();
  return {
    run,
    ...(flops === undefined ? {} : { flops }),
    ...(bytes === undefined ? {} : { bytesRead: bytes }),
    elements: scope(() => row.f(A, B).size),
    check: () => check(row, [a, b], row.f(A, B)),
    free: () => [A, B].forEach((t) => t.free()),
  };
}

/** Sizes around which tiles, blocks and packing change. */
const NEIGHBOURS = [64, 128, 256];

/** The dearest multiplication beside the cheapest, among n − 1, n and n + 1. */
const neighbours = (n: number): Work => ({
  name: `matmul: the dearest of ${n - 1}, ${n} and ${n + 1}, beside the cheapest`,
  bar: { of: "growth", atMost: 1.2 },
  figures() {
    const costs = [n - 1, n, n + 1].map((size) => {
      const x = randn([size, size]);
      const { work } = measure(() => matmul(x, x).free());
      x.free();
      return work / size ** 3;
    });
    return { growth: Math.max(...costs) / Math.min(...costs) };
  },
});

/** Some rows and columns against the oracle: |error| <= 1e-6 |a| |b|. */
function check({ oracle, variant = "" }: OpCase, [a, b]: [Nd, Nd], C: Tensor): void {
  const c = { shape: C.shape, data: [...C.data()] };
  C.free();
  const [i, j] = [some(c.shape.at(-2)!), some(c.shape.at(-1)!)];
  const parts = [
    take(a, variant.includes("aᵀ") ? -1 : -2, i),
    take(b, variant.includes("bᵀ") ? -2 : -1, j),
  ];
  const sizes = parts.map(({ shape, data }) => ({ shape, data: data.map(Math.abs) }));
  const bound = oracle(...sizes).data;
  expectClose(
    "matmul",
    take(take(c, -2, i), -1, j).data,
    oracle(...parts).data,
    (k) => 1e-6 * bound[k]!,
  );
}
