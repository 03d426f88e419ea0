import { expect, test } from "vitest";
import * as u from "../ts/index.ts";
test("smoke", () => {
  const x = u.tensor([[1, 2, 3], [4, 5, 6]], { requiresGrad: true });
  const w = u.tensor([[1, 0], [0, 1], [1, 1]], { requiresGrad: true });
  const y = u.tanh(u.matmul(x, w)).mul(0.1).add([1].length);
  u.sum(y).backward();
  console.log(y.toArray(), x.grad!.toArray(), w.grad!.toArray());
  console.log(u.transpose(x, 0, 1).toArray(), u.concat([x, x], 1).toArray(), u.max(x, 1).toArray(), x.slice(1, undefined, undefined, -1).toArray());
  console.log(u.sum(u.broadcastTo(u.tensor([1,2,3]), [2,3]), 0).toArray(), u.pow(2, u.tensor([3])).toArray(), u.variance(x).item());
  for (const [name, f] of Object.entries({
    add: (a: u.Tensor, b: u.Tensor) => u.add(a, b), mulNumber: (a: u.Tensor) => u.mul(a, 2), exp: (a: u.Tensor) => u.exp(a), sum: (a: u.Tensor) => u.sum(a), matmul: (a: u.Tensor, b: u.Tensor) => u.matmul(a, b), reshape: (a: u.Tensor)=>u.reshape(a,[1]), slice: (a: u.Tensor)=>u.slice(a, 1, 0, 1),
  })) {
    const a = u.tensor([[1]]), b = u.tensor([[2]]);
    let best = Infinity;
    for (let r = 0; r < 20; r++) u.scope(() => { const t = performance.now(); for (let i = 0; i < 5000; i++) f(a, b); best = Math.min(best, performance.now() - t); });
    a.requiresGrad = true; b.requiresGrad = true;
    let bestg = Infinity;
    for (let r = 0; r < 20; r++) u.scope(() => { const t = performance.now(); for (let i = 0; i < 5000; i++) f(a, b); bestg = Math.min(bestg, performance.now() - t); });
    console.log(name, (best / 5).toFixed(3), "us; with graph", (bestg / 5).toFixed(3));
  }
  const n = 1 << 20;
  u.scope(() => {
  const a = u.full([n], 0.5), b = u.full([n], 0.25), m = u.full([1024,1024], .5);
  for (const [name, f, bytes] of [["add", () => u.add(a, b), 12], ["add small", () => u.add(m, a.slice(0, 0, 1024)), 8],["mul number", () => u.mul(a, 2), 8], ["neg", () => u.neg(a), 8], ["exp", () => u.exp(a), 8], ["tanh", () => u.tanh(a), 8], ["gelu", () => u.gelu(a), 8], ["sum", () => u.sum(a), 4], ["sum0", () => u.sum(m, 0), 4], ["sum1", () => u.sum(m, 1), 4], ["max", () => u.max(a), 4], ["transpose", () => u.transpose(m, 0, 1), 8], ["eq", () => u.eq(a, b), 9], ["where", () => u.where(u.eq(a, b), a, b), 18], ["cumsum", () => u.cumsum(a, 0), 8], ["concat1", () => u.concat([m, m], 1), 16], ["argmax", () => u.argmax(m, 1), 4], ["broadcast", () => u.mul(m, m.slice(1, 0, 1)), 12]] as const) {
    let best = Infinity;
    for (let r = 0; r < 30; r++) u.scope(() => { const t = performance.now(); (f as () => u.Tensor)(); best = Math.min(best, performance.now() - t); });
    console.log(name, (best * 1e6 / n).toFixed(3), "ns/element", (bytes * n / best / 1e6).toFixed(1), "GB/s");
  }
  });
});
