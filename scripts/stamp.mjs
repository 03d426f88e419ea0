/** @file Whether something must be made again: a hash of what it is made from, kept beside it. */

import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "./say.mjs";

/** Runs `make` unless `outputs` are there and `inputs` (files and folders of the project) are what they were. */
export async function unlessFresh(stamp, inputs, outputs, make) {
  const file = join(root, stamp);
  const hash = hashOf(inputs);
  const fresh =
    existsSync(file) &&
    readFileSync(file, "utf8") === hash &&
    outputs.every((output) => existsSync(join(root, output)));
  if (fresh) return;
  await make();
  writeFileSync(file, hash);
}

function hashOf(inputs) {
  const hash = createHash("sha256").update(process.version);
  for (const path of inputs.flatMap(filesIn).sort()) {
    hash
      .update(path)
      .update("\0")
      .update(readFileSync(join(root, path)));
  }
  return hash.digest("hex");
}

function filesIn(path) {
  const full = join(root, path);
  if (!existsSync(full)) return [];
  if (!statSync(full).isDirectory()) return [path];
  return readdirSync(full).flatMap((name) => filesIn(join(path, name)));
}
