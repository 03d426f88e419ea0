/**
 * @file Rust to build/kernels.wasm, a module with no imports; the same without float64, with its calls checked, and with fused
 * multiply-add. wasm-pack and wasm-bindgen build it; wasm-metadce drops all but the table; wasm-opt shrinks it.
 */

import { mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { setFlagsFromString } from "node:v8";
import { gzipSync } from "node:zlib";
import { rust } from "./setup/rust.mjs";
import { wasmTools } from "./setup/wasm-tools.mjs";
import { must, node, root, step, Stop } from "./say.mjs";
import { unlessFresh } from "./stamp.mjs";

const INPUTS = [
  "crates",
  "Cargo.toml",
  "Cargo.lock",
  ".cargo/config.toml",
  "scripts/build-wasm.mjs",
];
const OUTPUTS = [
  "build/kernels.wasm",
  "build/kernels.float32.wasm",
  "build/kernels.checked.wasm",
  "build/kernels.relaxed.wasm",
  "build/kernels.d.ts",
];

/** What rustc's output uses. Not --all-features: it re-encodes types in a way that Node 20 refuses. */
const FEATURES = [
  "simd",
  "relaxed-simd",
  "bulk-memory",
  "bulk-memory-opt",
  "nontrapping-float-to-int",
  "sign-ext",
  "mutable-globals",
  "reference-types",
  "multivalue",
].map((name) => `--enable-${name}`);

/** Adds to the flags in .cargo/config.toml. */
const FLAGS = "CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_RUSTFLAGS";

export async function buildWasm() {
  await unlessFresh("build/kernels.stamp", INPUTS, OUTPUTS, async () => {
    const env = await wasmTools(await rust());
    mkdirSync(join(root, "build"), { recursive: true });
    await step("building the kernels", () => build("kernels", [], env));
    const checked = { ...env, CARGO_PROFILE_RELEASE_DEBUG_ASSERTIONS: "true" };
    await step("building the checked kernels", () =>
      build("kernels.checked", ["--features", "checked"], checked),
    );
    const relaxed = { ...env, [FLAGS]: "-Ctarget-feature=+simd128,+relaxed-simd" };
    await step("building the relaxed kernels", () => build("kernels.relaxed", [], relaxed));
  });
}

async function build(name, options, env) {
  const out = join(root, "build", name);
  await must(
    "wasm-pack",
    // Its wasm-opt would be a download; ours runs below.
    [
      "build",
      "crates/wasm",
      "--release",
      "--target",
      "web",
      "--no-pack",
      "--no-opt",
      "--out-dir",
      out,
      "--",
      ...options,
    ],
    { env, quiet: true },
  );
  const built = join(out, "wasm_bg.wasm");
  const rows = exportsOf(built).filter((row) => !row.startsWith("__"));
  await strip(built, rows, name);
  if (name === "kernels") {
    writeTypes(readFileSync(`${built}.d.ts`, "utf8"));
    const single = rows.filter((row) => !row.endsWith("_f64") || OWN_USE.includes(row));
    await strip(built, single, "kernels.float32");
  }
  rmSync(out, { recursive: true });
}

/** The rows of float64 that float32 nets need: positions, initial weights and choices of tokens are computed in it. */
const OWN_USE = [
  "cos",
  "div",
  "erf",
  "exp",
  "log",
  "mul",
  "normal",
  "place",
  "pow",
  "repeat",
  "sin",
  "slice",
  "uniform",
].map((row) => `${row}_f64`);

/** Writes build/<name>.wasm: of what was built, these rows and what they call. */
async function strip(built, rows, name) {
  const out = dirname(built);
  const [graph, stripped] = [join(out, "graph.json"), join(out, "stripped.wasm")];
  const final = join(root, "build", `${name}.wasm`);
  writeFileSync(graph, JSON.stringify(rows.map((row) => ({ name: row, export: row, root: true }))));
  await node("wasm-metadce", [...FEATURES, "--graph-file", graph, built, "-o", stripped], {
    quiet: true,
  });
  // A loop keeps its registers only in a function of its own: those with one caller stay functions, but for the smallest.
  const apart = "--one-caller-inline-max-function-size=200";
  await node("wasm-opt", [...FEATURES, "-O3", apart, stripped, "-o", final], { quiet: true });

  const imports = WebAssembly.Module.imports(new WebAssembly.Module(readFileSync(final)));
  if (imports.length > 0)
    throw new Stop(`${final} has imports: ${imports.map((i) => i.name).join(", ")}`);
  const bytes = readFileSync(final);
  const kilobytes = (n) => `${(n / 1000).toFixed(1)} kB`;
  console.log(
    `  ${name}: ${rows.length} exports, ${kilobytes(bytes.length)}, ${kilobytes(gzipSync(bytes).length)} gzipped`,
  );
}

// Node 20 compiles relaxed SIMD only if told to; here modules are only looked at.
if (process.version.startsWith("v20.")) setFlagsFromString("--experimental-wasm-relaxed-simd");

const exportsOf = (file) =>
  WebAssembly.Module.exports(new WebAssembly.Module(readFileSync(file))).map(({ name }) => name);

/** The types of the exports, as wasm-bindgen gives them. */
function writeTypes(declarations) {
  const rows = declarations.matchAll(/^export const ((?!__).*)$/gm);
  const types = [...rows].map(([, row]) => `  readonly ${row}`).join("\n");
  writeFileSync(
    join(root, "build/kernels.d.ts"),
    `/** What crates/wasm exports, from wasm-bindgen. */\nexport interface KernelExports {\n${types}\n}\n`,
  );
}
