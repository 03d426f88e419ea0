/** @file The text: files and folders, read, put in order and split. */

import { createHash } from "node:crypto";
import { lstatSync, readdirSync, readFileSync, realpathSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { Problem, reasonOf } from "./problem.ts";

export interface Corpus {
  readonly training: string;
  /** The last tenth of every file. */
  readonly heldOut: string;
  readonly files: number;
  /** What was passed over in folders, in words; empty when nothing was. */
  readonly skipped: string;
  /** SHA-256 of both parts: a run goes on only with the text it began with. */
  readonly fingerprint: string;
}

const HELD_OUT = 0.1;
/** Stands between two files. */
const SEPARATOR = "\f";
/** A JavaScript string holds about 2^29 UTF-16 units. */
const MOST_BYTES = 2 ** 28;

const FOLDERS = new Set(["node_modules", "target", "build", "dist"]);
const LOCK_FILE =
  /^(package-lock\.json|npm-shrinkwrap\.json|pnpm-lock\.yaml|bun\.lockb?|go\.sum|.*\.lock)$/;
/** What a report of ours has near its beginning. */
export const REPORT_MARK = '<meta name="generator" content="unrolled">';

type Reason = "hidden" | "dependencies or output" | "lock files" | "links" | "not text" | "reports";

/**
 * Reads files and folders, sorted by path. A named file must be UTF-8; in a folder what is not text is passed over.
 *
 * @param except files that are not part of the text whatever folder they are in: what the program writes
 * @throws Problem
 */
export function readCorpus(paths: readonly string[], except: readonly string[] = []): Corpus {
  const skipped = new Map<Reason, number>();
  const texts = new Map<string, string>();
  const written = new Set(except.map((path) => resolve(path)));
  let bytes = 0;

  const take = (path: string, named: boolean): void => {
    const data = readBytes(path);
    bytes += data.length;
    if (bytes > MOST_BYTES) throw new Problem(`the text is larger than ${MOST_BYTES >> 20} MiB`);
    const text = decodeUtf8(data);
    if (text === undefined && named) throw new Problem(`${path} is not UTF-8 text`);
    if (text === undefined || (!named && text.includes("\0"))) return skip("not text");
    if (!named && text.slice(0, 300).includes(REPORT_MARK)) return skip("reports");
    texts.set(realpathSync(path), text);
  };
  const skip = (reason: Reason): void => void skipped.set(reason, (skipped.get(reason) ?? 0) + 1);
  const walk = (folder: string): void => {
    for (const name of names(folder)) {
      const path = join(folder, name);
      const status = lstatSync(path);
      if (written.has(resolve(path))) continue;
      if (name.startsWith(".")) skip("hidden");
      else if (status.isSymbolicLink()) skip("links");
      else if (status.isDirectory() && FOLDERS.has(name)) skip("dependencies or output");
      else if (status.isDirectory()) walk(path);
      else if (!status.isFile()) skip("not text");
      else if (LOCK_FILE.test(name)) skip("lock files");
      else take(path, false);
    }
  };
  for (const path of paths) {
    if (isFolder(path)) walk(path);
    else take(path, true);
  }

  const order = [...texts.keys()].sort();
  const parts = order.map((path) => split(texts.get(path)!));
  const training = parts.map(([head]) => head).join(SEPARATOR);
  const heldOut = parts.map(([, tail]) => tail).join(SEPARATOR);
  if (!/\S/u.test(training)) throw new Problem(`there is no text in ${paths.join(", ")}`);
  const hash = createHash("sha256").update(training).update("\0").update(heldOut);
  return {
    training,
    heldOut,
    files: order.length,
    skipped: [...skipped].map(([reason, n]) => `${n} ${reason}`).join(", "),
    fingerprint: hash.digest("hex"),
  };
}

function isFolder(path: string): boolean {
  try {
    return statSync(path).isDirectory();
  } catch (error) {
    throw new Problem(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

function names(folder: string): string[] {
  try {
    return readdirSync(folder);
  } catch (error) {
    throw new Problem(`${folder} cannot be read: ${reasonOf(error)}`);
  }
}

/** The bytes of a file. @throws Problem */
export function readBytes(path: string): Uint8Array {
  try {
    const { buffer, byteOffset, length } = readFileSync(path); // a Buffer's slice() is not a Uint8Array's
    return new Uint8Array(buffer, byteOffset, length);
  } catch (error) {
    throw new Problem(`${path} cannot be read: ${reasonOf(error)}`);
  }
}

/** Bytes as text, or undefined where they are not UTF-8. */
export function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true }).decode(bytes);
  } catch {
    return undefined;
  }
}

/** Head and tail of a file, never between the halves of a character. */
function split(text: string): [head: string, tail: string] {
  const at = Math.ceil(text.length * (1 - HELD_OUT));
  const inside = /^[\uDC00-\uDFFF]/.test(text.slice(at, at + 1));
  return [text.slice(0, inside ? at + 1 : at), text.slice(inside ? at + 1 : at)];
}
