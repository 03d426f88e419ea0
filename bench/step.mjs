/** @file The worker of bench/parallel.ts: training steps, plain or in shards. */

import { crossEntropy, manualSeed, mseLoss, nn, optim, randint, randn, scope } from "unrolled";
import { serve } from "unrolled/worker";

/** An LSTM and a classifier of each step's output. */
class Classifier extends nn.Module {
  constructor({ D, H, classes }) {
    super();
    this.lstm = new nn.LSTM(D, H);
    this.head = new nn.Linear(H, classes);
  }

  forward(x) {
    return this.head.forward(this.lstm.forward(x)[0]); // [T, B, classes]
  }
}

/** A model; an example input and target of B examples; the loss. */
const nets = {
  lstm: (sizes) => ({
    model: new Classifier(sizes),
    data: ({ D, T, classes }, B) => [randn([T, B, D]), randint(0, classes, [T * B])],
    loss: (logits, targets) => crossEntropy(logits.reshape([-1, sizes.classes]), targets),
  }),
  encoder: ({ D, heads, F }) => ({
    model: new nn.TransformerEncoderLayer(D, heads, { dimFeedforward: F, dropout: 0 }),
    data: ({ D, T }, B) => [randn([T, B, D]), randn([T, B, D])],
    loss: mseLoss,
  }),
};

/** Yields the milliseconds of each step. `parts`: of a batch cut by the group; 0: the plain step. */
serve(function* ({ net, steps, parts, sizes }, { group }) {
  manualSeed(1);
  const { model, data, loss: lossOf } = nets[net](sizes);
  const adam = new optim.Adam(model.parameters());
  const { B } = sizes;
  const size = B / (parts || 1);
  const batches = Array.from({ length: B / size }, () => data(sizes, size));
  const part = (from) =>
    scope(() => {
      const [x, y] = batches[from / size];
      const loss = lossOf(model.forward(x), y);
      loss.backward();
      return loss.item();
    });
  for (let step = 0; step < steps; step++) {
    const start = performance.now();
    scope(() => {
      if (parts > 0) group.gradients(model.parameters(), B, part);
      else part(0);
      adam.step();
      adam.zeroGrad();
    });
    yield performance.now() - start;
  }
});
