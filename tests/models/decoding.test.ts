import { describe, expect, test } from "vitest";
import {
  beamSearch,
  broadcastTo,
  CharLM,
  choose,
  generate,
  generateSync,
  Generator,
  GPT2,
  noGrad,
  randint,
  scope,
  T5,
  tensor,
  type Tensor,
  type TokenSession,
} from "../../ts/index.ts";
import { type PackedFiles, unpack } from "../support/checkpoint.ts";
import { golden, type GoldenTensor } from "../support/golden.ts";
import { seedAndLevelEach } from "../support/given.ts";

seedAndLevelEach(7);

describe("choose", () => {
  const logits = Float32Array.of(1, 3, 2, -1, 3);
  const draws = (options: Parameters<typeof choose>[1], n = 4000): number[] => {
    const generator = new Generator(1);
    const counts = Array<number>(5).fill(0);
    for (let i = 0; i < n; i++) counts[choose(logits, { generator, ...options })]!++;
    return counts.map((c) => c / n);
  };
  /** e^logit, and their share among the given tokens. */
  const shares = (ids: number[], temperature = 1): number[] => {
    const e = [...logits].map((x, id) => (ids.includes(id) ? Math.exp(x / temperature) : 0));
    const sum = e.reduce((a, b) => a + b);
    return e.map((x) => x / sum);
  };
  const expectShares = (got: number[], want: number[]): void =>
    want.forEach((w, id) =>
      w === 0 ? expect(got[id]).toBe(0) : expect(Math.abs(got[id]! - w)).toBeLessThan(0.03),
    );

  test("draws from softmax(logits / temperature)", () => {
    expectShares(draws({}), shares([0, 1, 2, 3, 4]));
    expectShares(draws({ temperature: 3 }), shares([0, 1, 2, 3, 4], 3));
  });

  test("takes the likeliest, the first of equals, when it is cold", () => {
    expect(choose(logits, { temperature: 0 })).toBe(1);
    expect(choose(logits, { temperature: 0, never: [1] })).toBe(4);
    expect(choose(Float32Array.of(1, 1 + 1e-6), { temperature: 1e-30 })).toBe(1);
  });

  test("among the top k only, among the likeliest that have p together, and never those", () => {
    expectShares(draws({ topK: 3 }), shares([1, 2, 4]));
    expectShares(draws({ topK: 1 }), shares([1]));
    expectShares(draws({ topK: 9 }), shares([0, 1, 2, 3, 4]));
    // 0.40, 0.40, 0.15, 0.05, 0.01
    expectShares(draws({ topP: 0.3 }), shares([1]));
    expectShares(draws({ topP: 0.75 }), shares([1, 4]));
    expectShares(draws({ topP: 0.85 }), shares([1, 2, 4]));
    expectShares(draws({ topP: 0.85, topK: 2, temperature: 2 }), shares([1, 4], 2));
    expectShares(draws({ never: [1, 4] }), shares([0, 2, 3]));
    expect(choose(Float32Array.of(5), { never: [0] })).toBe(0);
  });

  test("gives equal draws for equal seeds, and moves no other generator", () => {
    const text = (seed: number): number[] => {
      const generator = new Generator(seed);
      return Array.from({ length: 50 }, () => choose(logits, { generator }));
    };
    expect(text(3)).toEqual(text(3));
    expect(text(3)).not.toEqual(text(4));
  });

  test("refuses what makes no sense", () => {
    expect(() => choose(logits, { temperature: -1 })).toThrow(/temperature to be a number from 0/);
    expect(() => choose(logits, { topK: 1.5 })).toThrow(/topK to be an integer/);
    expect(() => choose(logits, { topP: 0 })).toThrow(/topP to be above 0 and at most 1, got 0/);
    expect(() => choose(Float32Array.of(1, NaN))).toThrow(/a largest number, got NaN/);
    expect(() => choose([], { temperature: 0 })).toThrow(/a largest number/);
  });
});

const CONFIG = {
  vocab_size: 9,
  n_positions: 40,
  n_embd: 8,
  n_layer: 1,
  n_head: 2,
  initializer_range: 0.5,
};

const MODELS: [
  string,
  () => { session(options?: { batch?: number }): TokenSession & { free(): void }; free(): void },
][] = [
  ["GPT-2", () => new GPT2(CONFIG)],
  ["an LSTM", () => new CharLM(9, { net: "lstm", hidden: 7, layers: 2 })],
  ["a GRU", () => new CharLM(9, { net: "gru", hidden: 7 })],
  ["an RNN", () => new CharLM(9, { net: "rnn", hidden: 7 })],
];

describe.each(MODELS)("a text of %s", (_, make) => {
  test("is the same at once and step by step, with equal seeds, and stops", async () => {
    const model = make();
    const text = async (options: object, seed = 1): Promise<number[]> => {
      const given = { maxTokens: 12, generator: new Generator(seed), ...options };
      const [a, b] = [model.session(), model.session()];
      const all = [...generateSync(a, [1, 2, 3], given)];
      const again: number[] = [];
      const twin = { ...given, generator: new Generator(seed) };
      for await (const id of generate(b, [1, 2, 3], twin)) again.push(id);
      expect(again).toEqual(all);
      [a, b].forEach((s) => s.free());
      return all;
    };
    const all = await text({});
    expect(all.length).toBe(12);
    expect(await text({}, 2)).not.toEqual(all);
    const stop = all[5]!;
    expect(await text({ stop: [stop] })).toEqual(all.slice(0, all.indexOf(stop) + 1));
    expect(await text({ maxTokens: 0 })).toEqual([]);
    const never = await text({ never: [0, 1, 2, 3, 4, 5, 6], maxTokens: 20 });
    expect(never.every((id) => id > 6)).toBe(true);
    model.free();
  });

  test("goes on where the session is", () => {
    const model = make();
    const [a, b] = [model.session(), model.session()];
    const greedy = { temperature: 0 };
    const whole = [...generateSync(a, [1, 2], { maxTokens: 9, ...greedy })];
    const first = [...generateSync(b, [1, 2], { maxTokens: 4, ...greedy })];
    const rest = [...generateSync(b, first.slice(-1), { maxTokens: 5, ...greedy })];
    expect([...first, ...rest]).toEqual(whole);
    [a, b, model].forEach((x) => x.free());
  });
});

test("a penalty keeps from repeating", () => {
  const model = new GPT2(CONFIG);
  const text = (repetitionPenalty: number): number => {
    const session = model.session();
    const ids = generateSync(session, [1], { maxTokens: 8, temperature: 0, repetitionPenalty });
    const different = new Set(ids).size;
    session.free();
    return different;
  };
  expect(text(100)).toBeGreaterThan(text(1));
  model.free();
});

test("a text is ended by its signal, even while it is read slowly", async () => {
  const model = new GPT2(CONFIG);
  const session = model.session();
  const controller = new AbortController();
  const seen: number[] = [];
  const read = async (): Promise<void> => {
    for await (const id of generate(session, [1], { maxTokens: 30, signal: controller.signal })) {
      seen.push(id);
      if (seen.length === 3) controller.abort(new Error("enough"));
    }
  };
  await expect(read()).rejects.toThrow("enough");
  expect(seen.length).toBe(3);
  await expect(read()).rejects.toThrow("enough");
  expect(seen.length).toBe(3);
  const beams = model.session({ batch: 2 });
  await expect(beamSearch(beams, [1], { maxTokens: 3, signal: controller.signal })).rejects.toThrow(
    "enough",
  );
  [session, beams, model].forEach((x) => x.free());
});

test("a timer gets its turn while a text is made", async () => {
  const model = new CharLM(9, { hidden: 7 });
  const session = model.session();
  let ticks = 0;
  const timer = setInterval(() => ticks++, 1);
  for await (const id of generate(session, [1], { maxTokens: 400 })) expect(id).toBeLessThan(9);
  clearInterval(timer);
  expect(ticks).toBeGreaterThan(1);
  [session, model].forEach((x) => x.free());
});

test("wrong uses are refused", async () => {
  const model = new GPT2(CONFIG);
  const [one, two] = [model.session(), model.session({ batch: 2 })];
  const refused = (session: TokenSession, prompt: number[], options: object): (() => void) => {
    return () => void generateSync(session, prompt, { maxTokens: 3, ...options }).next();
  };
  expect(refused(one, [], {})).toThrow(/prompt to have a token at least, got none/);
  expect(refused(two, [1], {})).toThrow(/session of a batch of 1, got 2/);
  expect(refused(one, [1], { maxTokens: -1 })).toThrow(/maxTokens to be an integer/);
  expect(refused(one, [1], { repetitionPenalty: 0 })).toThrow(/repetitionPenalty to be above 0/);
  expect(refused(one, [1], { topP: 2 })).toThrow(/topP to be above 0/);
  expect(refused(one, [9], {})).toThrow(/indices from 0 to 8/);
  const beams = (prompt: number[], options: object): Promise<unknown> =>
    beamSearch(two, prompt, { maxTokens: 3, ...options });
  const bare = generateSync as (...args: unknown[]) => Iterator<number>;
  expect(() => bare(undefined, [1], {}).next()).toThrow(/expected a session.*got undefined/);
  expect(() => bare(one, [1]).next()).toThrow(/expected options with maxTokens, got undefined/);
  await expect(beams([], {})).rejects.toThrow(/prompt to have a token/);
  await expect(beams([1], { maxTokens: 0 })).rejects.toThrow(
    /maxTokens to be an integer of at least 1/,
  );
  await expect(beams([1], { count: 3 })).rejects.toThrow(/count to be at most the 2 beams, got 3/);
  await expect(beams([1], { lengthPenalty: "1" })).rejects.toThrow(/lengthPenalty to be a number/);
  [one, two, model].forEach((x) => x.free());
});

interface Search {
  options: {
    num_beams: number;
    length_penalty: number;
    early_stopping?: boolean | "never";
    num_return_sequences?: number;
    repetition_penalty?: number;
  };
  end: number[];
  ids: number[][];
  scores: number[];
}

const searches = <Case extends { beams?: Search[] }>(file: string): [Case, Search][] =>
  golden<Case>(file).flatMap((c) => (c.beams ?? []).map((s): [Case, Search] => [c, s]));

/** Finds what Hugging Face found. */
async function expectSearch(
  session: TokenSession,
  prompt: readonly number[],
  { options, end, ids, scores }: Search,
): Promise<void> {
  const found = await beamSearch(session, prompt, {
    maxTokens: 12,
    stop: end,
    lengthPenalty: options.length_penalty,
    earlyStopping: options.early_stopping ?? false,
    count: options.num_return_sequences ?? 1,
    repetitionPenalty: options.repetition_penalty ?? 1,
  });
  expect(found.map((beam) => beam.ids)).toEqual(ids);
  found.forEach(({ score }, i) => expect(Math.abs(score - scores[i]!)).toBeLessThan(1e-4));
}

describe("beam search finds what Hugging Face finds", () => {
  interface Gpt2Case {
    files: PackedFiles;
    prompt: number[];
    beams?: Search[];
  }
  test.each(searches<Gpt2Case>("gpt2"))("with GPT-2 (%#)", async ({ files, prompt }, search) => {
    const model = GPT2.fromPretrained(unpack(files));
    const session = model.session({ batch: search.options.num_beams });
    await expectSearch(session, prompt, search);
    [session, model].forEach((x) => x.free());
  });

  interface T5Case {
    files: PackedFiles;
    ids: GoldenTensor;
    beams?: Search[];
  }
  test.each(searches<T5Case>("t5"))("with T5 (%#)", async ({ files, ids }, search) => {
    const model = T5.fromPretrained(unpack(files));
    const session = scope(() => {
      const row = tensor(ids.data.slice(17 + 4).map(Number), [1, 13], { dtype: "int32" });
      return model.session(broadcastTo(row, [search.options.num_beams, 13]));
    });
    await expectSearch(session, [model.start], search);
    [session, model].forEach((x) => x.free());
  });
});

test("beam search over all texts finds the likeliest", async () => {
  const model = new GPT2({ ...CONFIG, vocab_size: 3 });
  const session = model.session({ batch: 27 });
  const [best] = await beamSearch(session, [0], { maxTokens: 3, lengthPenalty: 0 });
  const all = [0, 1, 2].flatMap((a) => [0, 1, 2].flatMap((b) => [0, 1, 2].map((c) => [a, b, c])));
  model.eval();
  const scores = scope(() =>
    noGrad(() =>
      all.map((text) => {
        const ids = tensor([[0, ...text.slice(0, 2)]], { dtype: "int32" });
        const p = model.forward(ids).logits.select(0, 0);
        return text.reduce((sum, id, t) => {
          const row = [...p.select(0, t).data()];
          return sum + row[id]! - Math.log(row.reduce((s, x) => s + Math.exp(x), 0));
        }, 0);
      }),
    ),
  );
  const most = Math.max(...scores);
  expect(best!.ids).toEqual(all[scores.indexOf(most)]);
  expect(best!.score).toBeCloseTo(most, 5);
  [session, model].forEach((x) => x.free());
});

describe.each(["lstm", "gru", "rnn"] as const)("a session of a CharLM with %s", (net) => {
  const V = 9;
  const whole = (model: CharLM, ids: Tensor): Float32Array => {
    model.eval();
    const { logits } = noGrad(() => model.forward(ids.transpose(0, 1)));
    model.train();
    return logits.select(0, -1).data() as Float32Array;
  };
  const near = (got: Tensor, want: Float32Array): void =>
    got.data().forEach((x, i) => expect(Math.abs(x - want[i]!)).toBeLessThan(1e-5));

  test("gives what forward gives, resets, selects, and goes on from its bytes", () => {
    const model = new CharLM(V, { net, hidden: 7, layers: 2, dropout: 0.5 });
    const session = model.session({ batch: 2 });
    scope(() => {
      const ids = randint(0, V, [2, 300]);
      near(session.push(ids.slice(1, 0, 290)), whole(model, ids.slice(1, 0, 290)));
      const bytes = session.toBytes();
      for (let t = 290; t < 299; t++) session.push(ids.select(1, t));
      near(session.push(ids.select(1, 299)), whole(model, ids));
      expect(model.training).toBe(true);
      session.load(bytes);
      near(session.push(ids.slice(1, 290)), whole(model, ids));
      const [row, other] = [ids.slice(0, 0, 1), ids.slice(0, 1)];
      const after = session.reset([1]).push(ids.slice(1, 0, 5));
      near(after.slice(0, 1), whole(model, other.slice(1, 0, 5)));
      const twice = session.select([1, 1]).push(tensor([2, 2], { dtype: "int32" }));
      expect(twice.select(0, 0).data()).toEqual(twice.select(0, 1).data());
      near(
        session
          .reset()
          .push(ids.slice(1, 0, 4))
          .slice(0, 0, 1),
        whole(model, row.slice(1, 0, 4)),
      );
      const now = session.toBytes();
      const refused = (f: () => unknown, message: RegExp): void => {
        expect(f).toThrow(message);
        expect(session.toBytes()).toEqual(now);
      };
      refused(() => session.push(randint(0, V, [3])), /ids to be \[2\] or \[2, L\], got \[3\]/);
      refused(() => session.push(tensor([0, V], { dtype: "int32" })), /indices from 0 to 8/);
      refused(() => session.reset([2]), /each row to be below 2/);
      refused(() => session.select([0]), /rows to be 2, got 1/);
      refused(() => session.load(now.slice(1)), /the bytes to begin with/);
    });
    expect(() => model.session({ batch: 0 })).toThrow(/batch to be an integer of at least 1/);
    [session, model].forEach((x) => x.free());
  });
});
