/** @file A bare project in a folder of its own: the packed package, what a target asks for, and the target's files. */

import { spawn } from "node:child_process";
import { mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createServer } from "node:net";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";

/** ms; for a command to end, and for a server to answer. */
const SLOWEST = 900_000;

/** Tools that would tell their makers of us. */
const SILENT = { NEXT_TELEMETRY_DISABLED: "1", WRANGLER_SEND_METRICS: "false" };

const running = new Set();
for (const signal of ["SIGINT", "SIGTERM"]) {
  process.once(signal, () => {
    for (const child of running) stop(child);
    process.exit(1);
  });
}

export class Project {
  constructor(folder) {
    this.folder = folder;
  }

  path(...parts) {
    return join(this.folder, ...parts);
  }

  /** @param files text by name; an object is written as JSON */
  write(files) {
    for (const [name, content] of Object.entries(files)) {
      mkdirSync(dirname(this.path(name)), { recursive: true });
      const isText = typeof content === "string" || content instanceof Uint8Array;
      writeFileSync(this.path(name), isText ? content : JSON.stringify(content, null, 2));
    }
  }

  read(name) {
    return readFileSync(this.path(name), "utf8");
  }

  /** The command of an installed package, to be run by Node. */
  bin(name, owner = name) {
    const home = this.path("node_modules", owner);
    const { bin } = JSON.parse(readFileSync(join(home, "package.json"), "utf8"));
    return join(home, typeof bin === "string" ? bin : bin[name]);
  }

  /** A package of this project, for the runner itself. */
  import(name) {
    const found = createRequire(this.path("main.js")).resolve(name);
    return import(pathToFileURL(found).href);
  }

  node(...args) {
    return this.run(process.execPath, args);
  }

  /** Runs a command to its end. @returns what it printed @throws Error with the end of that, if it failed */
  async run(command, args, { env = {}, timeout = SLOWEST } = {}) {
    const { child, text, exit } = this.#spawn(command, args, env);
    const timer = setTimeout(() => stop(child), timeout);
    const code = await exit;
    clearTimeout(timer);
    if (code !== 0) {
      const words = [command, ...args].join(" ");
      throw new Error(`${words} ended with ${code}:\n${tail(text())}`);
    }
    return text();
  }

  /** Starts a server, runs `use` when it answers at `url`, and stops it. */
  async during(command, args, url, use, { env = {} } = {}) {
    const { child, text, exit } = this.#spawn(command, args, env);
    let ended = false;
    void exit.then(() => (ended = true));
    try {
      const start = Date.now();
      while (!(await answers(url))) {
        if (ended || Date.now() - start > SLOWEST)
          throw new Error(`no answer at ${url}:\n${tail(text())}`);
        await sleep(100);
      }
      return await use(url);
    } catch (error) {
      throw new Error(`${error.message}\n${tail(text())}`, { cause: error });
    } finally {
      stop(child);
      await exit;
    }
  }

  #spawn(command, args, env) {
    const child = spawn(command, args, {
      cwd: this.folder,
      env: { ...process.env, NO_COLOR: "1", CI: "1", ...SILENT, ...env },
      stdio: ["ignore", "pipe", "pipe"],
      detached: true, // a group of its own, so that what it starts ends with it
    });
    running.add(child);
    let text = "";
    for (const stream of [child.stdout, child.stderr])
      stream.setEncoding("utf8").on("data", (chunk) => (text += chunk));
    const exit = new Promise((resolve) => {
      child.on("error", (error) => {
        text += error.message;
        resolve(-1);
      });
      child.on("close", (code, signal) => {
        running.delete(child);
        resolve(code ?? signal);
      });
    });
    return { child, exit, text: () => text };
  }
}

function stop(child) {
  try {
    process.kill(-child.pid, "SIGTERM");
  } catch (error) {
    if (error.code !== "ESRCH") throw error; // it has ended by itself
  }
}

const answers = (url) =>
  fetch(url).then(
    (response) => response.body?.cancel().then(() => true) ?? true,
    () => false,
  );

const tail = (text) => text.trimEnd().split("\n").slice(-15).join("\n");

/** A port that nobody listens on. */
export function freePort() {
  return new Promise((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address();
      server.close(() => resolve(port));
    });
  });
}

/** What the program printed, among whatever its surroundings print. */
export function resultIn(text) {
  const [, result] = /^RESULT (.*)$/m.exec(text) ?? [];
  if (result === undefined) throw new Error(`the program printed no result:\n${tail(text)}`);
  return JSON.parse(result);
}
