/** @file Whatever is passed to whatever function: a result or an Error, no trap, no hang, nothing left behind. */

import { expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { kernels } from "../../ts/runtime/kernels.ts";
import { methods } from "../../ts/ops/methods.ts";

let state = 20261125;
const below = (n: number): number => (state = (state * 48271) % 2147483647) % n;
const pick = <T>(list: readonly T[]): T => list[below(list.length)]!;

const DTYPES = ["float32", "float64", "int32", "bool", "float16", "__proto__"] as const;
const NUMBERS = [
  0, 1, 2, 3, 4, -1, -2, -0, 0.5, 1.5, NaN, Infinity, -Infinity, 2 ** 31 + 1, 2 ** 32 + 1, 2 ** 53, -(2 ** 53), 1e-45, 1e300,
]; // prettier-ignore
const SHAPES = [[], [0], [1], [3], [2, 3], [3, 2], [2, 2], [2, 0, 3], [2, 3, 4], [1, 3, 3]];

const detached = new Float32Array(6);
structuredClone(detached.buffer, { transfer: [detached.buffer] });
type Resizable = new (
  bytes: number,
  options: { maxByteLength: number },
) => ArrayBuffer & {
  resize(bytes: number): void;
};
const resizable = new (ArrayBuffer as unknown as Resizable)(64, { maxByteLength: 128 });
const shrunk = new Float32Array(resizable, 32, 8);
const following = new Float32Array(resizable);
resizable.resize(16);
const { revoke, proxy: revoked } = Proxy.revocable([], {});
revoke();
/** An array that answers differently each time it is asked. */
const moody = (): number[] =>
  Object.defineProperties([1, 2], {
    0: { get: () => below(4), enumerable: true },
    1: { get: () => pick(NUMBERS), enumerable: true },
  });

let alive: u.Tensor[] = [];
let freed: u.Tensor;
function refill(): void {
  alive = SHAPES.flatMap((shape) =>
    DTYPES.slice(0, 4).map((dtype) => u.full(shape, 1, { dtype: dtype as u.DType })),
  );
  for (const t of alive) if (t.dtype.startsWith("float") && below(2)) t.requiresGrad = true;
  freed = u.zeros([2, 3]);
  freed.free();
}

const oddities: (() => unknown)[] = [
  () => undefined,
  () => null,
  () => "",
  () => "2",
  () => true,
  () => 3n,
  () => Symbol("s"),
  () => ({}),
  () => Object.create(null) as unknown,
  () => [,] as unknown, // oxlint-disable-line no-sparse-arrays
  () => [1, , 3] as unknown, // oxlint-disable-line no-sparse-arrays
  () => [1n],
  () => [null],
  () => [[1, 2], [3]],
  () => moody(),
  () => new Proxy([1, 2], {}),
  () => revoked,
  () => detached,
  () => shrunk,
  () => following,
  () => new Float64Array(4),
  () => new Int32Array([1, 2, 3]),
  () => new Uint8ClampedArray(2),
  () => new BigInt64Array(2),
  () => new DataView(new ArrayBuffer(8)),
  () => new Float32Array(new SharedArrayBuffer(8)),
  () => new Map(),
  () => new Date(0),
  () => (x: unknown) => x,
  () => freed,
];
const NAMES =
  "dtype requiresGrad keepdim correction transposeA transposeB approximate beta threshold p training generator reduction weight ignoreIndex labelSmoothing posWeight logTarget delta value paddingIdx maxNorm normType scaleGradByFreq lr momentum numLayers bias batchFirst dropout bidirectional retainGraph createGraph allowUnused gradOutputs eps".split(
    " ",
  );

function argument(depth = 0): unknown {
  switch (below(depth > 1 ? 4 : 7)) {
    case 0:
      return pick(alive);
    case 1:
      return pick(NUMBERS);
    case 2:
      return pick([...DTYPES, "mean", "sum", "none", "tanh"]);
    case 3:
      return pick(oddities)();
    case 4:
      return pick(SHAPES);
    case 5:
      return Array.from({ length: below(4) }, () => argument(depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: 1 + below(2) }, () => [pick(NAMES), argument(depth + 1)]),
      );
  }
}

type Callable = (...args: unknown[]) => unknown;
const isClass = (f: unknown): boolean => /^class\b/.test(Function.prototype.toString.call(f));
const found = (from: object): [string, Callable][] =>
  Object.entries(from).filter(
    (entry): entry is [string, Callable] => typeof entry[1] === "function",
  );
const construct = ([name, Class]: [string, Callable]): [string, Callable] => [
  `new ${name}`,
  (...args) => new (Class as unknown as new (...args: unknown[]) => unknown)(...args),
];
// keep moves tensors out of the scope that is to end them.
const exported = found(u).filter(([name]) => name !== "scope" && name !== "keep");
const targets: [string, Callable][] = [
  ...exported.filter(([, f]) => !isClass(f)),
  ...found(u.nn).filter(([, f]) => !isClass(f) && f.name !== "parameter" && f.name !== "buffer"),
  ...found(u.nn.init),
  ...[...found(u.nn), ...found(u.optim)].filter(([, f]) => isClass(f)).map(construct),
  ...Object.keys(methods).map((name): [string, Callable] => [
    `.${name}`,
    (x, ...args) => (pick(alive) as unknown as Record<string, Callable>)[name]!(...args, x),
  ]),
];

const CALLS = "fault_at" in (u.memory(), kernels) ? 100_000 : 1_000_000;

test(`${CALLS} calls with arguments of any kind`, { timeout: 300_000 }, async () => {
  const warnings = console.warn;
  console.warn = () => {};
  const before = u.memory();
  let [returned, refused] = [0, 0];
  const refuse = (error: unknown, name: string, args: readonly unknown[]): void => {
    refused++;
    const sound =
      error instanceof Error &&
      !(error instanceof WebAssembly.RuntimeError) &&
      !/^internal|call stack|unreachable/.test(error.message);
    if (!sound) {
      throw new Error(`${name}(${args.map((a) => typeof a).join(", ")})`, { cause: error });
    }
  };
  for (let done = 0; done < CALLS; done += 1000) {
    const promised: Promise<unknown>[] = [];
    u.scope(() => {
      refill();
      for (let i = 0; i < 1000; i++) {
        const [name, f] = pick(targets);
        const args = Array.from({ length: 1 + below(4) }, () => argument());
        try {
          const result = f(...args);
          if (result instanceof Promise) {
            promised.push(result.then(() => returned++).catch((e) => refuse(e, name, args)));
            continue;
          }
          returned++;
          if (name.startsWith("new ")) (result as { free?(): void }).free?.();
        } catch (error) {
          refuse(error, name, args);
        }
        if (alive.some((t) => t.isFreed)) refill();
      }
    });
    await Promise.all(promised);
  }
  console.warn = warnings;
  expect(u.memory().tensors).toBe(before.tensors);
  expect(returned).toBeGreaterThan(CALLS / 100);
  expect(refused).toBeGreaterThan(CALLS / 2);
  u.scope(() => expect(u.sum(u.ones([5])).item()).toBe(5));
});
