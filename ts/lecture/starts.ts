/** @file How an LSTM's gates may begin, so that its gradient lasts. */

import { add, concat, full, type Generator, log, mul, neg, type nn, rand, scope, slice, type Tensor, zeros } from "unrolled"; // prettier-ignore

/** b_f = b (Gers, Schmidhuber & Cummins 2000; Jozefowicz, Zaremba & Sutskever 2015). */
export function forgetBias(lstm: nn.LSTM, b: number): nn.LSTM {
  return scope(() => begin(lstm, undefined, full([lstm.hiddenSize], b, { dtype: lstm.dtype })));
}

/** b_f = log U[1, longest − 1] and b_i = −b_f: memories of all lengths (Tallec & Ollivier 2018). */
export function chrono(lstm: nn.LSTM, longest: number, generator: Generator): nn.LSTM {
  return scope(() => {
    const u = rand([lstm.hiddenSize], { dtype: lstm.dtype, generator });
    const b = log(add(mul(u, longest - 2), 1));
    return begin(lstm, neg(b), b);
  });
}

/** Gives b_ih + b_hh of the input and the forget gate, in the order i, f, g, o. */
function begin(lstm: nn.LSTM, i: Tensor | undefined, f: Tensor): nn.LSTM {
  const H = lstm.hiddenSize;
  const [ih, hh] = [lstm.bias_ih_l0!.detach(), lstm.bias_hh_l0!.detach()];
  const none = zeros([H], { dtype: lstm.dtype });
  const [first, second] = i ? [i, none] : [slice(ih, 0, 0, H), slice(hh, 0, 0, H)];
  lstm.loadStateDict(
    {
      bias_ih_l0: concat([first, f, slice(ih, 0, 2 * H)]),
      bias_hh_l0: concat([second, none, slice(hh, 0, 2 * H)]),
    },
    { strict: false },
  );
  return lstm;
}
