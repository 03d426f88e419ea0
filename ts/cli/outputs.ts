/** @file The files that the program writes. */

import {
  accessSync,
  closeSync,
  constants,
  existsSync,
  openSync,
  readSync,
  statSync,
} from "node:fs";
import { dirname, resolve } from "node:path";
import { REPORT_MARK } from "./corpus.ts";
import { Problem, reasonOf } from "./problem.ts";

/** That a file can be written, and that what it replaces, if anything, was written by this program. */
export function expectOurs(option: string, path: string, ours: (path: string) => boolean): void {
  expectFolder(`${option} ${path}`, path);
  if (existsSync(path) && !ours(path)) {
    throw new Problem(
      `${option} ${path} is there already and was not written by unrolled; it is left as it is`,
    );
  }
}

/** That a file can be made where `path` says. @throws Problem */
export function expectFolder(what: string, path: string): void {
  const folder = dirname(resolve(path));
  try {
    accessSync(folder, constants.W_OK);
    if (!statSync(folder).isDirectory()) throw Object.assign(new Error(), { code: "ENOTDIR" });
  } catch (error) {
    throw new Problem(`${what} cannot be written: ${folder}: ${reasonOf(error)}`);
  }
  if (existsSync(path) && statSync(path).isDirectory())
    throw new Problem(`${what} cannot be written: it is a folder`);
}

/** Whether a file is a report of ours. */
export function isReport(path: string): boolean {
  const file = openSync(path, "r");
  const head = Buffer.alloc(400);
  const length = readSync(file, head);
  closeSync(file);
  return head.toString("utf8", 0, length).includes(REPORT_MARK);
}
