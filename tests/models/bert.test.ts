import { describe, expect, test } from "vitest";
import {
  BERT,
  crossEntropy,
  Generator,
  loadSafetensors,
  nn,
  optim,
  randint,
  saveSafetensors,
  scope,
  select,
  std,
  tensor,
} from "../../ts/index.ts";
import { expectNear, type PackedFiles, unpack } from "../support/checkpoint.ts";
import { fromGolden, golden, type GoldenTensor } from "../support/golden.ts";
import { seedAndLevelEach } from "../support/given.ts";

seedAndLevelEach(7);

interface Case {
  name: string;
  files: PackedFiles;
  ids: GoldenTensor;
  attentionMask: GoldenTensor;
  tokenTypes: GoldenTensor;
  outputs: Partial<Record<"logits" | "nextSentenceLogits" | "pooled", GoldenTensor>>;
  hiddenStates: GoldenTensor[];
  attentions: GoldenTensor[];
}

const cases = golden<Case>("bert");

describe.each(cases)("BERT as Hugging Face's: $name", (c) => {
  test.each(["float64", "float32"] as const)("in %s", (dtype) => {
    const model = BERT.fromPretrained(unpack(c.files), undefined, { dtype });
    scope(() => {
      const { result, records } = nn.captureAttention(model, () =>
        model.forward(fromGolden(c.ids), {
          attentionMask: fromGolden(c.attentionMask),
          tokenTypes: fromGolden(c.tokenTypes),
        }),
      );
      for (const name of ["logits", "nextSentenceLogits"] as const) {
        expect(result[name] !== undefined, name).toBe(c.outputs[name] !== undefined);
      }
      for (const [name, want] of Object.entries(c.outputs)) {
        expectNear(result[name as keyof Case["outputs"]]!, want, name);
      }
      expect(result.hiddenStates.length).toBe(c.hiddenStates.length);
      c.hiddenStates.forEach((h, l) => expectNear(result.hiddenStates[l]!, h, `hidden state ${l}`));
      expect(records.map(({ name }) => name)).toEqual(
        [0, 1].map((l) => `bert.encoder.layer.${l}.attention.self`),
      );
      c.attentions.forEach((a, l) => expectNear(records[l]!.weights, a, `attention ${l}`));
    });
    model.free();
  });
});

const SMALL = {
  vocab_size: 18,
  hidden_size: 12,
  num_hidden_layers: 2,
  num_attention_heads: 3,
  intermediate_size: 6,
  max_position_embeddings: 16,
};

test("a file's names are the model's", () => {
  const files = unpack(cases[0]!.files);
  const model = BERT.fromPretrained(files);
  const { tensors } = loadSafetensors(files["model.safetensors"]!);
  expect(new Set(tensors.keys())).toEqual(new Set(model.stateDict().keys()));
  for (const t of tensors.values()) t.free();
  model.free();
});

test("starts as the paper says, from a seed", () => {
  const config = { ...SMALL, vocab_size: 50, hidden_size: 60 };
  const make = (seed: number): BERT => new BERT(config, { generator: new Generator(seed) });
  const [a, b, c] = [make(1), make(1), make(2)];
  const bytes = (m: BERT): Buffer => Buffer.from(saveSafetensors(m.stateDict()));
  expect(bytes(a).equals(bytes(b))).toBe(true);
  expect(bytes(a).equals(bytes(c))).toBe(false);
  scope(() => {
    const words = a.bert.embeddings.word_embeddings.weight;
    expect(
      select(words, 0, 0)
        .data()
        .every((x) => x === 0),
    ).toBe(true);
    expect(
      select(words, 0, 1)
        .data()
        .every((x) => x === 0),
    ).toBe(false);
    for (const [name, p] of a.namedParameters()) {
      if (p.ndim === 1) {
        const value = /LayerNorm.weight$/.test(name) ? 1 : 0;
        expect(
          p.data().every((x) => x === value),
          name,
        ).toBe(true);
      } else if (p.size > 500) {
        expect(Math.abs(std(p).item() / 0.02 - 1), name).toBeLessThan(0.15);
      }
    }
  });
  [a, b, c].forEach((m) => m.free());
});

test("learns to fill a masked word, with dropout on", () => {
  const off = { hidden_dropout_prob: 0.02, attention_probs_dropout_prob: 0.02 };
  const model = new BERT({ ...SMALL, ...off }, { nsp: false, pooler: false });
  const adam = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const MASK = 17;
  const texts = tensor(
    [
      [1, 2, MASK, 4],
      [5, 2, MASK, 6],
      [7, 8, MASK, 4],
    ],
    { dtype: "int32" },
  );
  const words = tensor([9, 10, 11], { dtype: "int32" });
  const loss = (): number =>
    scope(() => {
      const loss = crossEntropy(select(model.forward(texts).logits!, 1, 2), words);
      if (model.training) {
        loss.backward();
        adam.step();
        adam.zeroGrad();
      }
      return loss.item();
    });
  for (let step = 0; step < 80; step++) loss();
  model.eval();
  expect(loss()).toBeLessThan(0.1);
  [model, adam, texts, words].forEach((x) => x.free());
});

test("what does not fit is refused", () => {
  const refused = (config: Record<string, unknown>, message: RegExp): void =>
    expect(() => new BERT(config)).toThrow(message);
  refused({ hidden_size: 8 }, /hidden_size to be a multiple of num_attention_heads = 12, got 8/);
  refused({ hidden_act: "prelu" }, /an activation among/);
  refused({ hidden_dropout_prob: -1 }, /hidden_dropout_prob to be a number from 0/);
  refused({ model_type: "roberta" }, /model_type to be "bert", got "roberta"/);
  refused({ is_decoder: true }, /is_decoder to be false, got true/);
  refused({ position_embedding_type: "relative_key" }, /position_embedding_type to be "absolute"/);
  expect(() => new BERT(SMALL, { pooler: false })).toThrow(/expected the pooler with nsp/);
  const model = new BERT(SMALL);
  scope(() => {
    expect(() => model.forward(randint(0, 18, [1, 17]))).toThrow(/at most .* = 16 long, got 17/);
    expect(() => model.forward(randint(0, 18, [4]))).toThrow(/ids to have 2 dimensions/);
    const ids = randint(0, 18, [2, 4]);
    const wrong = randint(0, 2, [2, 5]);
    expect(() => model.forward(ids, { attentionMask: wrong })).toThrow(
      /attentionMask to be \[2, 4\]/,
    );
    expect(() => model.forward(ids, { tokenTypes: wrong })).toThrow(/tokenTypes to be \[2, 4\]/);
    const types = tensor([[0, 1, 2, 0]], { dtype: "int32" });
    expect(() => model.forward(ids.slice(0, 1), { tokenTypes: types })).toThrow(/from 0 to 1/);
  });
  model.free();
});
