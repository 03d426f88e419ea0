import { describe, expect, test } from "vitest";
import {
  argmax,
  crossEntropy,
  Generator,
  GPT2,
  type GPT2Config,
  loadSafetensors,
  nn,
  optim,
  randint,
  saveSafetensors,
  scope,
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
  logits: GoldenTensor;
  hiddenStates: GoldenTensor[];
  attentions: GoldenTensor[];
  padded: { attentionMask: GoldenTensor; positions: GoldenTensor; logits: GoldenTensor };
  prompt: number[];
  greedy: number[];
}

const cases = golden<Case>("gpt2");

describe.each(cases)("GPT-2 as Hugging Face's: $name", (c) => {
  test.each(["float64", "float32"] as const)("in %s", (dtype) => {
    const model = GPT2.fromPretrained(unpack(c.files), undefined, { dtype });
    expect(model.training).toBe(false);
    scope(() => {
      const ids = fromGolden(c.ids);
      const { result, records } = nn.captureAttention(model, () => model.forward(ids));
      expectNear(result.logits, c.logits, "logits");
      expect(result.hiddenStates.length).toBe(c.hiddenStates.length);
      c.hiddenStates.forEach((h, l) => expectNear(result.hiddenStates[l]!, h, `hidden state ${l}`));
      expect(records.map(({ name }) => name)).toEqual([
        "transformer.h.0.attn",
        "transformer.h.1.attn",
      ]);
      c.attentions.forEach((a, l) => expectNear(records[l]!.weights, a, `attention ${l}`));
      const padded = model.forward(ids, {
        attentionMask: fromGolden(c.padded.attentionMask),
        positions: fromGolden(c.padded.positions),
      });
      expectNear(padded.logits.select(0, 1).slice(0, 3), c.padded.logits, "logits behind padding");
    });
    model.free();
  });

  test("the same greedy text, token by token", () => {
    const model = GPT2.fromPretrained(unpack(c.files));
    const session = model.session();
    const text = [...c.prompt];
    let next = tensor([c.prompt], { dtype: "int32" });
    while (text.length < c.greedy.length) {
      const best = scope(() => argmax(session.push(next), -1).item());
      next.free();
      text.push(best);
      next = tensor([best], { dtype: "int32" });
    }
    next.free();
    expect(text).toEqual(c.greedy);
    session.free();
    model.free();
  });
});

const SMALL = { vocab_size: 11, n_positions: 16, n_embd: 8, n_layer: 2, n_head: 2 };

test("its own files are read again, from bytes and a config", () => {
  const model = new GPT2(SMALL);
  const bytes = saveSafetensors(model.stateDict());
  const twin = GPT2.fromPretrained(bytes, SMALL);
  expect([...twin.stateDict()].map(([name]) => name)).toEqual(
    [...model.stateDict()].map(([name]) => name),
  );
  expect(saveSafetensors(twin.stateDict())).toEqual(bytes);
  [model, twin].forEach((m) => m.free());
});

test("a file's names are the model's", () => {
  for (const c of [cases[0]!, cases[2]!]) {
    const files = unpack(c.files);
    const model = GPT2.fromPretrained(files);
    const { tensors } = loadSafetensors(files["model.safetensors"]!);
    expect(new Set(tensors.keys())).toEqual(new Set(model.stateDict().keys()));
    for (const t of tensors.values()) t.free();
    model.free();
  }
});

test("starts as the paper says, from a seed, and leaves other generators alone", () => {
  const config = { ...SMALL, n_embd: 64, n_layer: 8 };
  const make = (seed: number): GPT2 => new GPT2(config, { generator: new Generator(seed) });
  const [a, b, c] = [make(1), make(1), make(2)];
  const bytes = (m: GPT2): Buffer => Buffer.from(saveSafetensors(m.stateDict()));
  expect(bytes(a).equals(bytes(b))).toBe(true);
  expect(bytes(a).equals(bytes(c))).toBe(false);
  scope(() => {
    for (const [name, p] of a.namedParameters()) {
      if (p.ndim === 1) {
        const value = /ln_.*weight$/.test(name) ? 1 : 0;
        expect(p.data().every((x) => x === value)).toBe(true);
      } else {
        const want = name.endsWith("c_proj.weight") ? 0.02 / 4 : 0.02;
        expect(Math.abs(std(p).item() / want - 1)).toBeLessThan(0.1);
      }
    }
  });
  [a, b, c].forEach((m) => m.free());
});

test("learns to repeat a text, with dropout on", () => {
  const model = new GPT2({ ...SMALL, resid_pdrop: 0.02, embd_pdrop: 0.02, attn_pdrop: 0.02 });
  const adam = new optim.Adam(model.parameters(), { lr: 1e-2 });
  const text = tensor([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 3, 1, 4, 1, 5, 9]], { dtype: "int32" });
  const loss = (): number =>
    scope(() => {
      const { logits } = model.forward(text.slice(1, 0, -1));
      const loss = crossEntropy(logits.reshape([-1, 11]), text.slice(1, 1).reshape([-1]));
      if (model.training) {
        loss.backward();
        adam.step();
        adam.zeroGrad();
      }
      return loss.item();
    });
  for (let step = 0; step < 120; step++) loss();
  model.eval();
  expect(loss()).toBeLessThan(0.1);
  [model, adam, text].forEach((x) => x.free());
});

describe("refuses", () => {
  const refused = (config: Partial<GPT2Config> & Record<string, unknown>, message: RegExp): void =>
    expect(() => new GPT2(config)).toThrow(message);

  test("configs that do not fit, and features that it has not", () => {
    refused({ n_embd: 8, n_head: 3 }, /n_embd to be a multiple of n_head = 3, got 8/);
    refused({ n_layer: 0 }, /n_layer to be an integer of at least 1, got 0/);
    refused({ vocab_size: 1.5 }, /vocab_size to be an integer/);
    refused({ attn_pdrop: 2 }, /attn_pdrop to be a number from 0 to 1, got 2/);
    refused({ n_embd: "8" as never }, /n_embd of the config to be a number, got "8"/);
    refused({ activation_function: "gelo" }, /an activation among gelu, .* got "gelo"/);
    refused({ activation_function: "prelu" }, /got "prelu"/);
    refused({ model_type: "llama" }, /model_type to be "gpt2", got "llama"/);
    refused({ add_cross_attention: true }, /add_cross_attention to be false, got true/);
    refused({ quantization_config: { bits: 4 } }, /quantized weights are not supported/);
    expect(() => new GPT2(null as never)).toThrow(/expected a config/);
  });

  test("files that are not the model's", () => {
    const model = new GPT2(SMALL);
    const state = model.stateDict();
    const [first] = state.keys();
    const saved = (change: (s: nn.StateDict) => void): Uint8Array => {
      const copy = new Map(state);
      change(copy);
      return saveSafetensors(copy);
    };
    const read =
      (...args: Parameters<typeof GPT2.fromPretrained>) =>
      (): GPT2 =>
        GPT2.fromPretrained(...args);
    expect(
      read(
        saved((s) => s.delete(first!)),
        SMALL,
      ),
    ).toThrow(`missing ${first}`);
    expect(
      read(
        saved((s) => s.set("score.weight", s.get(first!)!)),
        SMALL,
      ),
    ).toThrow(/fromPretrained of GPT2: unexpected score.weight/);
    expect(
      read(
        saved(() => {}),
        { ...SMALL, n_positions: 8 },
      ),
    ).toThrow(/transformer.wpe.weight: expected \[8, 8\], got \[16, 8\]/);
    expect(read(new Uint8Array(3), SMALL)).toThrow(/expected at least 8 bytes/);
    expect(read(saved(() => {}))).toThrow(/expected a config, .* got neither/);
    expect(read({}, SMALL)).toThrow(/a file named .safetensors, got none/);
    expect(read(3 as never, SMALL)).toThrow(/a Uint8Array, or files by name, got 3/);
    const index = { weight_map: { a: "model-1.safetensors", b: "model-2.safetensors" } };
    const files = {
      "model.safetensors.index.json": new TextEncoder().encode(JSON.stringify(index)),
      "model-1.safetensors": saved(() => {}),
    };
    expect(read(files, SMALL)).toThrow(/that model.safetensors.index.json names, got no model-2/);
    const broken = { "config.json": new TextEncoder().encode("{") };
    expect(read({ ...broken, "model.safetensors": saved(() => {}) })).toThrow(
      /config.json to be JSON/,
    );
    model.free();
  });

  test("inputs that do not fit", () => {
    const model = new GPT2(SMALL);
    scope(() => {
      const ids = randint(0, 11, [2, 5]);
      expect(() => model.forward(randint(0, 11, [1, 17]))).toThrow(/at most n_positions = 16 long/);
      expect(() => model.forward(randint(0, 11, [5]))).toThrow(/ids to have 2 dimensions/);
      expect(() => model.forward(tensor([[11]], { dtype: "int32" }))).toThrow(
        /indices from 0 to 10/,
      );
      expect(() => model.forward(ids, { attentionMask: randint(0, 2, [2, 4]) })).toThrow(
        /attentionMask to be \[2, 5\]/,
      );
      expect(() => model.forward([1] as never)).toThrow(/ids to be a tensor/);
    });
    model.free();
  });
});
