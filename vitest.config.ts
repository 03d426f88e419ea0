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
    // On other kernels not: what looks at the sources and at dist, and long trainings, whose kernels are checked elsewhere.
    exclude: process.env.UNROLLED_KERNELS
      ? ["tests/{packaging,policy,runtimes,worker,edge,lecture,cli/program}/**"]
      : [],
    testTimeout: 120_000,
    hookTimeout: 120_000,
    pool: "forks",
  },
});
