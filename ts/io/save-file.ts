/** @file Saving that is never half done. Node only. */

import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

let count = 0;

/**
 * Writes beside the target, flushes, and renames: a reader finds the old file or the new one, complete, also after a
 * crash. Writers to one path do not disturb each other: the last one wins.
 */
export function saveFile(path: string, bytes: Uint8Array): void {
  const { file, temporary } = openBeside(path);
  try {
    try {
      for (let at = 0; at < bytes.length;) at += writeSync(file, bytes, at);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(temporary, path);
  } catch (error) {
    rmSync(temporary, { force: true });
    throw error;
  }
  flushFolder(dirname(path));
}

/** A new file, which nobody else has: a process that was killed may have left its own under the same number. */
function openBeside(path: string): { file: number; temporary: string } {
  for (;;) {
    const temporary = `${path}.${process.pid}.${count++}.tmp`;
    try {
      return { file: openSync(temporary, "wx"), temporary };
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** Windows, some file systems and folders that may not be read. */
const CANNOT = new Set(["EACCES", "EINVAL", "EISDIR", "ENOTSUP", "EPERM"]);

/** So that the new name is on the disk too. */
function flushFolder(path: string): void {
  try {
    const folder = openSync(path, "r");
    try {
      fsyncSync(folder);
    } finally {
      closeSync(folder);
    }
  } catch (error) {
    if (!CANNOT.has((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}
