/** @file A training for a worker: an LSTM that tells, step by step, which of its inputs is the largest. */

import { crossEntropy, nn, optim, saveSafetensors, scope } from "unrolled";
import { argmax, manualSeed, randn, tensor } from "unrolled";

class Classifier extends nn.Module {
  constructor({ D, H, dropout = 0, generator }) {
    super();
    this.lstm = new nn.LSTM(D, H);
    this.dropout = new nn.Dropout(dropout, { generator });
    this.head = new nn.Linear(H, D);
  }

  forward(xs) {
    return this.head.forward(this.dropout.forward(this.lstm.forward(xs)[0])); // [T, B, D]
  }
}

/** D inputs and classes, H hidden, T time, B batch */
export function* classify({ steps, T = 6, B = 10, D = 5, H = 12, dropout = 0 }, { signal, group }) {
  const generator = manualSeed(3);
  const model = new Classifier({ D, H, dropout, generator });
  const adam = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const data = scope(() => Array.from({ length: B }, () => randn([T, 1, D]).data()));
  try {
    for (let step = 1; step <= steps && !signal.aborted; step++) {
      const loss = scope(() => {
        const loss = group.gradients(
          model.parameters(),
          B,
          (from, to) => shard(model, data.slice(from, to), { T, D }),
          { generators: [generator] },
        );
        adam.step();
        adam.zeroGrad();
        return loss;
      });
      yield { step, loss };
    }
    return saveSafetensors(model.stateDict());
  } finally {
    model.free();
    adam.free();
  }
}

/** The loss of some examples, and their gradients. */
function shard(model, examples, { T, D }) {
  return scope(() => {
    const B = examples.length;
    const xs = tensor(
      examples.flatMap((x) => [...x]),
      [B, T, D],
    ).transpose(0, 1); // [T, B, D]
    const loss = crossEntropy(model.forward(xs).reshape([T * B, D]), argmax(xs, -1).reshape([-1]));
    loss.backward();
    return loss.item();
  });
}
