import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, posix, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

/** What each layer may import at run time; types may come from anywhere. */
const ARROWS: Record<string, readonly string[]> = {
  runtime: [],
  core: ["runtime"],
  ops: ["core", "runtime"],
  nn: ["core", "ops"],
  models: ["core", "ops", "nn", "io"],
  optim: ["core", "runtime"],
  data: ["core", "ops"],
  io: ["core", "ops"],
  // these are bundled apart from the core, and import it by the package's name: else they would hold a second one
  viz: [],
  theory: [],
  worker: [], // of the core it knows types only: tensors are those of the user's own copy
  lecture: ["theory", "viz"],
  tokenizers: [],
  edge: ["cli"], // the vocabulary, settings and sampling of the program's models
  entry: ["index.ts", "runtime"],
  cli: ["index.ts", "viz", "data", "io", "models", "lecture"],
  "index.ts": ["core", "ops", "nn", "models", "optim", "data", "io"],
};

const ts = fileURLToPath(new URL("../../ts", import.meta.url));
const files = readdirSync(ts, { recursive: true, encoding: "utf8" }).filter((f) =>
  f.endsWith(".ts"),
);
const layerOf = (file: string): string => file.split("/")[0]!;

/** Every import that is not types only: what it names, and from where. */
function imports(file: string): { specifier: string; clause: string }[] {
  const source = readFileSync(join(ts, file), "utf8").replace(/\/\*[\s\S]*?\*\/|^\s*\/\/.*$/gm, "");
  const statements = source.matchAll(
    /^(?:import|export)\b([^;"]*?)from "([^"]+)"|^import "([^"]+)"/gm,
  );
  return [...statements]
    .map((m) => ({ clause: (m[1] ?? "").trim(), specifier: m[2] ?? m[3]! }))
    .filter(({ clause }) => !clause.startsWith("type ") && !onlyTypes(clause));
}

function onlyTypes(clause: string): boolean {
  const named = /^\{([^}]*)\}$/.exec(clause)?.[1];
  const names = named
    ?.split(",")
    .map((n) => n.trim())
    .filter(Boolean);
  return names !== undefined && names.length > 0 && names.every((n) => n.startsWith("type "));
}

test.each(files)("%s imports only along the arrows", (file) => {
  const layer = layerOf(file);
  const allowed = ARROWS[layer];
  expect(allowed, `a layer that the table does not know: ${layer}`).toBeDefined();
  for (const { specifier } of imports(file)) {
    if (!specifier.startsWith(".")) continue;
    const target = relative(ts, join(ts, dirname(file), specifier))
      .split("\\")
      .join(posix.sep);
    if (target.startsWith("..") || layerOf(target) === layer) continue;
    expect(allowed, `${file} imports ${specifier}`).toContain(layerOf(target));
  }
});

/** What a layer may import that is no file of ours, or ours by the package's name, so that there is one Tensor. */
const EXTERNAL: Record<string, RegExp> = {
  entry: /^node:|kernels\.wasm/,
  io: /^node:/,
  edge: /^unrolled$|\.safetensors$/,
  theory: /^unrolled$/,
  lecture: /^unrolled$/,
  tokenizers: /^@huggingface\/tokenizers$/,
};

test.each(files.filter((f) => !["cli", "viz"].includes(layerOf(f))))(
  "%s has no dependency",
  (file) => {
    const external = imports(file)
      .map((i) => i.specifier)
      .filter((s) => !s.startsWith(".") && s !== "#module");
    const allowed = EXTERNAL[layerOf(file)] ?? /^$/;
    for (const specifier of external) expect(specifier).toMatch(allowed);
  },
);

test("imports make no cycle", () => {
  const graph = new Map(
    files.map((file) => [
      file,
      imports(file)
        .filter(({ specifier }) => specifier.startsWith("."))
        .map(({ specifier }) => relative(ts, join(ts, dirname(file), specifier)))
        .filter((target) => files.includes(target)),
    ]),
  );
  const done = new Set<string>();
  const path: string[] = [];
  const visit = (file: string): void => {
    if (done.has(file)) return;
    expect(path.includes(file), `a cycle: ${[...path, file].join(" -> ")}`).toBe(false);
    path.push(file);
    graph.get(file)!.forEach(visit);
    path.pop();
    done.add(file);
  };
  files.forEach(visit);
});

const FORBIDDEN =
  /\bMath\.(random|exp|expm1|log|log2|log10|log1p|sin|cos|tan|tanh|sinh|cosh|pow|cbrt|hypot|atan2?|asin|acos)\b/;

/** Where numbers are only shown, not computed with. */
const DISPLAY = ["viz/", "cli/"];

test.each(files.filter((f) => !DISPLAY.some((d) => f.startsWith(d))))(
  "%s leaves transcendental functions to Rust",
  (file) => {
    const source = readFileSync(join(ts, file), "utf8").replace(/\/\*[\s\S]*?\*\/|\/\/.*$/gm, "");
    expect(source).not.toMatch(FORBIDDEN);
  },
);
