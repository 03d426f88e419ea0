/**
 * @file A run in one safetensors file: the weights under PyTorch's names, and all that it takes to go on under
 * `unrolled.`. Nothing in it tells the time or the place, so equal runs give equal files.
 */

import { loadSafetensors, SafetensorsError, saveSafetensors, scope, tensor } from "unrolled";
import type { Tensor } from "unrolled";
import { readBytes } from "./corpus.ts";
import { netOf } from "./net.ts";
import { Problem } from "./problem.ts";
import { type Settings, settingsIn } from "./settings.ts";
import type { Trainer } from "./trainer.ts";
import { type Vocabulary, vocabularyOf } from "./vocabulary.ts";

const PREFIX = "unrolled.";
const FORMAT = "char-lm 1";

export interface Checkpoint {
  settings: Settings;
  vocabulary: Vocabulary;
  /** Of the text. */
  fingerprint: string;
  /** The state dict of the model. */
  weights: Map<string, Tensor>;
  /** The rest, without the prefix. */
  rest: Map<string, Tensor>;
  samples: string[];
}

/** The file of a run. */
export function toBytes(trainer: Trainer, fingerprint: string): Uint8Array {
  return scope(() => {
    const { history, generator, position, state, settings, vocabulary } = trainer;
    const { seed, counter } = generator.state();
    const numbers = (values: readonly number[]): Tensor => tensor(Float64Array.from(values));
    const rest: [string, Tensor][] = [
      ["generator", numbers([seed, counter])],
      ["position", numbers([position])],
      ["history.training", numbers(history.training)],
      ["history.steps", numbers(history.heldOut.map((seen) => seen.step))],
      ["history.held_out", numbers(history.heldOut.map((seen) => seen.bits))],
      ...(state ?? []).map((t, i): [string, Tensor] => [`state.${"hc"[i]}`, t]),
      ...[...trainer.adam.stateDict().state].map(([name, t]): [string, Tensor] => [
        `optimizer.${name}`,
        t,
      ]),
    ];
    const tensors = new Map(trainer.model.stateDict());
    for (const [name, t] of rest) tensors.set(PREFIX + name, t);
    const metadata = new Map([
      ["format", "pt"],
      [`${PREFIX}format`, FORMAT],
      [`${PREFIX}options`, JSON.stringify(settings)],
      [`${PREFIX}vocabulary`, JSON.stringify(vocabulary.characters)],
      [`${PREFIX}text`, fingerprint],
      [`${PREFIX}samples`, JSON.stringify(history.heldOut.map((seen) => seen.sample))],
    ]);
    return saveSafetensors(tensors, metadata);
  });
}

/** The metadata of an export. */
export const STATE_DICT: ReadonlyMap<string, string> = new Map([
  ["format", "pt"],
  [`${PREFIX}format`, "state dict 1"],
]);

/** Whether a file is a checkpoint of ours. */
export const isCheckpoint = (path: string): boolean => holds(path, FORMAT);

/** Whether a file is an export of ours. */
export const isExport = (path: string): boolean => holds(path, STATE_DICT.get(`${PREFIX}format`)!);

function holds(path: string, format: string): boolean {
  const bytes = readBytes(path);
  try {
    return scope(() => loadSafetensors(bytes).metadata.get(`${PREFIX}format`) === format);
  } catch (error) {
    if (error instanceof SafetensorsError) return false;
    throw error;
  }
}

/** What a checkpoint holds; its tensors belong to the current scope. @throws Problem */
export function readCheckpoint(path: string): Checkpoint {
  const bytes = readBytes(path);
  return damaged(`${path} is not a checkpoint of unrolled train`, () => {
    const { tensors, metadata } = loadSafetensors(bytes);
    const meta = (name: string): string => {
      const value = metadata.get(PREFIX + name);
      if (value === undefined) throw new Error(`it has no ${PREFIX}${name} in its metadata`);
      return value;
    };
    if (meta("format") !== FORMAT)
      throw new Error(`its format is "${meta("format")}", not "${FORMAT}"`);
    const weights = new Map<string, Tensor>();
    const rest = new Map<string, Tensor>();
    for (const [name, t] of tensors) {
      if (name.startsWith(PREFIX)) rest.set(name.slice(PREFIX.length), t);
      else weights.set(name, t);
    }
    return {
      settings: settingsIn(JSON.parse(meta("options"))),
      vocabulary: vocabularyOf(charactersIn(JSON.parse(meta("vocabulary")))),
      fingerprint: meta("text"),
      weights,
      rest,
      samples: stringsIn("samples", JSON.parse(meta("samples"))),
    };
  });
}

/** The model of a checkpoint, to write with. @throws Problem */
export function modelOf({ settings, vocabulary, weights }: Checkpoint, path: string) {
  return damaged(`${path} is damaged`, () => {
    const model = netOf(settings, vocabulary.characters.length);
    model.loadStateDict(weights);
    model.eval();
    return { model, vocabulary };
  });
}

/** Puts a run where the checkpoint left off, and lets go of the checkpoint's tensors. @throws Problem */
export function restore(
  trainer: Trainer,
  { weights, rest, samples }: Checkpoint,
  path: string,
): void {
  damaged(`${path} is damaged`, () => {
    const numbers = (name: string): number[] => {
      const t = rest.get(name);
      if (t === undefined) throw new Error(`it has no ${PREFIX}${name}`);
      return Array.from(t.data());
    };
    trainer.model.loadStateDict(weights);
    const moments = [...rest].filter(([name]) => name.startsWith("optimizer."));
    trainer.adam.loadStateDict({
      state: new Map(moments.map(([name, t]) => [name.slice("optimizer.".length), t])),
    });
    const [seed, counter] = numbers("generator");
    trainer.generator.setState({ seed: seed!, counter: counter! });
    trainer.history.training.push(...numbers("history.training"));
    const [steps, bits] = [numbers("history.steps"), numbers("history.held_out")];
    if (steps.length !== bits.length || steps.length !== samples.length)
      throw new Error("its history.steps, history.held_out and samples differ in length");
    const seen = steps.map((step, i) => ({ step, bits: bits[i]!, sample: samples[i]! }));
    trainer.history.heldOut.push(...seen);
    const state = ["h", "c"].flatMap((name) => rest.get(`state.${name}`) ?? []);
    trainer.goTo(numbers("position")[0]!, state);
    for (const t of [...weights.values(), ...rest.values()]) if (!state.includes(t)) t.free();
  });
}

/** Runs `f`; what goes wrong in it is the file's fault. */
function damaged<R>(what: string, f: () => R): R {
  try {
    return f();
  } catch (error) {
    throw error instanceof Problem ? error : new Problem(`${what}: ${(error as Error).message}`);
  }
}

function charactersIn(value: unknown): string[] {
  const characters = stringsIn("vocabulary", value);
  const [unknown, ...known] = characters;
  if (unknown !== "" || !known.every((c) => [...c].length === 1))
    throw new Error(`${PREFIX}vocabulary: expected "", then single characters`);
  return characters;
}

function stringsIn(name: string, value: unknown): string[] {
  if (Array.isArray(value) && value.every((item) => typeof item === "string"))
    return value as string[];
  throw new Error(`${PREFIX}${name}: expected an array of strings`);
}
