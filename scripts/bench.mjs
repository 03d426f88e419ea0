/** @file `npm run bench` and `npm run bench:peers`: what bench/ measures, on dist/: what ships. */

import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { build } from "./build.mjs";
import { must, node, root, run, step } from "./say.mjs";

const at = (...path) => join(root, ...path);

/** The program, and what is given to it. */
const [name, ...options] = process.argv.slice(2);
const library = options.includes("--relaxed") ? "unrolled/relaxed" : "unrolled";

await run(async () => {
  await build();
  if (name === "peers") await installPeers();
  await bundle(`${name}.ts`);
  const limits = ["bench/limits/limits.wat", "-o", "build/bench/limits.wasm"];
  await node("wasm-as", ["--enable-simd", ...limits]);
  const job = [at("build/bench", `${name}.js`), ...options];
  return spawnSync(process.execPath, job, { cwd: root, stdio: "inherit" }).status ?? 1;
});

/** Other libraries live in bench/peers, where they are no dependency of this one. */
async function installPeers() {
  const cwd = at("bench/peers");
  if (existsSync(join(cwd, "node_modules"))) return;
  const options = ["--ignore-scripts", "--no-package-lock", "--no-audit", "--no-fund"];
  await step("installing other libraries into bench/peers", () =>
    must("npm", ["install", ...options], { cwd, quiet: true }),
  );
}

/** To plain JavaScript, for Node reads no TypeScript; the library stays outside, and is found by its name. */
async function bundle(entry) {
  const vite = await import("vite");
  await vite.build({
    configFile: false,
    logLevel: "warn",
    root,
    resolve: { alias: [{ find: /^[./]*\/ts\/index\.ts$|^unrolled$/, replacement: library }] },
    ssr: { external: [library, "unrolled/worker", "tinybench", "vite", "vitest"] },
    build: {
      target: "node20",
      outDir: at("build/bench"),
      minify: false,
      ssr: at("bench", entry),
      rolldownOptions: { external: [/^node:/, library, "unrolled/worker"] },
    },
  });
}
