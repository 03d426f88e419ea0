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

/** A net to train, and a batch cut into `parts` for it. */
function learner({ net, sizes }, parts) {
  const { model, data, loss: lossOf } = nets[net](sizes);
  const parameters = [...model.parameters()];
  const adam = new optim.Adam(parameters);
  const size = sizes.B / parts;
  const batches = Array.from({ length: parts }, () => data(sizes, size));
  const part = (from) =>
    scope(() => {
      const [x, y] = batches[from / size];
      const loss = lossOf(model.forward(x), y);
      loss.backward();
      return loss.item();
    });
  return (gradients) =>
    scope(() => {
      gradients(parameters, part);
      adam.step();
      adam.zeroGrad();
    });
}

/** Returns the milliseconds of each step, in three ways that take turns. A step ends when all threads are at its `yield`. */
serve(function* ({ rounds, ...task }, { group }) {
  manualSeed(1);
  const alone = learner(task, 1);
  const together = learner(task, group.shards);
  const plain = () => alone((_, part) => part(0));
  const shared = () =>
    together((parameters, part) => group.gradients(parameters, task.sizes.B, part));
  // as many steps a turn as take the same time; the first finds the caches cold
  const ways = {
    plain: { turn: 2, step: () => group.rank === 0 && plain() },
    each: { turn: 2, step: plain },
    shared: { turn: 4, step: shared },
  };
  const times = { plain: [], each: [], shared: [] };
  for (let round = 0; round <= rounds; round++) {
    for (const [way, { turn, step }] of Object.entries(ways)) {
      for (let i = 0; i < turn; i++) {
        const start = performance.now();
        step();
        yield;
        if (round > 0) times[way].push(performance.now() - start); // the first round warms up
      }
    }
  }
  return times;
});
