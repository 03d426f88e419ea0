/** @file A loss that reaches one parameter from every example, and another from the last ones only. */

import { scope, tensor } from "unrolled";
import { serve } from "unrolled/worker";

serve(function* ({ examples }, { group }) {
  const [p, q] = [
    tensor([1, 2, 3], { requiresGrad: true }),
    tensor([4, 5], { requiresGrad: true }),
  ];
  yield 1;
  const loss = group.gradients([p, q], examples, (from, to) =>
    scope(() => {
      const x = (to + from) / 2;
      const loss = to === examples ? p.mul(x).sum().add(q.mul(x).sum()) : p.mul(x).sum();
      loss.backward();
      return loss.item();
    }),
  );
  return { loss, gradients: [p, q].map(({ grad }) => [...grad.data()]) };
});
