/** @file How many bytes does an app ask its users to load? */

import { gzipSync } from "node:zlib";
import { build } from "vite";

/** @param app the app's file @param entry what stands for "unrolled" @returns {Promise<number>} minified, gzipped */
export async function appSize(app, entry) {
  const { output } = await build({
    configFile: false,
    logLevel: "error",
    resolve: { alias: [{ find: "unrolled", replacement: entry }] },
    build: {
      write: false,
      modulePreload: { polyfill: false },
      rolldownOptions: { input: app, preserveEntrySignatures: "strict" },
    },
  });
  return gzipped(output.map((file) => ("code" in file ? file.code : file.source)).join(""));
}

export const gzipped = (data) => gzipSync(data, { level: 9 }).length;
