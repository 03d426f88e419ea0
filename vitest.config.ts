import { fileURLToPath } from "node:url";
import { defineConfig } from "vitest/config";
import { inlineScripts } from "./scripts/inline-script.mjs";

const here = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

export default defineConfig({
  plugins: [inlineScripts()],
  resolve: {
    alias: [
      { find: "#module", replacement: here("ts/entry/source.ts") },
      { find: /^unrolled$/, replacement: here("ts/index.ts") },
      { find: /^unrolled\/(viz|tokenizers)$/, replacement: here("ts/$1/index.ts") },
    ],
  },
  test: {
    include: ["tests/**/*.test.ts"],
    // These look at the sources and at dist: other kernels change nothing for them.
    exclude: process.env.UNROLLED_KERNELS
      ? ["tests/{packaging,policy,runtimes,worker,edge,cli/program}/**"]
      : [],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
  },
});
