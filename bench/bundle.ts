/** @file How many bytes does an app that trains an LSTM ask its users to load? */

import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { appSize, gzipped } from "../scripts/app-size.mjs";
import type { Work } from "./work.ts";

const at = (path: string): string => fileURLToPath(new URL(`../../${path}`, import.meta.url));
const size = (entry: string): Promise<number> => appSize(at("bench/app.mjs"), entry);

export const works = (): Work[] => [
  {
    name: "an app that trains an LSTM, minified, gzip: unrolled/float32",
    bar: { of: "bytes", atMost: 100_000 },
    figures: async () => ({ bytes: await size("unrolled/float32") }),
  },
  {
    name: "the same on unrolled, which has float64",
    figures: async () => ({ bytes: await size("unrolled") }),
  },
  {
    name: "the same on unrolled/slim, WASM a file of its own",
    async figures() {
      const js = await size("unrolled/slim");
      const wasm = gzipped(readFileSync(at("dist/kernels.wasm")));
      const kilobytes = (n: number): string => `${(n / 1000).toFixed(1)} kB`;
      return { bytes: js + wasm, note: `${kilobytes(js)} JavaScript, ${kilobytes(wasm)} WASM` };
    },
  },
];
