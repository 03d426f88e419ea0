/** @file The built package on worker threads of Node: progress, results, cancelling, errors, and equal bits on 1, 2 and 4. */

import { createHash } from "node:crypto";
import { Worker } from "node:worker_threads";
import { beforeAll, expect, test, vi } from "vitest";
import { loadSafetensors, scope } from "../../ts/index.ts";
import { Group } from "../../ts/worker/group.ts";
import { serve, train, type TrainOptions } from "../../ts/worker/index.ts";
import { classify } from "./programs/classify.mjs";

interface Options {
  steps: number;
  T?: number;
  B?: number;
  H?: number;
  dropout?: number;
}
type Classify = (
  options: Options,
  context: { signal: AbortSignal; group: Group },
) => Generator<{ step: number; loss: number }, Uint8Array, void>;
type Misbehaving = (
  options: { how: string } & Record<string, unknown>,
) => Generator<unknown, unknown, void>;

const worker = (name: string) => () =>
  new Worker(new URL(`./programs/${name}.mjs`, import.meta.url));
const run = (options: Options, rest?: TrainOptions) =>
  train<Classify>(worker("classifier"), options, rest);
const wrong = (how: string, options: object = {}, rest?: TrainOptions) =>
  train<Misbehaving>(worker("misbehaving"), { how, ...options }, rest);

const hash = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");

/** The same program on this thread. */
function here(options: Options): Uint8Array {
  const context = { signal: new AbortController().signal, group: new Group(0, 4, undefined) };
  const steps = (classify as unknown as Classify)(options, context);
  for (;;) {
    const { done, value } = steps.next();
    if (done) return value;
  }
}

const OPTIONS: Options = { steps: 30, dropout: 0.3 };
let expected: string;
beforeAll(() => {
  expected = hash(here(OPTIONS));
});

test("a training reports its progress and gives its result, bit for bit that of this thread", async () => {
  const training = run(OPTIONS);
  const losses: number[] = [];
  for await (const { step, loss } of training) losses[step - 1] = loss;
  expect(losses).toHaveLength(30);
  expect(losses.at(-1)).toBeLessThan(losses[0]! - 0.1);
  const bytes = await training.result;
  expect(hash(bytes)).toBe(expected);
  expect(scope(() => [...loadSafetensors(bytes).tensors.keys()])).toContain("lstm.weight_hh_l0");
});

test.each([2, 3, 4])("%i threads give the bits of one", async (threads) => {
  expect(hash(await run(OPTIONS, { threads }).result)).toBe(expected);
});

test("nor do the bits depend on whether a thread's shards are neighbours in the tree", async () => {
  const bits = async (threads: number): Promise<string> =>
    hash(await run({ steps: 5, dropout: 0.3 }, { threads, shards: 5 }).result);
  expect(await bits(3)).toBe(await bits(1));
});

test.each([1, 2, 4])(
  "what only some shards reach has a gradient in all of %i threads",
  async (threads) => {
    type Partial = (options: { examples: number }) => Generator<number, unknown, void>;
    const { result } = train<Partial>(worker("partial"), { examples: 8 }, { threads });
    // 4 shards, whose means are over examples 0 to 2, 2 to 4, 4 to 6 and 6 to 8
    expect(await result).toEqual({
      loss: (6 * (1 + 3 + 5 + 7) + 9 * 7) / 4,
      gradients: [
        [4, 4, 4],
        [1.75, 1.75],
      ],
    });
  },
);

test("other shards give other bits, and nearly the same weights", async () => {
  const weights = async (shards: number): Promise<number[]> => {
    const bytes = await run({ steps: 1 }, { shards }).result;
    return scope(() => [...loadSafetensors(bytes).tensors.values()].flatMap((t) => [...t.data()]));
  };
  const [one, three] = [await weights(1), await weights(3)];
  expect(three).not.toEqual(one);
  // Adam's first step is ±lr wherever the gradient is not tiny
  const far = one.filter((w, i) => Math.abs(w - three[i]!) > 1e-4);
  expect(far.length).toBeLessThan(one.length / 100);
});

test("an abort ends a training within a step, and what it learnt so far is the result", async () => {
  const controller = new AbortController();
  const training = run({ steps: 1_000_000 }, { signal: controller.signal });
  let last = 0;
  for await (const { step } of training) {
    last = step;
    if (step === 5) controller.abort();
  }
  expect(last).toBeLessThan(1_000_000);
  expect(hash(await training.result)).toBe(hash(here({ steps: last })));
});

test("two threads end at the same step", async () => {
  const controller = new AbortController();
  const training = run({ steps: 1_000_000 }, { signal: controller.signal, threads: 2 });
  let last = 0;
  for await (const { step } of training) {
    last = step;
    if (step === 5) controller.abort();
  }
  expect(hash(await training.result)).toBe(hash(here({ steps: last })));
});

test("an abort ends a program that does not look, with the signal's reason", async () => {
  const controller = new AbortController();
  const reason = new Error("enough");
  const witness = new Int32Array(new SharedArrayBuffer(4));
  const training = wrong("deaf", { witness }, { signal: controller.signal });
  const seen: unknown[] = [];
  const reading = (async () => {
    for await (const step of training) {
      seen.push(step);
      if (seen.length === 3) controller.abort(reason);
    }
  })();
  await expect(reading).rejects.toBe(reason);
  await expect(training.result).rejects.toBe(reason);
  expect(Atomics.load(witness, 0)).toBe(1);
});

test.each([
  ["no step", "looks at the signal", true, 0],
  ["one step", "does not", false, 1],
])("after an abort %s begins of a program that %s", { retry: 3 }, async (_, __, looks, more) => {
  const controller = new AbortController();
  const witness = new Int32Array(new SharedArrayBuffer(4));
  const training = wrong("slow", { witness, looks }, { signal: controller.signal });
  let begun = 0;
  try {
    for await (const step of training) {
      if (step !== 3) continue;
      controller.abort();
      begun = Atomics.load(witness, 0);
    }
  } catch (error) {
    expect(error).toBe(controller.signal.reason);
  }
  await training.result.catch(() => {});
  expect(begun).toBeGreaterThan(2);
  expect(Atomics.load(witness, 0)).toBe(begun + more);
});

test("an abort before the start makes no worker", async () => {
  const make = vi.fn<() => Worker>();
  const training = train(make, {} as never, { signal: AbortSignal.abort(new Error("no")) });
  await expect(training.result).rejects.toThrow("no");
  expect(make).not.toHaveBeenCalled();
});

test("arrays that leave the worker are transferred; a part of one is copied", async () => {
  const training = wrong("transfers");
  for await (const sent of training) {
    expect(sent).toEqual({ whole: Float32Array.of(1, 2, 3), part: Float32Array.of(2, 3) });
  }
  expect(await training.result).toEqual([0, 2]);
});

test("what is transferred to the worker is gone here, the rest is copied", async () => {
  const [given, kept] = [new Uint8Array(3), new Uint8Array(2)];
  const value = { given, kept };
  const training = wrong("awaits", { value }, { transfer: [given.buffer] });
  expect(await training.result).toEqual({ given: new Uint8Array(3), kept: new Uint8Array(2) });
  expect([given.length, kept.length]).toEqual([0, 2]);
});

test.each([
  ["throws", {}, RangeError, "the data are not there"],
  ["exits", {}, Error, "train: the worker ended, with code 7, before its program did"],
  ["tensor", {}, TypeError, "a float32 tensor [2] cannot leave its thread; send its data()"],
  [
    "uncloneable",
    {},
    TypeError,
    "serve: the program's result cannot be sent: DataCloneError: () => 1 could not be cloned",
  ],
  ["oneThrows", { threads: 2 }, RangeError, "only here"],
  ["oneReturns", { threads: 2 }, Error, "another thread ended while this one waits"],
  ["differ", { threads: 2 }, Error, "expected the same batch and parameters in all threads"],
] as const)(
  "a program that goes wrong (%s) is an error, for the loop and the result",
  async (how, rest, kind, text) => {
    const training = wrong(how, {}, rest);
    const reading = (async () => {
      for await (const _ of training);
    })();
    await expect(reading).rejects.toThrow(text);
    const error: unknown = await training.result.catch((error: unknown) => error);
    expect((error as Error).name).toBe(kind.name);
  },
);

test("a module that is missing, or serves nothing, is an error", async () => {
  await expect(train(worker("missing"), {} as never).result).rejects.toThrow(
    /train: the worker died: Cannot find module .*missing\.mjs/,
  );
  await expect(train(worker("silent"), {} as never).result).rejects.toThrow(
    "train: the worker ended, with code 0, before its program did. Does its module call serve(program)?",
  );
});

test("serve outside a worker says how to start it", () => {
  expect(() => serve(function* () {})).toThrow(/serve: expected to run in a worker; .*train\(/);
});

test.each([
  [{ threads: 0 }, "train: expected threads to be a whole number from 1, got 0"],
  [{ shards: 1.5 }, "train: expected shards to be a whole number from 1, got 1.5"],
  [{ threads: 3, shards: 2 }, "train: expected at most 2 threads, one for each shard, got 3"],
  [{ threads: 2, transfer: [new ArrayBuffer(1)] }, "train: a transfer can go to one thread only"],
])("train refuses %j", (options, text) => {
  expect(() => wrong("throws", {}, options)).toThrow(text);
});

test("who stops reading does not stop the training", async () => {
  const training = run({ steps: 5 });
  for await (const { step } of training) {
    expect(step).toBe(1);
    break;
  }
  expect(await training.result).toBeInstanceOf(Uint8Array);
});
