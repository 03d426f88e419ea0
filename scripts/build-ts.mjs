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
import { must, root, step } from "./say.mjs";
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

/** Where the compiled module comes from, by the name of the file in dist. */
const ENTRIES = {
  index: { source: "index.ts", module: "inline.ts", formats: ["es", "cjs"] },
  workerd: { source: "index.ts", module: "workerd.ts" },
  "edge-light": { source: "index.ts", module: "edge-light.ts" },
  slim: { source: "entry/slim-api.ts", module: "slim.ts" },
};

export async function buildTypeScript() {
  await unlessFresh("dist/.stamp", INPUTS, ["dist/index.js", "dist/cli.js"], () =>
    step("building dist", async () => {
      rmSync(at("dist"), { recursive: true, force: true });
      mkdirSync(at("dist"));
      for (const [name, entry] of Object.entries(ENTRIES)) await bundle(name, entry);
      await bundleProgram();
      copyFileSync(at("build/kernels.wasm"), at("dist/kernels.wasm"));
      await declarations();
    }),
  );
}

/** What every bundle has in common. */
async function viteBuild({
  name,
  source,
  formats = ["es"],
  external,
  alias = {},
  output = {},
  ssr = false,
}) {
  const { build } = await import("vite");
  await build({
    configFile: false,
    logLevel: "warn",
    root,
    resolve: { alias },
    ...(ssr && { ssr: { noExternal: true, target: "node" } }),
    build: {
      target: "es2022",
      outDir: at("dist"),
      emptyOutDir: false,
      minify: false,
      ssr,
      lib: {
        entry: at("ts", source),
        formats,
        fileName: (format) => `${name}.${format === "cjs" ? "cjs" : "js"}`,
      },
      rolldownOptions: { external, output: { ...output } },
    },
  });
}

const bundle = (name, { source, module, formats }) =>
  viteBuild({
    name,
    source,
    formats,
    external: [/kernels\.wasm/],
    alias: { "#module": at("ts/entry", module) },
  });

/** The program imports the package by its name, so that there is one Tensor and one memory. */
async function bundleProgram() {
  await viteBuild({
    name: "cli",
    source: "cli/main.ts",
    external: [/^node:/, "unrolled"],
    ssr: true,
    output: { banner: "#!/usr/bin/env node" },
  });
  chmodSync(at("dist/cli.js"), 0o755);
}

async function declarations() {
  const options = [
    "--noEmit",
    "false",
    "--declaration",
    "--emitDeclarationOnly",
    "--stripInternal",
    "--allowJs",
    "false",
  ];
  writeFileSync(
    at("build/tsconfig.json"),
    JSON.stringify({
      extends: "../tsconfig.json",
      compilerOptions: { rootDir: "..", outDir: "../dist/types" },
      include: ["../ts"],
    }),
  );
  await must("npx", ["tsc", "-p", "build/tsconfig.json", ...options], { quiet: true });
  mkdirSync(at("dist/types/build"), { recursive: true });
  copyFileSync(at("build/kernels.d.ts"), at("dist/types/build/kernels.d.ts"));
  // Declarations keep the sources' extensions; resolvers want those of the output.
  for (const file of readdirSync(at("dist/types"), { recursive: true, encoding: "utf8" })) {
    if (!file.endsWith(".d.ts")) continue;
    const path = at("dist/types", file);
    writeFileSync(
      path,
      readFileSync(path, "utf8").replace(/(from "|import\(")(\.[^"]*?)(?:\.d)?\.ts"/g, '$1$2.js"'),
    );
  }
}
