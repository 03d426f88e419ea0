/** @file The files that the program writes. */

import { closeSync, lstatSync, openSync, rmSync, type Stats } from "node:fs";
import { dirname, resolve } from "node:path";
import { saveFile } from "../io/save-file.ts";
import { readBytes, REPORT_MARK } from "./corpus.ts";
import { Problem, reasonOf } from "./problem.ts";

/**
 * That a file can be written, and that what it replaces, if anything, was written by this program.
 *
 * @throws Problem
 */
export function expectOurs(what: string, path: string, ours: (path: string) => boolean): void {
  if (path === "") throw new Problem(`${what} must be the name of a file, got ""`);
  const status = statusOf(path);
  if (status) {
    if (status.isSymbolicLink())
      throw new Problem(`${what} ${path} cannot be written: it is a link, which would be replaced`);
    if (!status.isFile())
      throw new Problem(`${what} ${path} cannot be written: it is a folder, or no plain file`);
    if (!ours(path))
      throw new Problem(
        `${what} ${path} is there already and is no such file of unrolled's; it is left as it is`,
      );
  }
  probe(`${what} ${path}`, path);
}

/** What is there; undefined where nothing is, or where it cannot be told: the probe then says why. */
function statusOf(path: string): Stats | undefined {
  try {
    return lstatSync(path);
  } catch {
    return undefined;
  }
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

/** Whether a file is a report of ours. @throws Problem */
export const isReport = (path: string): boolean =>
  Buffer.from(readBytes(path).subarray(0, 400)).toString().includes(REPORT_MARK);
