/** @file What the scripts tell the person at the terminal, and the commands they run. */

import { spawn, spawnSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
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

// What we run writes to us, and could not know whether a person reads along.
const COLOUR = process.stdout.isTTY ? { FORCE_COLOR: "1" } : { NO_COLOR: "1" };

/**
 * Runs a command, showing what it prints. Its exit code and text come back.
 *
 * @param options.quiet shows nothing unless it fails
 * @param options.silent shows nothing at all
 */
export function execute(command, args, { quiet, silent, env = process.env, ...options } = {}) {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      cwd: root,
      stdio: ["ignore", "pipe", "pipe"],
      env: { ...env, ...COLOUR },
      ...options,
    });
    let text = "";
    for (const [from, to] of [
      [child.stdout, process.stdout],
      [child.stderr, process.stderr],
    ]) {
      from.setEncoding("utf8").on("data", (chunk) => {
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

const PACKAGE = {
  tsc: "typescript",
  "wasm-as": "binaryen",
  "wasm-dis": "binaryen",
  "wasm-metadce": "binaryen",
  "wasm-opt": "binaryen",
};

/** The file of a tool in node_modules. npx would be slow, and ask the network for what is missing. */
export function tool(name) {
  const home = join(root, "node_modules", PACKAGE[name] ?? name);
  const { bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
  return join(home, bin[name] ?? bin);
}

/** Runs a tool of node_modules; a failure stops the program. */
export const node = (name, args, options) => must(process.execPath, [tool(name), ...args], options);
