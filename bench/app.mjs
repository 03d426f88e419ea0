// The least that trains an LSTM: what bench/bundle.ts bundles.
import { crossEntropy, nn, optim, scope, tensor } from "unrolled";

const lstm = new nn.LSTM(8, 32);
const head = new nn.Linear(32, 4);
const adam = new optim.Adam([...lstm.parameters(), ...head.parameters()]);

export function step(xs, targets) {
  return scope(() => {
    const [hs] = lstm.forward(tensor(xs)); // [T, B, 32]
    const loss = crossEntropy(
      head.forward(hs).reshape([-1, 4]),
      tensor(targets, { dtype: "int32" }),
    );
    loss.backward();
    adam.step();
    adam.zeroGrad();
    return loss.item();
  });
}
