/** @file What the person at the terminal did wrong. */

/** Ends the program with one sentence on standard error and exit code 2. */
export class Problem extends Error {
  override name = "Problem";
}

/** The reason of a failed system call in words: "no such file or directory". */
export function reasonOf(error: unknown): string {
  const { code, message } = error as NodeJS.ErrnoException;
  return WORDS[code ?? ""] ?? message;
}

const WORDS: Record<string, string> = {
  ENOENT: "no such file or directory",
  EACCES: "permission denied",
  EPERM: "operation not permitted",
  EISDIR: "it is a folder",
  ENOTDIR: "a part of the path is not a folder",
  EROFS: "the file system is read-only",
  ENOSPC: "the disk is full",
  ELOOP: "too many symbolic links",
};
