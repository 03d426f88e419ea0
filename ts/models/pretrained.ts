/** @file Values from Hugging Face's safetensors files to a model's parameters. */

import { assign } from "../core/assign.ts";
import { sameShape, show } from "../core/shape.ts";
import type { Tensor } from "../core/tensor.ts";
import { namesInSafetensors, visitSafetensors } from "../io/safetensors.ts";
import type { Module } from "../nn/module.ts";
import { to } from "../ops/cast.ts";

/**
 * A checkpoint: the bytes of one safetensors file, or files by name. Of these, .safetensors.index.json tells which others
 * belong together, and config.json is the config if none is given.
 */
export type CheckpointFiles = Uint8Array | Readonly<Record<string, Uint8Array>>;

const isBytes = (x: unknown): x is Uint8Array =>
  Object.prototype.toString.call(x) === "[object Uint8Array]";

const parse = (who: string, name: string, bytes: Uint8Array): unknown => {
  try {
    return JSON.parse(new TextDecoder().decode(bytes));
  } catch (cause) {
    throw new Error(`${who}: expected ${name} to be JSON, got what is none`, { cause });
  }
};

/** The config, or else the files' own. @throws TypeError when there is none */
export function configOf<C>(who: string, files: CheckpointFiles, config: C | undefined): C {
  if (config !== undefined) return config;
  const own = isBytes(files) ? undefined : files["config.json"];
  if (own) return parse(who, "config.json", own) as C;
  throw new TypeError(
    `${who}: expected a config, the object in config.json, or that file among the others, got neither`,
  );
}

/** The safetensors files of a checkpoint. @throws RangeError when the index names one that is not there */
export function shardsOf(who: string, files: CheckpointFiles): Uint8Array[] {
  if (isBytes(files)) return [files];
  if (typeof files !== "object" || files === null) {
    throw new TypeError(`${who}: expected a Uint8Array, or files by name, got ${String(files)}`);
  }
  const index = Object.keys(files).find((name) => name.endsWith(".safetensors.index.json"));
  let names = Object.keys(files).filter((name) => name.endsWith(".safetensors"));
  if (index !== undefined) {
    const { weight_map = {} } = parse(who, index, files[index]!) as {
      weight_map?: Record<string, string>;
    };
    names = [...new Set(Object.values(weight_map))];
    const lost = names.filter((name) => !Object.hasOwn(files, name));
    if (lost.length > 0) {
      throw new RangeError(
        `${who}: expected every file that ${index} names, got no ${lost.join(", ")}`,
      );
    }
  }
  if (names.length === 0) {
    throw new RangeError(
      `${who}: expected a file named .safetensors, got ${Object.keys(files).join(", ") || "none"}`,
    );
  }
  return names.map((name) => files[name]!);
}

/** The names of all tensors. */
export const namesIn = (shards: readonly Uint8Array[]): string[] =>
  shards.flatMap(namesInSafetensors);

/** How the names in a file become those of the model. */
export interface Naming {
  /** What the names of the model begin with and those of a file without its head do not, such as "transformer.". */
  prefix: string;
  /** What files hold beside parameters: masks, and copies of tied weights. */
  ignored: RegExp;
}

/**
 * Copies the values of a checkpoint into the model, in its dtype.
 *
 * @throws Error that lists every name that is missing or unexpected, and every tensor of another shape; the model is then freed
 */
export function fill(model: Module, shards: readonly Uint8Array[], naming: Naming): void {
  const own = model.stateDict();
  const missing = new Set(own.keys());
  const problems: string[] = [];
  const copy = (key: string, t: Tensor): void => {
    const name = nameOf(key, own, naming);
    if (name === undefined) return;
    const target = own.get(name);
    missing.delete(name);
    if (target === undefined) problems.push(`unexpected ${key}`);
    else if (!sameShape(t.shape, target.shape)) {
      problems.push(`${key}: expected ${show(target.shape)}, got ${show(t.shape)}`);
    } else {
      assign(target, to(t, target.dtype));
    }
  };
  try {
    for (const shard of shards) visitSafetensors(shard, copy);
    problems.unshift(...[...missing].map((name) => `missing ${name}`));
    if (problems.length > 0) {
      throw new Error(`fromPretrained of ${model.constructor.name}: ${problems.join("; ")}`);
    }
  } catch (error) {
    model.free();
    throw error;
  }
}

/** The model's name of a tensor in a file; undefined for one to leave out. */
function nameOf(
  key: string,
  own: ReadonlyMap<string, Tensor>,
  { prefix, ignored }: Naming,
): string | undefined {
  // Checkpoints of before 2020 call a normalisation's weight and bias so.
  const name = key.replace(/\.gamma$/, ".weight").replace(/\.beta$/, ".bias");
  const whole = own.has(name) || !own.has(prefix + name) ? name : prefix + name;
  return !own.has(whole) && ignored.test(name) ? undefined : whole;
}
