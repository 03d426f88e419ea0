/** @file What the scripts tell the person at the terminal, and the commands they run. */

import { spawn, spawnSync } from "node:child_process";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";

export const root = fileURLToPath(new URL("..", import.meta.url));

/** Says what is being done, does it, and says how long it took. */
export async function step(what, work) {
  console.log(`> ${what}`);
  const start = performance.now();
  const result = await work();
  console.log(`  ${((performance.now() - start) / 1000).toFixed(1)} s`);
  return result;
}

/** Ends the program with a sentence, and no stack trace. */
export class Stop extends Error {}

/** Runs `main`; a `Stop` is printed and exits with 1. */
export async function run(main) {
  try {
    process.exitCode = (await main()) ?? 0;
  } catch (error) {
    if (!(error instanceof Stop)) throw error;
    console.error(`\n${error.message}`);
    process.exitCode = 1;
  }
}

/** The output of a command, or undefined when it cannot be run or fails. */
export function output(command, args = [], options = {}) {
  const { status, stdout } = spawnSync(command, args, { encoding: "utf8", cwd: root, ...options });
  return status === 0 ? stdout.trim() : undefined;
}

/**
 * Runs a command, showing what it prints. Its exit code and text come back.
 *
 * @param options.quiet shows nothing unless it fails
 * @param options.silent shows nothing at all
 */
export function execute(command, args, { quiet = false, silent = false, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      ...options,
    });
    let text = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.on("data", (chunk) => {
        text += chunk;
        if (!quiet && !silent) to.write(chunk);
      });
    }
    child.on("error", reject);
    child.on("close", (code) => {
      if (quiet && code !== 0) process.stderr.write(text);
      resolve({ code: code ?? 1, text });
    });
  });
}

/** As `execute`, but a failure stops the program. */
export async function must(command, args, options) {
  const { code, text } = await execute(command, args, options).catch((cause) => {
    throw new Stop(`${command} could not be started: ${cause.message}`);
  });
  if (code !== 0) throw new Stop(`${command} ${args.join(" ")} failed (exit code ${code}).`);
  return text;
}
