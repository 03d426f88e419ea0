/** @file A transformer that writes past its longest sequence. */

import { expect, test } from "vitest";
import { slidingSession } from "../../ts/cli/sliding-session.ts";
import { Generator, GPT2, memory, scope, select, tensor, type Tensor } from "../../ts/index.ts";

const [V, longest] = [7, 8];
const ids = (values: readonly number[]): Tensor => tensor([...values], [1, values.length], { dtype: "int32" }); // prettier-ignore
const text = Array.from({ length: 20 }, (_, i) => (i * i + 3 * i) % V);

test("a full session sees the later half of its longest sequence, and then more again", () => {
  const before = memory().tensors;
  const config = { vocab_size: V, n_positions: longest, n_embd: 8, n_layer: 2, n_head: 2 };
  const model = new GPT2(config, { generator: new Generator(3) }).eval();
  const session = slidingSession(model);
  let from = 0;
  for (let t = 1; t <= text.length; t++) {
    if (t - from > longest) from = t - longest / 2;
    const [got, want] = scope(() => [
      session.push(ids(text.slice(t - 1, t))).data(),
      select(model.forward(ids(text.slice(from, t))).logits, 1, -1).data(),
    ]);
    got!.forEach((x, v) => expect(Math.abs(x - want![v]!), `character ${t}`).toBeLessThan(1e-5));
  }
  session.free();
  model.free();
  expect(memory().tensors).toBe(before);
});

test("of a prompt that is too long it reads the end", () => {
  const config = { vocab_size: V, n_positions: longest, n_embd: 8, n_layer: 1, n_head: 2 };
  const model = new GPT2(config, { generator: new Generator(3) }).eval();
  const [session, other] = [slidingSession(model), slidingSession(model)];
  const [long, short] = scope(() => [
    session.push(ids(text)).data(),
    other.push(ids(text.slice(-longest / 2))).data(),
  ]);
  expect(long).toEqual(short);
  for (const one of [session, other, model]) one.free();
});
