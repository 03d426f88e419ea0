/** @file `unrolled export`. */

import { existsSync } from "node:fs";
import { saveSafetensors, scope } from "unrolled";
import { saveFile } from "../io/save-file.ts";
import { isCheckpoint, readCheckpoint } from "./checkpoint.ts";
import { expectFolder } from "./outputs.ts";
import { Problem } from "./problem.ts";

/** Writes the weights of a checkpoint, and nothing else. @throws Problem */
export async function runExport(path: string, out: string): Promise<number> {
  const bytes = scope(() =>
    saveSafetensors(readCheckpoint(path).weights, new Map([["format", "pt"]])),
  );
  expectFolder(out, out);
  if (existsSync(out) && isCheckpoint(out)) {
    throw new Problem(
      `${out} is a checkpoint that training can go on from; export to another name`,
    );
  }
  saveFile(out, bytes);
  console.log(`wrote ${out}`);
  return 0;
}
