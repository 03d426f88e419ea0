/** @file How many bytes does an app that trains an LSTM ask its users to load? */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build, type Rolldown } from "vite";
import type { Work } from "./work.ts";

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));

export const works = (): Work[] => [
  {
    name: "an app that trains an LSTM, minified, gzip: WASM as text",
    bar: { of: "bytes", atMost: 100_000 },
    async figures() {
      const js = await bundle("unrolled");
      return { bytes: gzipped(js) };
    },
  },
  {
    name: "the same on unrolled/slim, WASM a file of its own",
    bar: { of: "bytes", atMost: 100_000 },
    async figures() {
      const js = gzipped(await bundle("unrolled/slim"));
      const wasm = gzipped(readFileSync(at("dist/kernels.wasm")));
      const kilobytes = (n: number): string => `${(n / 1000).toFixed(1)} kB`;
      return {
        bytes: js + wasm,
        note: `${kilobytes(js)} of it JavaScript, ${kilobytes(wasm)} WASM`,
      };
    },
  },
];

const gzipped = (data: string | Buffer): number => gzipSync(data, { level: 9 }).length;

async function bundle(entry: string): Promise<string> {
  const result = (await build({
    configFile: false,
    logLevel: "error",
    resolve: { alias: [{ find: "unrolled", replacement: entry }] },
    build: {
      write: false,
      minify: true,
      lib: { entry: at("bench/app.mjs"), formats: ["es"] },
    },
  })) as Rolldown.RolldownOutput[]; // one for each format, where nothing is written or watched
  return result
    .flatMap(({ output }) => output)
    .map((file) => ("code" in file ? file.code : String(file.source)))
    .join("");
}
