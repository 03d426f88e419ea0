/** @file What the library computes, to the bit: for tests that move its memory about and expect the same again. */

import * as u from "../../ts/index.ts";
import { draw, type OpCase, tensors } from "./cases.ts";

export const bits = (t: u.Tensor | undefined): string => {
  if (!t) return "none";
  const { buffer, byteOffset, byteLength } = t.data();
  return Buffer.from(buffer, byteOffset, byteLength).toString("base64");
};

/** The result and the gradients of every example of a row, in both float types. */
export function bitsOfCase(row: OpCase): string[] {
  const { f, shapes, differentiable = true } = row;
  return shapes.flatMap((example) =>
    (["float32", "float64"] as const).flatMap((dtype) =>
      u.scope(() => {
        const xs = tensors(draw(row, example), dtype, differentiable !== false);
        const y = f(...xs);
        const before = bits(y);
        if (!y.requiresGrad) return [before];
        const dxs = u.grad(u.sum(u.mul(y, y)), xs, { allowUnused: true });
        return [before, ...dxs.map(bits)];
      }),
    ),
  );
}

/** The parameters of a small net after a few steps that use layers of every kind, dropout, clipping and the optimiser. */
export function bitsOfTraining(
  kind: "RNN" | "LSTM" | "GRU",
  Optimizer: keyof typeof OPTIMIZERS,
): string[] {
  u.manualSeed(3);
  const table = new u.nn.Embedding(11, 5);
  const net = new u.nn[kind](5, 7, { numLayers: 2, dropout: 0.2, bidirectional: true });
  const head = new u.nn.Sequential(new u.nn.LayerNorm(14), new u.nn.Linear(14, 11));
  const modules = [table, net, head];
  const optimizer = OPTIMIZERS[Optimizer](modules.flatMap((m) => m.parameters()));
  for (let step = 0; step < 3; step++) {
    u.scope(() => {
      const ids = u.randint(0, 11, [6, 3]);
      const [hs] = net.forward(table.forward(ids));
      const logits = head.forward(hs).reshape([18, 11]);
      u.crossEntropy(logits, u.randint(0, 11, [18])).backward();
      u.clipGradNorm(net.parameters(), 1);
      optimizer.step();
      optimizer.zeroGrad();
    });
  }
  const result = modules.flatMap((m) => m.parameters()).map(bits);
  for (const owner of [...modules, optimizer]) owner.free();
  return result;
}

const OPTIMIZERS = {
  SGD: (p: u.Tensor[]) => new u.optim.SGD(p, { lr: 0.1, momentum: 0.9 }),
  RMSprop: (p: u.Tensor[]) => new u.optim.RMSprop(p, { centered: true, momentum: 0.5 }),
  Adam: (p: u.Tensor[]) => new u.optim.Adam(p, { amsgrad: true }),
};

export const TRAININGS = [
  ["RNN", "SGD"],
  ["GRU", "RMSprop"],
  ["LSTM", "Adam"],
] as const;
