/** @file The built program, as a shell would run it, and a text for it to read. */

import { type ChildProcess, spawn } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { afterEach } from "vitest";

export const CLI = fileURLToPath(new URL("../../dist/cli.js", import.meta.url));

export interface Result {
  code: number | null;
  stdout: string;
  stderr: string;
}

export interface Started {
  child: ChildProcess;
  /** What it has written so far. */
  written: { stdout: string; stderr: string };
  /** When standard output holds `text`. */
  saying(text: string | RegExp): Promise<void>;
  ended: Promise<Result>;
}

const running = new Set<ChildProcess>();
afterEach(() => {
  for (const child of running) child.kill("SIGKILL");
});

interface How {
  cwd: string;
  /** All of standard input; null: it stays open. */
  input?: string | Uint8Array | null;
  env?: Record<string, string>;
}

export function start(
  command: string,
  args: readonly string[],
  { cwd, input = "", env = {} }: How,
): Started {
  const child = spawn(command, args, {
    cwd,
    stdio: "pipe",
    env: { ...process.env, NO_COLOR: "1", npm_command: "", ...env },
  });
  running.add(child);
  const written = { stdout: "", stderr: "" };
  const watchers = new Set<() => void>();
  for (const stream of ["stdout", "stderr"] as const) {
    child[stream].setEncoding("utf8").on("data", (text: string) => {
      written[stream] += text;
      for (const look of watchers) look();
    });
  }
  child.stdin.on("error", () => {}); // it need not read it
  if (input !== null) child.stdin.end(input);
  const ended = new Promise<Result>((resolve, reject) => {
    child.on("error", reject);
    child.on("close", (code) => {
      running.delete(child);
      resolve({ code, ...written });
    });
  });
  const saying = (wanted: string | RegExp): Promise<void> =>
    new Promise((resolve, reject) => {
      const look = (): void => {
        if (written.stdout.search(wanted instanceof RegExp ? wanted : escaped(wanted)) < 0) return;
        watchers.delete(look);
        resolve();
      };
      watchers.add(look);
      look();
      ended.then(
        () => reject(new Error(`it ended without saying ${wanted}: ${JSON.stringify(written)}`)),
        reject,
      );
    });
  return { child, written, saying, ended };
}

const escaped = (text: string): RegExp => new RegExp(text.replaceAll(/[^\w\s]/g, "\\$&"));

/** Runs `unrolled` to its end. */
export const unrolled = (cwd: string, args: readonly string[], input?: string | Uint8Array) =>
  start(process.execPath, [CLI, ...args], input === undefined ? { cwd } : { cwd, input }).ended;

/** A folder with `text/`: some files that a small net learns something from. */
export function folderWithText(): string {
  const folder = realpathSync(mkdtempSync(join(tmpdir(), "unrolled-program-")));
  mkdirSync(join(folder, "text"));
  const names = ["one", "two", "three", "four", "five"];
  for (const [i, name] of names.entries()) {
    const lines = Array.from(
      { length: 60 },
      (_, n) => `${"  ".repeat(n % 3)}const ${names[(n * n + i) % 5]} = "${name}"; // ${n % 10}\n`,
    );
    writeFileSync(join(folder, "text", `${name}.ts`), lines.join(""));
  }
  return folder;
}

/** Options of a net that is trained in a second. */
export const SMALL = "--embedding 8 --hidden 16 --seq 16 --batch 8".split(" ");

/** The same for a transformer. */
export const SMALL_TRANSFORMER =
  "--model transformer --hidden 16 --heads 2 --layers 2 --seq 16 --batch 8".split(" ");
