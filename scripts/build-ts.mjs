/** @file TypeScript to dist/: an entry for each kind of runtime, what stands beside the library, the program, and the types. */

import {
  chmodSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { dirname, join, relative } from "node:path";
import { inlineScripts } from "./inline-script.mjs";
import { encode } from "./printable.mjs";
import { node, root, step } from "./say.mjs";
import { unlessFresh } from "./stamp.mjs";

const INPUTS = [
  "ts",
  "build/kernels.wasm",
  "build/kernels.float32.wasm",
  "build/kernels.relaxed.wasm",
  "package.json",
  "package-lock.json",
  "tsconfig.json",
  "scripts/build-ts.mjs",
  "scripts/inline-script.mjs",
  "scripts/printable.mjs",
];
const at = (...path) => join(root, ...path);

/** Entries that bring the compiled module, or let the application; the API that they share; and its namespaces. */
const ENTRIES = {
  index: "entry/inline.ts",
  node: "entry/node.ts",
  float32: "entry/float32.ts",
  slim: "entry/slim-api.ts",
  workerd: "entry/workerd.ts",
  "edge-light": "entry/edge-light.ts",
  relaxed: "entry/relaxed.ts",
  api: "index.ts",
  nn: "nn/index.ts",
  optim: "optim/index.ts",
};

/** Files that import the library by the package's name, so that there is one Tensor and one memory. */
const BESIDE = {
  viz: "viz/index.ts",
  theory: "theory/index.ts",
  tokenizers: "tokenizers/index.ts",
  worker: "worker/index.ts",
};
/** The program shares files with two of them. */
const PROGRAM = { viz: BESIDE.viz, theory: BESIDE.theory, cli: "cli/main.ts" };
const SHARED = [
  { name: "figures", test: /ts\/viz\/|node_modules/, minShareCount: 2 },
  { name: "systems", test: /ts\/theory\//, minShareCount: 2 },
];

/** What users see the types of. Declaration maps lead them from there to the sources, in dist/ts. */
const UNMAPPED = /^(viz|theory)/; // with these sources, too, the package would be over a megabyte
const PUBLIC = ["index.ts", ENTRIES.slim, ENTRIES.relaxed, ...Object.values(BESIDE)];

export async function buildTypeScript() {
  await unlessFresh("build/dist.stamp", INPUTS, ["dist/index.js", "dist/cli.js"], () =>
    step("building dist", async () => {
      rmSync(at("dist"), { recursive: true, force: true });
      mkdirSync(at("dist"));
      writeBytes("kernels.wasm", "bytes.ts");
      writeBytes("kernels.float32.wasm", "bytes.float32.ts");
      await bundle("[name].js", ENTRIES, {
        plugins: [apart()],
        resolve: modulesFrom("slim.ts"),
        ssr: { target: "webworker" }, // leaves new URL(..., import.meta.url) to the user's bundler
      });
      await bundle("index.cjs", "index.ts", {
        format: "cjs",
        minify: true,
        resolve: modulesFrom("file.ts"),
      });
      for (const name of ["tokenizers", "worker"])
        await bundle(`${name}.js`, BESIDE[name], withLibraries(name));
      await bundle("[name].js", PROGRAM, {
        banner: ({ name }) => (name === "cli" ? "#!/usr/bin/env node" : ""),
        groups: SHARED,
        ...withLibraries("cli"),
      });
      dropEmptyLicences();
      chmodSync(at("dist/cli.js"), 0o755);
      for (const file of ["kernels.wasm", "kernels.relaxed.wasm"]) {
        copyFileSync(at("build", file), at("dist", file));
      }
      await declarations();
    }),
  );
}

/** A module for the entry that carries it along. */
function writeBytes(module, file) {
  const bytes = readFileSync(at("build", module));
  writeFileSync(
    at("build", file),
    `export const size = ${bytes.length};\nexport const text: string =\n  "${encode(bytes)}";\n`,
  );
}

const modulesFrom = (entry) => ({ alias: { "#module": at("ts/entry", entry) } });

/**
 * The entries import the API, and the API its namespaces, as files: bundlers drop what is not used of `export * as` a file, but
 * not of the object that a namespace within a file becomes.
 */
const apart = () => ({
  name: "apart",
  enforce: "pre",
  resolveId(id, importer) {
    const file = importer && join(dirname(importer), id);
    const name = ["api", "nn", "optim"].find((name) => file === at("ts", ENTRIES[name]));
    return name && { id: `./${name}.js`, external: true };
  },
});

/** Libraries go into the files, and their licences beside. */
const withLibraries = (name) => ({
  minify: true,
  ssr: { noExternal: true, target: "node" },
  license: { fileName: `${name}.LICENSES.md` },
});

function dropEmptyLicences() {
  for (const name of readdirSync(at("dist"))) {
    const file = at("dist", name);
    if (name.endsWith(".LICENSES.md") && !readFileSync(file, "utf8").includes("\n## "))
      rmSync(file);
  }
}

async function bundle(
  file,
  entry,
  {
    format = "es",
    banner,
    groups = [{ name: "core", minShareCount: 2 }],
    license,
    minify = false,
    plugins = [],
    ...config
  },
) {
  const { build } = await import("vite");
  const sources = typeof entry === "string" ? { [file]: entry } : entry;
  await build({
    configFile: false,
    logLevel: "warn",
    root,
    plugins: [inlineScripts(), ...plugins],
    // CommonJS has no import.meta.
    define: format === "cjs" ? { "import.meta.url": "undefined" } : {},
    ...config,
    build: {
      target: "es2022",
      outDir: at("dist"),
      emptyOutDir: false,
      minify, // not the library: names and lines are worth more to who debugs than a fifth of the bytes
      ssr: Boolean(config.ssr),
      license,
      lib: {
        entry: Object.fromEntries(Object.entries(sources).map(([k, v]) => [k, at("ts", v)])),
        formats: [format],
      },
      rolldownOptions: {
        external: [/^node:/, /kernels\.wasm/, /^unrolled($|\/)/],
        makeAbsoluteExternalsRelative: false, // ./kernels.wasm is meant from dist, not from ts/entry
        output: {
          banner,
          ...(minify && { minify: { compress: true, mangle: true, codegen: true } }),
          entryFileNames: file,
          chunkFileNames: "[name].js",
          minifyInternalExports: false,
          codeSplitting: { groups },
          comments: { jsdoc: false }, // they are in the types
        },
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
        declarationMap: true,
        emitDeclarationOnly: true,
        stripInternal: true,
      },
      files: PUBLIC.map((file) => `../ts/${file}`),
      include: [], // and what these import
    }),
  );
  await node("tsc", ["-p", "build/tsconfig.json"], { quiet: true });
  mkdirSync(at("dist/types/build"), { recursive: true });
  copyFileSync(at("build/kernels.d.ts"), at("dist/types/build/kernels.d.ts"));
  // What a Worker's import of the file gives; elsewhere it is a path or bytes, by the bundler's own types.
  writeFileSync(
    at("dist/types/kernels.wasm.d.ts"),
    "declare const module: WebAssembly.Module;\nexport default module;\n",
  );
  // For CommonJS projects. To TypeScript's module node16 this is a mistake, since Node 20.19 it is none.
  writeFileSync(at("dist/types/ts/index.d.cts"), '// @ts-ignore\nexport * from "./index.js";\n');
  for (const file of readdirSync(at("dist/types"), { recursive: true, encoding: "utf8" })) {
    if (file.endsWith(".d.ts")) finish(at("dist/types", file));
  }
}

/** Makes a declaration fit for users, and lays the source that its map leads to into dist. */
function finish(path) {
  // Declarations keep the sources' extensions; resolvers want those of the output.
  const text = readFileSync(path, "utf8").replace(
    /(from "|import\(")(\.[^"]*?)(?:\.d)?\.ts"/g,
    '$1$2.js"',
  );
  // Users who compile for an older library need not know of `using`.
  const lib = /\bDisposable\b/.test(text) ? '/// <reference lib="esnext.disposable" />\n' : "";
  writeFileSync(path, lib + text);
  if (!existsSync(`${path}.map`)) return;
  if (UNMAPPED.test(relative(at("dist/types/ts"), path))) {
    rmSync(`${path}.map`);
    writeFileSync(path, (lib + text).replace(/^\/\/# sourceMappingURL.*\n?/m, ""));
    return;
  }
  const map = JSON.parse(readFileSync(`${path}.map`, "utf8"));
  const [source] = map.sources.map((file) => relative(root, join(dirname(path), file)));
  mkdirSync(at("dist", dirname(source)), { recursive: true });
  copyFileSync(at(source), at("dist", source));
  map.sources = [relative(dirname(path), at("dist", source))];
  if (lib) map.mappings = `;${map.mappings}`; // for the line before the first
  writeFileSync(`${path}.map`, JSON.stringify(map));
}
