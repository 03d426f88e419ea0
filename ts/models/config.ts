/** @file Hugging Face's config.json, as far as a model reads it. */

import { expectInteger, expectNumber, fail } from "../core/shape.ts";

/** config.json as it was parsed: what a model does not read is ignored. */
export type GivenConfig<C> = Partial<C> & Readonly<Record<string, unknown>>;

export interface ConfigRules {
  /** What would make another model of it, and is not built here: the fields, and the only value that they may have. */
  fixed?: Readonly<Record<string, unknown>>;
  /** Fields that may be fractions, though their default is an integer. */
  fractions?: readonly string[];
}

/**
 * `defaults`, and what is given in their place. A number must be one, an integer at least 1 where the default is: sizes are.
 *
 * @throws RangeError or TypeError for a field of another type, another model's config, or a feature that is not built
 */
export function readConfig<C extends object>(
  who: string,
  modelType: string,
  defaults: C,
  given: GivenConfig<C>,
  { fixed = {}, fractions = [] }: ConfigRules = {},
): C {
  if (typeof given !== "object" || given === null) {
    throw new TypeError(
      `${who}: expected a config, the object in config.json, got ${String(given)}`,
    );
  }
  if (given.quantization_config)
    throw new RangeError(`${who}: quantized weights are not supported`);
  for (const [field, value] of Object.entries({ model_type: modelType, ...fixed })) {
    const got = given[field] ?? value;
    if (got !== value) fail(who, field, `to be ${JSON.stringify(value)}`, JSON.stringify(got));
  }
  const config = { ...defaults };
  for (const field of Object.keys(defaults) as (keyof C & string)[]) {
    const value: unknown = given[field];
    if (value === undefined || value === null) continue;
    const like = defaults[field];
    if (like !== null && typeof value !== typeof like) {
      throw new TypeError(
        `${who}: expected ${field} of the config to be a ${typeof like}, got ${JSON.stringify(value)}`,
      );
    }
    const isSize = Number.isInteger(like) && (like as number) > 0 && !fractions.includes(field);
    if (isSize) expectInteger(who, field, value, 1);
    else if (typeof value === "number") expectNumber(who, field, value, 0);
    config[field] = value as C[typeof field];
  }
  return config;
}
