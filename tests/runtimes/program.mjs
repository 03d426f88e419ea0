/**
 * @file The same program for every runtime: it trains a small net and says what came of it. Weights are compared by
 * hash, so every runtime must do the same arithmetic, to the last bit.
 *
 * @param {typeof import("unrolled")} unrolled the package as the runtime imported it
 * @returns {{ loss: number, hash: string, steps: number }}
 */
export function program(unrolled) {
  const { crossEntropy, manualSeed, nn, optim, randint, randn, reshape, scope } = unrolled;
  manualSeed(7);
  const [T, B, D, H, C] = [12, 5, 9, 21, 7];
  const lstm = new nn.LSTM(D, H, { numLayers: 2, dropout: 0.2, bidirectional: true });
  const gru = new nn.GRU(2 * H, H);
  const head = new nn.Linear(H, C);
  const parameters = [lstm, gru, head].flatMap((module) => module.parameters());
  const adam = new optim.Adam(parameters, { lr: 1e-2 });
  const steps = 50;
  let loss = NaN;
  for (let step = 0; step < steps; step++) {
    loss = scope(() => {
      const [hs] = lstm.forward(randn([T, B, D])); // [T, B, 2H]
      const [ys] = gru.forward(hs); // [T, B, H]
      const logits = reshape(head.forward(ys), [T * B, C]);
      const loss = crossEntropy(logits, randint(0, C, [T * B]));
      loss.backward();
      optim.clipGradNorm(parameters, 1);
      adam.step();
      adam.zeroGrad();
      return loss.item();
    });
  }
  return { loss, hash: fnv1a(parameters.map((p) => new Uint8Array(p.data().buffer))), steps };
}

/** FNV-1a, 64 bits. */
function fnv1a(blocks) {
  let hash = 0xcbf29ce484222325n;
  for (const block of blocks) {
    for (const byte of block) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n);
  }
  return hash.toString(16).padStart(16, "0");
}
