/** @file `npm run bench`: set-up, then what bench/ measures, on dist/: what ships. What follows `--` goes to it. */

import { spawnSync } from "node:child_process";
import { join } from "node:path";
import { build } from "./build.mjs";
import { node, root, run } from "./say.mjs";

const at = (...path) => join(root, ...path);

await run(async () => {
  await build();
  await bundle("main.ts");
  await node("wasm-as", [
    "--enable-simd",
    at("bench/limits/limits.wat"),
    "-o",
    at("build/bench/limits.wasm"),
  ]);
  const job = ["--expose-gc", at("build/bench/main.js"), ...process.argv.slice(2)];
  return spawnSync(process.execPath, job, { cwd: root, stdio: "inherit" }).status ?? 1;
});

/** To plain JavaScript, for Node reads no TypeScript; the library stays outside, and is found by its name. */
async function bundle(entry) {
  const vite = await import("vite");
  await vite.build({
    configFile: false,
    logLevel: "warn",
    root,
    resolve: { alias: [{ find: /^[./]*\/ts\/index\.ts$/, replacement: "unrolled" }] },
    ssr: { external: ["unrolled", "tinybench", "vite", "vitest"] },
    build: {
      target: "node20",
      outDir: at("build/bench"),
      minify: false,
      ssr: at("bench", entry),
      rolldownOptions: { external: [/^node:/, "unrolled"] },
    },
  });
}
