import type { FloatDType } from "../core/dtype.ts";
import type { Generator } from "../core/random.ts";

/** Options that the models share. */
export interface ModelOptions {
  /** Default float32. */
  dtype?: FloatDType;
  /** Draws the initial values and what dropout drops. Default: the global one. */
  generator?: Generator;
}

/** What the parts of a model are made from. */
export interface Build<C> {
  config: Readonly<C>;
  dtype: FloatDType;
  random: { generator?: Generator };
}
