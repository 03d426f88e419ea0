/** @file The files that the program writes. */

import { closeSync, existsSync, openSync, readSync, rmSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { saveFile } from "../io/save-file.ts";
import { REPORT_MARK } from "./corpus.ts";
import { Problem, reasonOf } from "./problem.ts";

/**
 * That a file can be written, and that what it replaces, if anything, was written by this program.
 *
 * @throws Problem
 */
export function expectOurs(what: string, path: string, ours: (path: string) => boolean): void {
  if (existsSync(path)) {
    if (!statSync(path).isFile())
      throw new Problem(`${what} ${path} cannot be written: it is a folder, or no plain file`);
    if (!ours(path))
      throw new Problem(
        `${what} ${path} is there already and is none that unrolled wrote; it is left as it is`,
      );
  }
  probe(`${what} ${path}`, path);
}

/** Makes and removes a file beside the target: the only question about permissions that every system answers. */
function probe(what: string, path: string): void {
  const temporary = `${resolve(path)}.${process.pid}.probe`;
  try {
    closeSync(openSync(temporary, "wx"));
  } catch (error) {
    throw new Problem(`${what} cannot be written: ${dirname(temporary)}: ${reasonOf(error)}`);
  }
  rmSync(temporary);
}

/** `saveFile`, where the disk may be full or the folder gone. @throws Problem */
export function save(path: string, bytes: Uint8Array): void {
  try {
    saveFile(path, bytes);
  } catch (error) {
    throw new Problem(`${path} cannot be written: ${reasonOf(error)}`);
  }
}

/** Whether a file is a report of ours. */
export function isReport(path: string): boolean {
  const file = openSync(path, "r");
  const head = Buffer.alloc(400);
  const length = readSync(file, head);
  closeSync(file);
  return head.toString("utf8", 0, length).includes(REPORT_MARK);
}
