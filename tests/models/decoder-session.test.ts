import { afterEach, beforeEach, describe, expect, test } from "vitest";
import {
  concat,
  type DecoderSession,
  type FloatDType,
  GPT2,
  memory,
  noGrad,
  randint,
  scope,
  tensor,
  type Tensor,
} from "../../ts/index.ts";
import { seedAndLevelEach } from "../support/given.ts";

seedAndLevelEach(7);

const V = 13;
const CONFIG = {
  vocab_size: V,
  n_positions: 150,
  n_embd: 12,
  n_layer: 2,
  n_head: 3,
  initializer_range: 0.4,
};

const ids = (...shape: number[]): Tensor => randint(0, V, shape);

/** The logits after the last of `ids` [1, T], by reading them anew. */
const whole = (model: GPT2, ids: Tensor): Tensor =>
  noGrad(() => model.forward(ids).logits.select(1, -1));

function expectClose(got: Tensor, want: Tensor): void {
  expect(got.shape).toEqual(want.shape);
  const [g, w] = [got.data(), want.data()];
  const tolerance = got.dtype === "float64" ? 1e-12 : 1e-5;
  w.forEach((x, i) => {
    if (!(Math.abs(g[i]! - x) <= tolerance * Math.max(1, Math.abs(x)))) {
      expect.fail(`[${i}]: expected ${x}, got ${g[i]}`);
    }
  });
}

describe.each(["float32", "float64"] as const)("a session of GPT-2 in %s", (dtype: FloatDType) => {
  let model: GPT2;
  let session: DecoderSession;
  beforeEach(() => {
    model = new GPT2(CONFIG, { dtype });
    session = model.session({ batch: 2 });
  });
  afterEach(() => {
    session.free();
    model.free();
  });

  test("gives after each token what forward gives, past two doublings", () => {
    scope(() => {
      const text = ids(2, 140);
      model.eval();
      const { logits } = noGrad(() => model.forward(text));
      expectClose(session.push(text.slice(1, 0, 5)), logits.select(1, 4));
      for (let t = 5; t < 140; t++)
        expectClose(session.push(text.select(1, t)), logits.select(1, t));
      expect(session.lengths).toEqual([140, 140]);
    });
  });

  test("reads prompts of different lengths side by side", () => {
    scope(() => {
      const text = ids(2, 9);
      const next = ids(2, 3);
      model.eval();
      const logits = session.push(text, { lengths: [9, 4] });
      const rows = [text.slice(0, 0, 1), text.slice(0, 1).slice(1, 0, 4)] as const;
      rows.forEach((row, b) => expectClose(logits.slice(0, b, b + 1), whole(model, row)));
      const after = session.push(next);
      rows.forEach((row, b) => {
        const all = concat([row, next.slice(0, b, b + 1)], 1);
        expectClose(after.slice(0, b, b + 1), whole(model, all));
      });
    });
  });

  test("resets the rows that are asked for, and selects rows", () => {
    scope(() => {
      const [first, second] = [ids(2, 5), ids(2, 4)];
      model.eval();
      session.push(first);
      const reset = session.reset([1]).push(second);
      expectClose(reset.slice(0, 1), whole(model, second.slice(0, 1)));
      const both = concat([first.slice(0, 0, 1), second.slice(0, 0, 1)], 1);
      expectClose(reset.slice(0, 0, 1), whole(model, both));
      session.select([1, 1]);
      expect(session.lengths).toEqual([4, 4]);
      const twice = session.push(tensor([3, 5], { dtype: "int32" }));
      for (const [b, token] of [3, 5].entries()) {
        const all = concat([second.slice(0, 1), tensor([[token]], { dtype: "int32" })], 1);
        expectClose(twice.slice(0, b, b + 1), whole(model, all));
      }
      expect(session.reset().lengths).toEqual([0, 0]);
    });
  });

  test("goes back to where it was", () => {
    scope(() => {
      session.push(ids(2, 5));
      const next = ids(2, 3);
      const once = session.push(next).data();
      expect(session.rewind(5).lengths).toEqual([5, 5]);
      expect(session.push(next).data()).toEqual(once);
    });
  });

  test("goes on from its bytes, in another session of an equal model", () => {
    const twin = new GPT2(CONFIG, { dtype });
    twin.loadStateDict(model.stateDict());
    const other = twin.session({ batch: 2 });
    scope(() => {
      session.push(ids(2, 70), { lengths: [70, 11] });
      const bytes = session.toBytes();
      const next = ids(2);
      other.load(bytes);
      expect(other.lengths).toEqual([70, 11]);
      expect(other.push(next).data()).toEqual(session.push(next).data());
      expect(Buffer.from(other.toBytes()).equals(session.toBytes())).toBe(true);
    });
    other.free();
    twin.free();
  });
});

test("dropout is off, nothing is recorded or left behind, and training goes on as before", () => {
  const model = new GPT2({ ...CONFIG, resid_pdrop: 0.9 });
  model.transformer.drop.training = false;
  const session = model.session();
  scope(() => {
    const text = ids(1, 6);
    const live = memory().tensors;
    const logits = session.push(text);
    expect(memory().tensors).toBe(live + 1);
    expect(logits.requiresGrad).toBe(false);
    expect([model.training, model.transformer.drop.training]).toEqual([true, false]);
    model.eval();
    expectClose(logits, whole(model, text));
  });
  session.free();
  model.free();
});

test("wrong uses are refused, and change nothing", () => {
  const model = new GPT2(CONFIG);
  const session = model.session({ batch: 2 });
  scope(() => {
    session.push(ids(2, 3));
    const bytes = session.toBytes();
    const refused = (f: () => unknown, message: RegExp): void => {
      expect(f).toThrow(message);
      expect(Buffer.from(session.toBytes()).equals(bytes)).toBe(true);
      expect(model.training).toBe(true);
    };
    refused(() => session.push(ids(3)), /ids to be \[2\] or \[2, L\], got \[3\]/);
    refused(() => session.push(ids(2, 0)), /got \[2, 0\]/);
    refused(() => session.push(ids(2, 1, 1)), /got \[2, 1, 1\]/);
    refused(() => session.push(3 as never), /ids to be a tensor/);
    refused(() => session.push(tensor([0, V], { dtype: "int32" })), /indices from 0 to 12/);
    refused(() => session.push(tensor([0, 1])), /indices to be int32/);
    refused(
      () => session.push(ids(2, 3), { lengths: [3, 4] }),
      /2 numbers from 1 to 3, got \[3, 4\]/,
    );
    refused(() => session.push(ids(2, 3), { lengths: [3] }), /2 numbers from 1 to 3/);
    refused(() => session.push(ids(2, 148)), /a sequence of at most 150 tokens, got 151/);
    refused(() => session.reset([2]), /each row to be below 2, got 2/);
    refused(() => session.reset([0, -1]), /each row/);
    refused(() => session.rewind(4), /length to be at most 3, got 4/);
    refused(() => session.rewind(-1), /length to be an integer of at least 0/);
    refused(() => session.select([0]), /rows to be 2, got 1/);
    refused(() => session.select([0, 2]), /each row to be below 2, got 2/);
    refused(() => session.load("bytes" as never), /bytes to be a Uint8Array/);
    refused(() => session.load(new Uint8Array(0)), /the bytes to begin with/);
    refused(() => session.load(bytes.slice(0, -1)), /bytes to be \d+, got/);
    const twisted = bytes.slice();
    twisted[0]! ^= 1;
    refused(() => session.load(twisted), /to begin with \[magic, version/);
    for (const [config, batch, dtype] of [
      [{ ...CONFIG, n_head: 2 }, 2, "float32"],
      [{ ...CONFIG, n_layer: 1 }, 2, "float32"],
      [CONFIG, 1, "float32"],
      [CONFIG, 2, "float64"],
    ] as const) {
      const other = new GPT2(config, { dtype });
      const from = other.session({ batch });
      refused(() => session.load(from.toBytes()), /the bytes to begin with/);
      from.free();
      other.free();
    }
  });
  session.free();
  expect(() => model.session({ batch: 0 })).toThrow(/batch to be an integer of at least 1/);
  model.free();
});
