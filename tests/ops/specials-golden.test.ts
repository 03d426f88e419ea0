/** @file What is not finite, not normal, or stands at a kink: values and gradients are PyTorch's. */

import { expect, test } from "vitest";
import * as u from "../../ts/index.ts";
import { level } from "../support/given.ts";
import { golden, type GoldenTensor, numberOf } from "../support/golden.ts";

type Numbers = GoldenTensor["data"];
interface Case {
  op: string;
  inputs: Numbers[];
  shape: number[];
  float32: { y: Numbers; dxs?: Numbers[] };
  float64: { y: Numbers; dxs?: Numbers[] };
}

type Op = (...xs: u.Tensor[]) => u.Tensor;
/** Those whose golden name is not their own, or that take more than tensors. */
const OPS: Record<string, Op> = {
  "gelu tanh": (x) => u.gelu(x!, { approximate: "tanh" }),
  clip: (x) => u.clip(x!, -1, 1),
  crossEntropy: (x) =>
    u.crossEntropy(x!, u.full([x!.shape[0]!], 1, { dtype: "int32" }), { reduction: "none" }),
  ...Object.fromEntries(
    [-1, 0, 0.5, 1, 2, 3].map((p) => [`pow ${p}`, (x: u.Tensor) => u.pow(x, p)]),
  ),
};
const alongRows =
  "sum mean max min argmax argmin logsumexp variance std cumsum softmax logSoftmax".split(" ");
const opOf = (name: string): Op => {
  if (OPS[name]) return OPS[name];
  const f = u[name as "sum"] as (...args: unknown[]) => u.Tensor;
  return alongRows.includes(name) ? (x) => f(x, -1) : f;
};

function expectSame(
  got: u.Tensor | undefined,
  want: Numbers,
  what: string,
  inputs: Numbers[],
): void {
  const tolerance = got!.dtype === "float64" ? 1e-10 : 1e-5;
  const values = got!.data();
  const wrong = want.flatMap((w, i) => {
    const [g, n] = [values[i]!, numberOf(w)];
    const same =
      g === n ||
      (Number.isNaN(g) && Number.isNaN(n)) ||
      Math.abs(g - n) <= tolerance * Math.max(Math.abs(n), 0.01);
    return same ? [] : [`${i} (${inputs.map((x) => x[i])}): expected ${n}, got ${g}`];
  });
  expect(wrong, what).toEqual([]);
}

test.each(golden<Case>("specials").map((c) => [c.op, c] as const))("%s", (_, c) => {
  for (const dtype of ["float64", "float32"] as const) {
    level(() => {
      const xs = c.inputs.map((x) =>
        u.tensor(Float64Array.from(x, numberOf), c.shape, { dtype, requiresGrad: true }),
      );
      const y = opOf(c.op)(...xs);
      expectSame(y, c[dtype].y, `${dtype} value`, c.inputs);
      if (!c[dtype].dxs) return expect(y.requiresGrad).toBe(false);
      const dxs = u.grad(u.sum(y), xs);
      c[dtype].dxs.forEach((dx, i) => expectSame(dxs[i], dx, `${dtype} gradient ${i}`, c.inputs));
    });
  }
});
