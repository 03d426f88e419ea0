/** @file `unrolled export`. */

import { saveSafetensors, scope } from "unrolled";
import { isExport, readCheckpoint, STATE_DICT } from "./checkpoint.ts";
import { expectOurs, save } from "./outputs.ts";

/** Writes the weights of a checkpoint, and nothing else. @throws Problem */
export function runExport(path: string, out: string): number {
  const bytes = scope(() => saveSafetensors(readCheckpoint(path).weights, STATE_DICT));
  expectOurs("the output", out, isExport);
  save(out, bytes);
  console.log(`wrote ${out}`);
  return 0;
}
