/** @file The wrong uses that families of ops have in common. */

import type { Tensor } from "../../ts/index.ts";
import type { OpCase } from "./cases.ts";
import { given } from "./given.ts";

type Errors = OpCase["errors"];
type Op = (...args: never[]) => unknown;

/** Calls an op as JavaScript may: with anything. */
const call = (f: Op, ...args: unknown[]): unknown =>
  (f as (...args: unknown[]) => unknown)(...args);

/** What is not a tensor at all, for the first argument; `rest` follows it. */
export const notTensors = (op: string, f: Op, ...rest: unknown[]): Errors =>
  [3, 1n, true, "x", null, undefined, [1, 2], { shape: [2] }, new Float32Array(2), () => 1].map(
    (wrong) => [() => call(f, wrong, ...rest), new RegExp(`^${op}: expected .+ to be .+, got`)],
  );

/** Wrong uses of an op on one float tensor. */
export const unaryErrors = (op: string, f: Op, ...rest: unknown[]): Errors => [
  ...notTensors(op, f, ...rest),
  [() => call(f, given([2], "int32"), ...rest), /expected x to be float32 or float64, got int32/],
  [() => call(f, given([2], "bool"), ...rest), /expected x to be float32 or float64, got bool/],
];

/** Wrong uses of two operands that broadcast. `float`: int32 and bool are refused too. */
export const binaryErrors = (op: string, f: Op, float = true): Errors => [
  [() => call(f, 1, 2), new RegExp(`${op}: expected at least one tensor, got two numbers`)],
  [() => call(f, given([2]), "1"), /expected b to be a tensor, got string/],
  [() => call(f, null, given([2])), /expected a to be a tensor, got null/],
  [() => call(f, given([2]), undefined), /expected b to be a tensor, got undefined/],
  [() => call(f, given([2]), [1, 2]), /expected b to be a tensor, got object/],
  [
    () => call(f, given([2]), given([2], "float64")),
    /expected tensors of one dtype, got float(32 and float64|64 and float32); convert one with \.to/,
  ],
  ...(float
    ? ([
        [() => call(f, given([2], "int32"), 1), /expected a to be float32 or float64, got int32/],
        [() => call(f, 1, given([2], "bool")), /expected b to be float32 or float64, got bool/],
        [() => call(f, given([2]), given([2], "int32")), /expected b to be float32 or float64/],
      ] as const)
    : []),
  ...misfits.map(
    ([a, b]) =>
      [() => call(f, given(a), given(b)), /expected shapes that broadcast .+, got \[/] as const,
  ),
];

const misfits: readonly (readonly [number[], number[]])[] = [
  [
    [2, 3],
    [2, 4],
  ],
  [
    [2, 3],
    [2, 2],
  ],
  [
    [2, 3],
    [3, 3],
  ],
  [[2, 3], [4]],
  [[2, 3], [2]],
  [[2, 3], [0]],
  [
    [2, 3],
    [2, 0],
  ],
  [
    [2, 3],
    [3, 2, 3, 4],
  ],
  [
    [2, 1, 3],
    [2, 2],
  ],
  [[0], [2]],
];

/** Wrong axes of an op that takes one after the tensor. */
export const axisErrors = (op: string, f: (x: Tensor, axis: never) => unknown): Errors =>
  [2, -3, 0.5, NaN, "0", 2 ** 32, Infinity].map((axis) => [
    () => f(given([2, 3]), axis as never),
    new RegExp(`${op}: expected axis from -2 to 1 \\(rank 2\\), got `),
  ]);
