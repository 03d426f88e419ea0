/** @file Programs that go wrong. */

import { memory, tensor } from "unrolled";
import { serve } from "unrolled/worker";

const programs = {
  *throws() {
    yield 1;
    throw new RangeError("the data are not there");
  },
  *exits() {
    yield 1;
    process.exit(7);
  },
  *tensor() {
    yield 1;
    return { weights: [tensor([1, 2])] };
  },
  *uncloneable() {
    yield 1;
    return () => 1;
  },
  *transfers() {
    const whole = Float32Array.of(1, 2, 3);
    const part = whole.slice().subarray(1);
    yield { whole, part };
    return [whole.length, part.length];
  },
  /** Looks at no signal; its `finally` says that it ran. */
  *deaf({ witness }) {
    try {
      for (let step = 1; ; step++) yield step;
    } finally {
      Atomics.store(witness, 0, 1);
    }
  },
  /** Steps of 50 ms; the witness knows which has begun. */
  *slow({ witness, looks }, { signal }) {
    for (let step = 1; ; step++) {
      if (looks && signal.aborted) return;
      Atomics.store(witness, 0, step);
      for (const start = performance.now(); performance.now() - start < 50;);
      yield step;
    }
  },
  *oneThrows(_, { group }) {
    if (group.rank === 1) throw new RangeError("only here");
    yield 1;
    yield 2;
    return "done";
  },
  *oneReturns(_, { group }) {
    if (group.rank === 0) yield 1;
    if (group.rank === 0) yield 2;
    return "done";
  },
  *differ(_, { group }) {
    const p = tensor(group.rank === 0 ? [1, 2] : Array.from({ length: 99 }, () => 1), {
      requiresGrad: true,
    });
    yield 1;
    return group.gradients([p], 4, () => 0);
  },
  async *awaits({ value }) {
    await new Promise((resolve) => setTimeout(resolve, 5));
    yield { live: memory().tensors };
    return value;
  },
};

export const training = serve((options, context) => programs[options.how](options, context));
