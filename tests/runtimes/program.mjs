/**
 * @file The same program for every runtime: an LSTM and attention, 20 steps of training, a checkpoint there and back, 30 steps
 * more. Weights are compared by hash, so every runtime must do the same arithmetic, to the last bit.
 *
 * @param {typeof import("unrolled")} unrolled the package as the runtime imported it
 * @returns {{ hash: string, later: string, loss: number, reloaded: number }} of the weights after 20 and 50 steps; the loss
 *   before and after the file
 */
export function program(unrolled) {
  const { crossEntropy, manualSeed, nn, optim, randint, randn, reshape, scope } = unrolled;
  const { add, loadSafetensors, memory, saveSafetensors } = unrolled;
  const { scaledDotProductAttention } = unrolled;
  const before = memory().tensors;
  manualSeed(7);
  const [T, B, D, H, C] = [12, 5, 9, 21, 7];

  class Net extends nn.Module {
    lstm = new nn.LSTM(D, H, { numLayers: 2, dropout: 0.2, bidirectional: true });
    gru = new nn.GRU(2 * H, H);
    head = new nn.Linear(H, C);

    forward(xs) {
      const [hs] = this.lstm.forward(xs); // [T, B, 2H]
      const [ys] = this.gru.forward(hs); // [T, B, H]
      const q = ys.transpose(0, 1); // [B, T, H]
      const seen = scaledDotProductAttention(q, q, q, { isCausal: true }); // [B, T, H]
      return this.head.forward(add(ys, seen.transpose(0, 1))); // [T, B, C]
    }
    loss(xs, classes) {
      return crossEntropy(reshape(this.forward(xs), [T * B, C]), classes);
    }
  }

  const net = new Net();
  const parameters = net.parameters();
  const adam = new optim.Adam(parameters, { lr: 1e-2 });
  const train = (steps) => {
    for (let step = 0; step < steps; step++) {
      scope(() => {
        net.loss(randn([T, B, D]), randint(0, C, [T * B])).backward();
        optim.clipGradNorm(parameters, 1);
        adam.step();
        adam.zeroGrad();
      });
    }
    return fnv1a(parameters.map((p) => new Uint8Array(p.data().buffer)));
  };

  const hash = train(20);
  net.eval();
  const [xs, classes] = [randn([T, B, D]), randint(0, C, [T * B])];
  const loss = scope(() => net.loss(xs, classes).item());
  const file = saveSafetensors(net.stateDict());
  const again = new Net();
  again.eval();
  const reloaded = scope(() => {
    again.loadStateDict(loadSafetensors(file).tensors);
    return again.loss(xs, classes).item();
  });
  net.train();
  const later = train(30);
  for (const owner of [net, again, adam, xs, classes]) owner.free();
  if (memory().tensors !== before) throw new Error(`${memory().tensors - before} tensors are left`);
  return { hash, later, loss, reloaded };
}

/** For who cannot catch: what came, or the error in words. */
export function outcome(unrolled) {
  try {
    return program(unrolled);
  } catch (error) {
    return { error: String(error) };
  }
}

/** FNV-1a, 64 bits. */
function fnv1a(blocks) {
  let hash = 0xcbf29ce484222325n;
  for (const block of blocks) {
    for (const byte of block) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
