/** @file The edge service in workerd, on this machine. */

import { spawn } from "node:child_process";
import { copyFileSync, mkdirSync, readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { performance } from "node:perf_hooks";
import { build } from "vite";
import { root } from "../say.mjs";

const workerd = createRequire(import.meta.url)("workerd").default;
const at = (...path) => join(root, ...path);

/** TypeScript of ts/edge to a file in `folder`; the library stays outside, and is found by its name. */
export async function bundle(entry, folder) {
  await build({
    configFile: false,
    logLevel: "warn",
    root,
    build: {
      target: "es2022",
      outDir: folder,
      emptyOutDir: false,
      minify: false,
      ssr: at("ts/edge", `${entry}.ts`),
      rolldownOptions: {
        external: ["unrolled", /\.safetensors$/],
        output: { entryFileNames: `${entry}.js` },
        makeAbsoluteExternalsRelative: false,
      },
    },
  });
}

/** What every entry of the library shares. */
const SHARED = ["api.js", "nn.js", "optim.js", "core.js"];

/** Everything that workerd needs, in `folder`, where lstm.safetensors and gpt2.safetensors already are. */
export async function prepare(folder, { sessionsMiB = 24 } = {}) {
  mkdirSync(folder, { recursive: true });
  await bundle("worker", folder);
  for (const file of ["workerd.js", ...SHARED, "kernels.wasm"]) {
    copyFileSync(at("dist", file), join(folder, file));
  }
  writeFileSync(join(folder, "config.capnp"), config(sessionsMiB));
}

const config = (sessionsMiB) => `using Workerd = import "/workerd/workerd.capnp";
const config :Workerd.Config = (
  services = [(name = "edge", worker = .edge)],
  sockets = [(name = "http", address = "127.0.0.1:8787", http = (), service = "edge")],
  v8Flags = ["--max-heap-size=32"] # MiB: workerd on one's own machine sets no limit, and would not tidy up
);
const edge :Workerd.Worker = (
  modules = [
    (name = "worker.js", esModule = embed "worker.js"),
    (name = "unrolled", esModule = embed "workerd.js"),
    ${SHARED.map((file) => `(name = "${file}", esModule = embed "${file}"),`).join("\n    ")}
    (name = "kernels.wasm", wasm = embed "kernels.wasm"),
    (name = "lstm.safetensors", data = embed "lstm.safetensors"),
    (name = "gpt2.safetensors", data = embed "gpt2.safetensors")
  ],
  bindings = [(name = "SESSIONS_MIB", text = "${sessionsMiB}")],
  compatibilityDate = "2026-10-01"
);
`;

/**
 * Starts workerd.
 *
 * @param port 0 for any that is free
 * @returns its address, the milliseconds until it listened, its resident memory in bytes, and how to stop it
 */
export async function serve(folder, { port = 8787 } = {}) {
  const start = performance.now();
  const options = [`--socket-addr=http=127.0.0.1:${port}`, "--control-fd=3"];
  const child = spawn(workerd, ["serve", join(folder, "config.capnp"), ...options], {
    stdio: ["ignore", "inherit", "inherit", "pipe"],
  });
  const listening = await new Promise((resolve, reject) => {
    child.on("exit", (code) => reject(new Error(`workerd ended with code ${code}`)));
    child.stdio[3].setEncoding("utf8").on("data", (text) => {
      const line = text.split("\n").find((line) => line.includes('"listen"'));
      if (line) resolve(JSON.parse(line).port);
    });
  });
  return {
    url: `http://127.0.0.1:${listening}`,
    startup: performance.now() - start,
    memory: () => residentBytes(child.pid),
    ended: new Promise((resolve) => child.on("exit", resolve)),
    stop: () => child.kill(),
  };
}

/** Linux only; elsewhere undefined. */
function residentBytes(pid) {
  try {
    const [, kilobytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`/proc/${pid}/status`, "utf8"));
    return Number(kilobytes) * 1024;
  } catch {
    return undefined;
  }
}
