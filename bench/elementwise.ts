/** @file What does an element cost, op by op, and how near does it come to the machine's bandwidth? */

import * as u from "unrolled";
import { type Bench, draw, nameOf, type Nd, type OpCase } from "../tests/support/cases.ts";
import { cases as activations } from "../tests/support/cases/activation.ts";
import { cases as arithmetic } from "../tests/support/cases/arithmetic.ts";
import { cases as layers } from "../tests/support/cases/layers.ts";
import { cases as reductions } from "../tests/support/cases/reduce.ts";
import { cases as shapes } from "../tests/support/cases/shape.ts";
import { cases as softmaxes } from "../tests/support/cases/softmax.ts";
import { sizeOf } from "../tests/support/nd.ts";
import { FLOAT32 } from "../tests/support/tolerances.ts";
import { benchesOf, expectClose, some, take, tensors } from "./inputs.ts";
import { type Bar, type Subject, timed, type Work } from "./work.ts";

const nanoseconds = (n: number): Bar => ({ of: "perElement", atMost: n * 1e-9 });
const ofCopying = (share: number): Bar => ({ of: "share", atLeast: share });

const BARS: Record<string, Bar> = {
  exp: nanoseconds(1),
  tanh: nanoseconds(1.3),
  sigmoid: nanoseconds(1.3),
  erf: nanoseconds(2.5),
  softmax: nanoseconds(1.6),
  layerNorm: nanoseconds(0.8),
  rmsNorm: nanoseconds(0.8),
  "sum, all": nanoseconds(0.2),
  add: ofCopying(0.75),
  mul: ofCopying(0.75),
  relu: ofCopying(0.75),
};

export const works = (): Work[] => [
  ...[arithmetic, activations, softmaxes, layers, reductions, shapes].flat().flatMap((row) =>
    benchesOf(row).map((bench) => {
      const sizes = bench.shapes.map((shape) => `[${shape.join(", ")}]`).join(", ");
      return timed(`${nameOf(row)}: ${sizes}`, BARS[nameOf(row)], () => prepare(row, bench));
    }),
  ),
  timed("Adam, an update of [1048576]", ofCopying(0.75), adam),
];

function prepare(row: OpCase, { shapes, bytes = 0 }: Bench): Subject {
  const xs = draw(row, shapes);
  const inputs = tensors(xs);
  const inputBytes = 4 * shapes.reduce((sum, shape) => sum + sizeOf(shape), 0);
  return {
    run: () => u.scope(() => void row.f(...inputs)), // a composite makes more than its result
    ...(bytes > inputBytes ? { bytesMoved: bytes } : { bytesRead: bytes }),
    elements: sizeOf(shapes[0]!),
    check: () => u.scope(() => check(row, xs, row.f(...inputs))),
    free: () => inputs.forEach((t) => t.free()),
  };
}

/** Some rows against the oracle where rows do not depend on each other, else everything. */
function check(row: OpCase, xs: readonly Nd[], y: u.Tensor): void {
  const got = { shape: y.shape, data: [...y.data()] };
  const alike = (x: Nd): boolean => String(x.shape) === String(y.shape);
  const rows = alike(xs[0]!) ? some(y.shape[0]!) : undefined;
  const part = (x: Nd): Nd => (rows && alike(x) ? take(x, 0, rows) : x);
  const want = row.oracle(...xs.map(part)).data;
  // a sum's error grows with what is added up, which may cancel
  const scale = row.op === "sum" ? xs[0]!.data.length : 1;
  const tolerance = (row.tolerance ?? FLOAT32) * scale;
  expectClose(
    nameOf(row),
    part(got).data,
    want,
    (i) => tolerance * Math.max(1, Math.abs(want[i]!)),
  );
}

function adam(): Subject {
  const N = 2 ** 20;
  const lr = 1e-3;
  const p = u.randn([N]);
  const g = u.randn([N]);
  p.requiresGrad = true;
  p.grad = g;
  const optimizer = new u.optim.Adam([p], { lr });
  return {
    run: () => optimizer.step(),
    bytesMoved: 28 * N, // reads p, g, m, v, writes p, m, v
    footprint: 16 * N,
    elements: N,
    check: () => {
      const [before, gradient] = [p.data(), g.data()];
      optimizer.step();
      // the first step: m/(1 − β₁) = g, √(v/(1 − β₂)) = |g|
      const want = [...before].map(
        (x, i) => x - (lr * gradient[i]!) / (Math.abs(gradient[i]!) + 1e-8),
      );
      expectClose("Adam", p.data(), want, () => 1e-6);
    },
    free: () => (optimizer.free(), p.free()),
  };
}
