/** @file Imports of "script:./x.ts": that file and all that it imports, as one string of JavaScript for a page. */

import { dirname, resolve } from "node:path";

const SCHEME = "script:";

/** A plugin of Vite, for the build and the tests. */
export const inlineScripts = () => ({
  name: "inline-scripts",
  enforce: "pre",
  resolveId(source, importer) {
    if (!source.startsWith(SCHEME)) return undefined;
    return `\0${SCHEME}${resolve(dirname(importer), source.slice(SCHEME.length))}`;
  },
  async load(id) {
    if (!id.startsWith(`\0${SCHEME}`)) return undefined;
    return `export const script = ${JSON.stringify(await bundled(id.slice(1 + SCHEME.length)))};`;
  },
});

async function bundled(entry) {
  const { build } = await import("vite");
  const [{ output }] = await build({
    configFile: false,
    logLevel: "warn",
    build: {
      write: false,
      target: "es2022",
      minify: true,
      lib: { entry, formats: ["iife"], name: "view" },
    },
  });
  return output[0].code.trim().replaceAll("</", "<\\/"); // what would end a script element
}
