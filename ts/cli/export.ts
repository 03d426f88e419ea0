/** @file `unrolled export`. */

import { saveSafetensors, scope } from "unrolled";
import { isExport, modelOf, readCheckpoint, STATE_DICT } from "./checkpoint.ts";
import { expectOurs, save } from "./outputs.ts";

/** Writes the weights of a checkpoint, and nothing else. @throws Problem */
export function runExport(path: string, out: string): number {
  const bytes = scope(() => {
    const { model } = modelOf(readCheckpoint(path), path); // throws where weights and options disagree
    try {
      return saveSafetensors(model.stateDict(), STATE_DICT);
    } finally {
      model.free();
    }
  });
  expectOurs("the output", out, isExport);
  save(out, bytes);
  console.log(`wrote ${out}`);
  return 0;
}
