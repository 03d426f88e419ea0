import { describe, expect, test } from "vitest";
import {
  argmax,
  crossEntropy,
  Generator,
  loadSafetensors,
  nn,
  noGrad,
  optim,
  randint,
  saveSafetensors,
  scope,
  std,
  T5,
  tensor,
} from "../../ts/index.ts";
import { buckets, pairBuckets } from "../../ts/models/relative-position.ts";
import { expectNear, type PackedFiles, unpack } from "../support/checkpoint.ts";
import { fromGolden, golden, type GoldenTensor } from "../support/golden.ts";
import { seedAndLevelEach } from "../support/given.ts";

seedAndLevelEach(7);

interface Case {
  name: string;
  files: PackedFiles;
  ids: GoldenTensor;
  attentionMask: GoldenTensor;
  decoderIds: GoldenTensor;
  decoderAttentionMask: GoldenTensor;
  logits: GoldenTensor;
  hiddenStates: GoldenTensor[];
  encoderHiddenStates: GoldenTensor[];
  encoder: GoldenTensor[];
  decoder: GoldenTensor[];
  cross: GoldenTensor[];
  greedy: number[][];
}

const cases = golden<Case>("t5");

describe.each(cases)("T5 as Hugging Face's: $name", (c) => {
  test.each(["float64", "float32"] as const)("in %s", (dtype) => {
    const model = T5.fromPretrained(unpack(c.files), undefined, { dtype });
    scope(() => {
      const { result, records } = nn.captureAttention(model, () =>
        model.forward(fromGolden(c.ids), fromGolden(c.decoderIds), {
          attentionMask: fromGolden(c.attentionMask),
          decoderAttentionMask: fromGolden(c.decoderAttentionMask),
        }),
      );
      expectNear(result.logits, c.logits, "logits");
      for (const part of ["hiddenStates", "encoderHiddenStates"] as const) {
        expect(result[part].length).toBe(c[part].length);
        c[part].forEach((h, l) => expectNear(result[part][l]!, h, `${part} ${l}`));
      }
      const weights = new Map(records.map(({ name, weights }) => [name, weights]));
      for (const [part, place] of [
        ["encoder", "layer.0.SelfAttention"],
        ["decoder", "layer.0.SelfAttention"],
        ["cross", "layer.1.EncDecAttention"],
      ] as const) {
        const stack = part === "encoder" ? "encoder" : "decoder";
        c[part].forEach((a, l) => {
          expectNear(weights.get(`${stack}.block.${l}.${place}`)!, a, `${part} attention ${l}`);
        });
      }
      expect(records.length).toBe(c.encoder.length + c.decoder.length + c.cross.length);
    });
    model.free();
  });

  test("the same greedy texts, token by token", () => {
    const model = T5.fromPretrained(unpack(c.files));
    const [ids, attentionMask] = [fromGolden(c.ids), fromGolden(c.attentionMask)];
    const session = model.session(ids, { attentionMask });
    const texts = [[model.start], [model.start]];
    while (texts[0]!.length < c.greedy[0]!.length) {
      const best = scope(() => {
        const last = tensor(
          texts.map((text) => text.at(-1)!),
          { dtype: "int32" },
        );
        return [...argmax(session.push(last), -1).data()];
      });
      texts.forEach((text, b) => text.push(best[b]!));
    }
    expect(texts).toEqual(c.greedy);
    [session, model, ids, attentionMask].forEach((x) => x.free());
  });
});

interface Buckets {
  both: boolean;
  count: number;
  most: number;
  n: number;
  buckets: number[];
}

test.each(golden<Buckets>("relative-position"))(
  "relative positions fall into Hugging Face's buckets: $count to $most, both ways: $both",
  ({ both, count, most, n, buckets: want }) => {
    const T = n + 1;
    const pairs = pairBuckets(T, count, most, both);
    for (let d = 0; d < T; d++) {
      expect(pairs[d * T], `${d} before`).toBe(want[n - d]);
      expect(pairs[d], `${d} after`).toBe(want[n + d]);
    }
    if (!both) expect([...buckets(T, count, most)]).toEqual(want.slice(0, T).reverse());
  },
);

const SMALL = {
  vocab_size: 11,
  d_model: 12,
  d_kv: 4,
  d_ff: 16,
  num_layers: 2,
  num_heads: 3,
  relative_attention_num_buckets: 8,
  relative_attention_max_distance: 20,
};

const ids = (...shape: number[]) => randint(1, 11, shape);

test("a session gives what forward gives, past a doubling, and goes on from its bytes", () => {
  for (const dtype of ["float32", "float64"] as const) {
    const model = new T5(SMALL, { dtype });
    scope(() => {
      const [source, target] = [ids(2, 70), ids(2, 90)];
      const attentionMask = randint(0, 2, [2, 70]);
      model.eval();
      const { logits } = noGrad(() => model.forward(source, target, { attentionMask }));
      model.train();
      const session = model.session(source, { attentionMask });
      const other = model.session(ids(2, 3));
      const check = (t: number, from = session): void => {
        const got = from.push(target.select(1, t)).data();
        const want = logits.select(1, t).data();
        const tolerance = dtype === "float64" ? 1e-12 : 1e-5;
        want.forEach((x, i) => {
          if (Math.abs(got[i]! - x) > tolerance * Math.max(1, Math.abs(x))) {
            expect.fail(`${t}: expected ${x}, got ${got[i]}`);
          }
        });
      };
      for (let t = 0; t < 68; t++) check(t);
      other.load(session.toBytes());
      for (let t = 68; t < 90; t++) check(t, other);
      session.reset();
      for (let t = 0; t < 3; t++) check(t);
      session.select([1, 1]).reset();
      const twice = session.push(tensor([4, 4], { dtype: "int32" }));
      expect([...twice.select(0, 0).data()]).toEqual([...twice.select(0, 1).data()]);
      expect(() => session.load(session.toBytes().slice(0, 200))).toThrow(/expected/);
      [session, other].forEach((s) => s.free());
    });
    model.free();
  }
});

test("a file's names are the model's", () => {
  const files = unpack(cases[1]!.files);
  const model = T5.fromPretrained(files);
  const { tensors } = loadSafetensors(files["model.safetensors"]!);
  expect(new Set(tensors.keys())).toEqual(new Set(model.stateDict().keys()));
  for (const t of tensors.values()) t.free();
  model.free();
});

test("starts as the paper's code does, from a seed", () => {
  new T5({ ...SMALL, initializer_factor: 0.5 }).free();
  const config = { ...SMALL, d_model: 60, d_ff: 50, vocab_size: 50, d_kv: 20 };
  const make = (seed: number): T5 => new T5(config, { generator: new Generator(seed) });
  const [a, b, c] = [make(1), make(1), make(2)];
  const bytes = (m: T5): Buffer => Buffer.from(saveSafetensors(m.stateDict()));
  expect(bytes(a).equals(bytes(b))).toBe(true);
  expect(bytes(a).equals(bytes(c))).toBe(false);
  const variances = {
    shared: 1,
    q: 1 / 60 / 20,
    k: 1 / 60,
    v: 1 / 60,
    o: 1 / 60,
    wi: 1 / 60,
    wo: 1 / 50,
  };
  scope(() => {
    for (const [name, p] of a.namedParameters()) {
      if (p.ndim === 1) expect(p.data().every((x) => x === 1)).toBe(true);
      const part = name.split(".").at(-2) as keyof typeof variances;
      if (variances[part] === undefined) continue;
      expect(Math.abs(std(p).item() / Math.sqrt(variances[part]) - 1), name).toBeLessThan(0.1);
    }
  });
  [a, b, c].forEach((m) => m.free());
});

test("learns to turn a text around, with dropout on", () => {
  const model = new T5({ ...SMALL, dropout_rate: 0.02 });
  const adam = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const source = tensor(
    [
      [2, 3, 4, 5],
      [5, 2, 2, 7],
      [9, 8, 7, 1],
    ],
    { dtype: "int32" },
  );
  const labels = source.flip(1);
  const loss = (): number =>
    scope(() => {
      const { logits } = model.forward(source, model.shiftRight(labels));
      const loss = crossEntropy(logits.reshape([-1, 11]), labels.reshape([-1]));
      if (model.training) {
        loss.backward();
        const bias = model.decoder.block.at(0).self.relative_attention_bias!.weight;
        expect(bias.grad!.data().some((x) => x !== 0)).toBe(true);
        adam.step();
        adam.zeroGrad();
      }
      return loss.item();
    });
  for (let step = 0; step < 80; step++) loss();
  model.eval();
  expect(loss()).toBeLessThan(0.1);
  [model, adam, source, labels].forEach((x) => x.free());
});

test("what does not fit is refused", () => {
  const refused = (config: Record<string, unknown>, message: RegExp): void =>
    expect(() => new T5(config)).toThrow(message);
  refused({ feed_forward_proj: "gated-gelo" }, /an activation among .* got "gelo"/);
  refused({ feed_forward_proj: "a-b" }, /an activation among .* got "a-b"/);
  refused({ dropout_rate: 2 }, /dropout_rate to be a number from 0 to 1, got 2/);
  refused({ model_type: "mt6" }, /model_type to be "t5", got "mt6"/);
  refused({ is_encoder_decoder: false }, /is_encoder_decoder to be true, got false/);
  refused({ num_decoder_layers: 0 }, /num_decoder_layers to be an integer of at least 1/);
  refused({ relative_attention_num_buckets: 2 }, /num_buckets to be at least 4, got 2/);
  const model = new T5(SMALL);
  scope(() => {
    const [source, target] = [ids(2, 4), ids(2, 3)];
    expect(() => model.forward(source, ids(1, 3))).toThrow(/ids to be \[1, 4\], got \[2, 4\]/);
    expect(() => model.forward(source, ids(3))).toThrow(/decoderIds to have 2 dimensions/);
    const wrong = ids(2, 5);
    expect(() => model.forward(source, target, { attentionMask: wrong })).toThrow(
      /attentionMask to be \[2, 4\]/,
    );
    expect(() => model.forward(source, target, { decoderAttentionMask: wrong })).toThrow(
      /decoderAttentionMask to be \[2, 3\]/,
    );
    expect(() => model.session(source, { attentionMask: wrong })).toThrow(/to be \[2, 4\]/);
    expect(() => model.session(ids(4))).toThrow(/ids to have 2 dimensions/);
  });
  model.free();
});
