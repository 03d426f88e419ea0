/** @file TypeScript to dist/: one self-contained file for each kind of runtime, the program, and the types. */

import {
  chmodSync,
  copyFileSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { node, root, step } from "./say.mjs";
import { unlessFresh } from "./stamp.mjs";

const INPUTS = [
  "ts",
  "build/kernels.wasm",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "scripts/build-ts.mjs",
];
const at = (...path) => join(root, ...path);

/** The files of dist: what each is made of, and where its compiled module comes from. */
const ENTRIES = {
  "index.js": { source: "index.ts", module: "inline.ts" },
  "index.cjs": { source: "index.ts", module: "inline.ts", format: "cjs" },
  "workerd.js": { source: "index.ts", module: "workerd.ts" },
  "edge-light.js": { source: "index.ts", module: "edge-light.ts" },
  "slim.js": { source: "entry/slim-api.ts", module: "slim.ts" },
};

export async function buildTypeScript() {
  await unlessFresh("dist/.stamp", INPUTS, ["dist/index.js", "dist/cli.js"], () =>
    step("building dist", async () => {
      rmSync(at("dist"), { recursive: true, force: true });
      mkdirSync(at("dist"));
      for (const [file, entry] of Object.entries(ENTRIES)) await library(file, entry);
      await bundle("theory.js", { source: "theory/index.ts", external: ["unrolled"] });
      await program();
      copyFileSync(at("build/kernels.wasm"), at("dist/kernels.wasm"));
      await declarations();
    }),
  );
}

const library = (file, { source, module, format }) =>
  bundle(file, {
    source,
    format,
    external: [/kernels\.wasm/],
    resolve: { alias: { "#module": at("ts/entry", module) } },
  });

/** The program imports the package by its name, so that there is one Tensor and one memory. */
async function program() {
  await bundle("cli.js", {
    source: "cli/main.ts",
    external: [/^node:/, "unrolled"],
    banner: "#!/usr/bin/env node",
    ssr: { noExternal: true, target: "node" },
    license: { fileName: "cli.LICENSES.md" },
  });
  chmodSync(at("dist/cli.js"), 0o755);
}

async function bundle(file, { source, format = "es", external, banner, license, ...config }) {
  const { build } = await import("vite");
  await build({
    configFile: false,
    logLevel: "warn",
    root,
    // CommonJS has no import.meta.
    define: format === "cjs" ? { "import.meta.url": "undefined" } : {},
    ...config,
    build: {
      target: "es2022",
      outDir: at("dist"),
      emptyOutDir: false,
      minify: false,
      ssr: Boolean(config.ssr),
      license,
      lib: { entry: at("ts", source), formats: [format] },
      rolldownOptions: {
        external,
        makeAbsoluteExternalsRelative: false, // ./kernels.wasm is meant from dist, not from ts/entry
        output: { banner, entryFileNames: file },
      },
    },
  });
}

async function declarations() {
  writeFileSync(
    at("build/tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: {
        rootDir: "..",
        outDir: "../dist/types",
        noEmit: false,
        noCheck: true, // that is a test's business, not the build's
        allowJs: false,
        declaration: true,
        emitDeclarationOnly: true,
        stripInternal: true,
      },
      include: ["../ts/index.ts", "../ts/entry/slim-api.ts", "../ts/theory"], // what users import
    }),
  );
  await node("tsc", ["-p", "build/tsconfig.json"], { quiet: true });
  mkdirSync(at("dist/types/build"), { recursive: true });
  copyFileSync(at("build/kernels.d.ts"), at("dist/types/build/kernels.d.ts"));
  // Declarations keep the sources' extensions; resolvers want those of the output.
  for (const file of readdirSync(at("dist/types"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".d.ts")) continue;
    const path = at("dist/types", file);
    const text = readFileSync(path, "utf8").replace(
      /(from "|import\(")(\.[^"]*?)(?:\.d)?\.ts"/g,
      '$1$2.js"',
    );
    // Users who compile for an older library need not know of `using`.
    const lib = /\bDisposable\b/.test(text) ? '/// <reference lib="esnext.disposable" />\n' : "";
    writeFileSync(path, lib + text);
  }
}
