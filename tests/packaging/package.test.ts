import { execFileSync, spawnSync } from "node:child_process";
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { publint } from "publint";
import { afterAll, beforeAll, expect, test } from "vitest";

const root = fileURLToPath(new URL("../..", import.meta.url));
const manifest = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Record<
  string,
  unknown
>;

test("every file that the manifest names is there", () => {
  const files = JSON.stringify([
    manifest.main,
    manifest.types,
    manifest.bin,
    manifest.exports,
  ]).matchAll(/"(\.\/[^"]+)"/g);
  for (const [, file] of files) {
    if (file!.startsWith("./dist") || file === "./package.json")
      expect(existsSync(join(root, file!)), file).toBe(true);
  }
});

test("there is no run-time dependency and no install script", () => {
  expect(manifest.dependencies).toBeUndefined();
  const scripts = Object.keys(manifest.scripts as object);
  expect(scripts.filter((name) => /^(pre|post)?install$|^prepare$/.test(name))).toEqual([]);
});

const folder = mkdtempSync(join(tmpdir(), "unrolled-package-"));
afterAll(() => rmSync(folder, { recursive: true }));

/** A project that has the package installed. */
const project = join(folder, "project");
const installed = join(project, "node_modules/unrolled");

interface Packed {
  filename: string;
  files: { path: string }[];
  size: number;
}
let packed: Packed;
beforeAll(() => {
  const args = ["pack", "--json", "--ignore-scripts", "--pack-destination", folder];
  const text = execFileSync("npm", args, { cwd: root, encoding: "utf8", stdio: "pipe" });
  [packed] = JSON.parse(text) as [Packed];
  mkdirSync(installed, { recursive: true });
  const into = ["-C", installed, "--strip-components=1"];
  execFileSync("tar", ["-xzf", join(folder, packed.filename), ...into]);
});

/** What is published, but for the declarations and the sources that their maps lead to. */
const FILES = `
  CHANGELOG.md LICENSE-APACHE LICENSE-MIT README.md package.json
  dist/index.js dist/index.cjs dist/workerd.js dist/edge-light.js dist/slim.js dist/relaxed.js
  dist/core.js dist/api.js dist/nn.js dist/optim.js dist/kernels.wasm dist/kernels.relaxed.wasm
  dist/float32.js dist/node.js
  dist/worker.js dist/tokenizers.js dist/tokenizers.LICENSES.md
  dist/theory.js dist/viz.js dist/systems.js dist/figures.js dist/cli.js dist/cli.LICENSES.md`;

test("the tarball holds what a user needs and nothing else, under 1 MB", () => {
  const paths = packed.files.map(({ path }) => path);
  const [types, others] = divided(paths, (path) => path.startsWith("dist/types/"));
  const [sources, rest] = divided(others, (path) => path.startsWith("dist/ts/"));
  expect(rest.sort()).toEqual(FILES.trim().split(/\s+/).sort());
  expect(types.filter((path) => !/\.d\.(ts|cts|ts\.map)$/.test(path))).toEqual([]);
  const led = types.map((path) =>
    path.replace("dist/types/", "dist/").replace(/d\.ts\.map$/, "ts"),
  );
  expect(sources.filter((path) => !led.includes(path))).toEqual([]);
  expect(packed.size).toBeLessThan(1_000_000);
});

function divided<T>(things: readonly T[], is: (thing: T) => boolean): [T[], T[]] {
  return [things.filter(is), things.filter((thing) => !is(thing))];
}

test("what a file bundles of others stands beside it with its licence", () => {
  for (const [file, libraries] of [
    ["cli", ["commander", "cli-progress", "d3-scale", "d3-shape"]],
    ["tokenizers", ["@huggingface/tokenizers"]],
  ] as const) {
    const licences = readFileSync(join(root, "dist", `${file}.LICENSES.md`), "utf8");
    for (const library of libraries) expect(licences).toContain(library);
  }
});

/** What a file of dist imports. */
const imports = (file: string): string[] => {
  const source = readFileSync(join(root, "dist", file), "utf8");
  return [...source.matchAll(/^(?:im|ex)port .*?"([^"]+)"/gm)].map((m) => m[1]!);
};

test("the entries import the API and the module, and the API its namespaces", () => {
  expect(imports("index.js").sort()).toEqual(["./api.js", "./core.js"]);
  expect(imports("node.js").sort()).toEqual(["./api.js", "./core.js"]);
  expect(imports("float32.js").sort()).toEqual(["./api.js", "./core.js"]);
  expect(imports("slim.js").sort()).toEqual(["./api.js", "./core.js"]);
  expect(imports("workerd.js").sort()).toEqual(["./api.js", "./core.js", "./kernels.wasm"]);
  expect(imports("edge-light.js").sort()).toEqual([
    "./api.js",
    "./core.js",
    "./kernels.wasm?module",
  ]);
  expect(imports("api.js").sort()).toEqual(["./core.js", "./nn.js", "./optim.js"]);
  expect(imports("nn.js")).toEqual(["./core.js"]);
  expect(imports("optim.js")).toEqual(["./core.js"]);
  expect(imports("core.js")).toEqual([]);
});

test("what stands beside the library imports it by name, and holds no second one", () => {
  const files = ["figures", "systems", "worker", "tokenizers", "viz", "theory", "cli"];
  for (const file of files.map((name) => `${name}.js`)) {
    const known = /^(unrolled|\.\/(figures|systems)\.js|node:.*)$/;
    expect(imports(file).filter((name) => !known.test(name))).toEqual([]);
    expect(readFileSync(join(root, "dist", file), "utf8")).not.toMatch(/class Tensor\b/);
  }
});

const run = (source: string, type = "module"): string =>
  execFileSync(process.execPath, [`--input-type=${type}`, "-e", source], {
    cwd: root,
    encoding: "utf8",
    stdio: "pipe",
  }).trim();

test("Node loads the subpaths by import and by require(), as one instance", () => {
  const names = [
    "unrolled",
    "unrolled/viz",
    "unrolled/theory",
    "unrolled/worker",
    "unrolled/tokenizers",
    "unrolled/slim",
    "unrolled/float32",
  ];
  for (const name of names) {
    const source = `const a = require("${name}"); import("${name}").then((b) => console.log(a === b))`;
    expect(run(source, "commonjs"), name).toBe("true");
  }
});

test("Node reads the kernels from their file, and takes the text where that is missing", () => {
  const source = `import { ones } from "unrolled";
    console.log(import.meta.resolve("unrolled").split("/").at(-1), ones([2]).add(1).sum().item())`;
  const args = ["--input-type=module", "-e", source];
  const compute = (): string =>
    execFileSync(process.execPath, args, { cwd: project, encoding: "utf8" }).trim();
  expect(compute()).toBe("node.js 4");
  const file = join(installed, "dist/kernels.wasm");
  renameSync(file, `${file}.away`);
  expect(compute()).toBe("node.js 4");
  renameSync(`${file}.away`, file);
});

test("the CommonJS entry, for what knows no ES modules, computes as the other does", () => {
  const source = `const { tensor, matmul } = require("./dist/index.cjs");
    console.log(matmul(tensor([[1, 2]]), tensor([[3], [4]])).item())`;
  expect(run(source, "commonjs")).toBe("11");
});

test.each([
  "exp(theirs)",
  "new nn.Linear(1, 1).forward(theirs)",
  "new optim.SGD([theirs], { lr: 1 })",
  "clipGradNorm([theirs], 1)",
  "clipGradValue([theirs], 1)",
  "keep(theirs)",
])("a tensor of another copy of the package is refused, and both copies are named: %s", (use) => {
  const source = `const theirs = require("./dist/index.cjs").tensor([1], { requiresGrad: true });
    theirs.sum().backward();
    import("unrolled").then(({ clipGradNorm, clipGradValue, exp, keep, nn, optim }) => {
      try { ${use}; } catch (error) { console.log(error.message); }
    })`;
  const { version } = manifest as { version: string };
  const [theirs, ours] = [`unrolled ${version} (CommonJS)`, `unrolled ${version} (file:`];
  const said = run(source, "commonjs");
  expect(said).toContain(`is a tensor of another copy of the library: ${theirs}`);
  expect(said).toContain(`this one is ${ours}`);
  expect(said).toContain("dist/core.js");
});

test("publint finds nothing to say", async () => {
  const { messages } = await publint({ pkgDir: root, strict: true });
  expect(messages).toEqual([]);
});

test("the types are found from every kind of project", () => {
  const cli = join(root, "node_modules/@arethetypeswrong/cli/dist/index.js");
  const tarball = join(folder, packed.filename);
  // Since Node 20.19 require() loads ES modules, which this tool counts as a mistake.
  const rules = ["--ignore-rules", "cjs-resolves-to-esm"];
  const args = [cli, tarball, "--profile", "node16"];
  const { status, stdout } = spawnSync(process.execPath, [...args, ...rules, "--no-emoji"], {
    encoding: "utf8",
  });
  expect(status, stdout).toBe(0);
});

const SUBPATHS = [
  "unrolled",
  ...["float32", "slim", "relaxed", "viz", "theory", "tokenizers", "worker"].map(
    (s) => `unrolled/${s}`,
  ),
];

test.each([
  ["node16", "node16"],
  ["nodenext", "nodenext"],
  ["preserve", "bundler"],
])("a project with module %s and %s resolution compiles every subpath", (module, resolution) => {
  const all = (names: string[]): string =>
    names.map((name, i) => `import * as m${i} from "${name}"; void m${i};`).join("\n");
  // Subpaths are ES modules, which Node 16, unlike ours, cannot require().
  const commonJs = `${all(module === "node16" ? ["unrolled"] : SUBPATHS)}
const y: m0.Tensor = m0.zeros([1]);
void y;
`;
  const app = `${all(SUBPATHS)}
import kernels from "unrolled/kernels.wasm";
import { init, initSync, nn, type Tensor } from "unrolled/slim";
initSync(kernels);
await init(kernels);
const [y]: [Tensor, unknown] = new nn.LSTM(2, 3).forward(m0.zeros([1, 1, 2]));
void y;
// @ts-expect-error a size is a number
new nn.LSTM("2", 3);
`;
  const compilerOptions = {
    module,
    moduleResolution: resolution,
    target: "es2022",
    lib: ["es2022", "dom"],
    strict: true,
    noEmit: true,
    types: [],
  };
  writeFileSync(join(project, "app.mts"), app);
  writeFileSync(join(project, "app.cts"), commonJs);
  writeFileSync(join(project, "tsconfig.json"), JSON.stringify({ compilerOptions }));
  const tsc = join(root, "node_modules/typescript/bin/tsc");
  const { status, stdout } = spawnSync(process.execPath, [tsc, "-p", project], {
    encoding: "utf8",
  });
  expect(status, stdout).toBe(0);
});

test("declarations lead to the sources they came from, line by line", () => {
  const types = join(installed, "dist/types");
  const maps = readdirSync(types, { recursive: true, encoding: "utf8" }).filter((f) =>
    f.endsWith(".d.ts.map"),
  );
  expect(maps.length).toBeGreaterThan(50);
  for (const file of maps) {
    const path = join(types, file);
    const { sources } = JSON.parse(readFileSync(path, "utf8")) as { sources: [string] };
    expect(existsSync(join(dirname(path), sources[0])), file).toBe(true);
  }
  // This declaration begins with a line that its source has not.
  const scope = join(types, "ts/core/scope.d.ts");
  const { mappings } = JSON.parse(readFileSync(`${scope}.map`, "utf8")) as { mappings: string };
  expect(readFileSync(scope, "utf8")).toMatch(/^\/\/\/ <reference lib="esnext.disposable" \/>\n/);
  expect(mappings).toMatch(/^;A/);
});
