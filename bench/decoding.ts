/** @file How near does one token through a decoder that keeps keys and values come to reading each number once? */

import * as u from "unrolled";
import { expectClose } from "./inputs.ts";
import { type Subject, timed, type Work } from "./work.ts";

const CONFIG = { vocab_size: 256, n_positions: 1024, n_embd: 256, n_layer: 4, n_head: 4 };
const POSITION = 512;

export const works = (): Work[] => [
  timed(
    `token of a decoder, 4 layers, d 256, at ${POSITION}`,
    { of: "factor", atMost: 1.4 },
    token,
  ),
];

function token(): Subject {
  u.manualSeed(1);
  const model = new u.GPT2(CONFIG).eval();
  const ids = u.randint(0, CONFIG.vocab_size, [1, POSITION + 1]);
  const [prompt, next] = u.split(ids, [POSITION, 1], 1) as [u.Tensor, u.Tensor];
  const session = model.session();
  u.scope(() => void session.push(prompt));
  const { n_embd: D, n_layer, vocab_size: V } = CONFIG;
  const weights = n_layer * 12 * D * D + V * D;
  const kept = n_layer * 2 * POSITION * D;
  return {
    run: () => {
      u.scope(() => void session.push(next));
      session.rewind(POSITION);
    },
    bytesRead: 4 * (weights + kept), // its arithmetic, two operations for each number, takes less
    check: () =>
      u.scope(() => {
        const got = session.push(next).data();
        session.rewind(POSITION);
        expectClose("a token", got, reference(model, ids), () => 1e-4);
      }),
    free: () => [model, ids, prompt, next, session].forEach((x) => x.free()),
  };
}

/** Of the whole text at once, in float64. */
function reference(model: u.GPT2, ids: u.Tensor): number[] {
  const double = new u.GPT2(CONFIG, { dtype: "float64" }).eval();
  for (const [name, t] of model.stateDict()) {
    double.loadStateDict({ [name]: u.to(t, "float64") }, { strict: false });
  }
  const { logits } = u.noGrad(() => double.forward(ids));
  double.free();
  return [...u.select(u.select(logits, 1, -1), 0, 0).data()];
}
