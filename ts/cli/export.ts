/** @file `unrolled export`. */

import { saveSafetensors, scope } from "unrolled";
import { isExport, modelOf, readCheckpoint, STATE_DICT } from "./checkpoint.ts";
import { gpt2Config } from "./net.ts";
import { expectOurs, save } from "./outputs.ts";

/** Writes the weights of a checkpoint, and of a transformer the config that they go with. @throws Problem */
export function runExport(path: string, out: string): number {
  const bytes = scope(() => {
    const checkpoint = readCheckpoint(path);
    modelOf(checkpoint, path).model.free(); // throws where weights and options disagree
    const { settings, vocabulary, weights } = checkpoint;
    const metadata = new Map(STATE_DICT);
    if (settings.model === "transformer") {
      // its weights do not tell how many heads there are
      const config = gpt2Config(settings, vocabulary.characters.length);
      metadata.set("unrolled.config", JSON.stringify(config));
    }
    return saveSafetensors(weights, metadata);
  });
  expectOurs("the output", out, isExport);
  save(out, bytes);
  console.log(`wrote ${out}`);
  return 0;
}
