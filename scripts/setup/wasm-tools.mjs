/** @file wasm-pack and wasm-bindgen, of the versions that the crate wants. */

import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execute, must, output, root, step } from "../say.mjs";
import { cache } from "./cache.mjs";

const WASM_PACK = "0.15.1";

/** Adds both to PATH, building them once into the user's cache where they are missing. */
export async function wasmTools(env) {
  const manifest = readFileSync(join(root, "crates/wasm/Cargo.toml"), "utf8");
  const bindgen = /wasm-bindgen = "=([^"]+)"/.exec(manifest)[1]; // wasm-pack insists on this one
  if (
    output("wasm-pack", ["--version"]) &&
    output("wasm-bindgen", ["--version"])?.endsWith(bindgen)
  )
    return env;

  const home = join(cache, `wasm-tools-${WASM_PACK}-${bindgen}`);
  const bin = join(home, "bin");
  for (const [crate, version, tool] of [
    ["wasm-bindgen-cli", bindgen, "wasm-bindgen"],
    ["wasm-pack", WASM_PACK, "wasm-pack"],
  ]) {
    if (existsSync(join(bin, tool))) continue;
    await step(`building ${crate} ${version}, once, into ${home} (a few minutes)`, () =>
      install(crate, version, home, env),
    );
  }
  return { ...env, PATH: `${bin}${delimiter}${env.PATH}` };
}

async function install(crate, version, home, env) {
  const args = ["install", crate, "--version", `=${version}`, "--debug", "--root", home];
  // A registry may lack a version that the crate's own lock file names: then without it.
  const locked = await execute("cargo", [...args, "--locked"], { env, silent: true });
  if (locked.code !== 0) await must("cargo", args, { env, quiet: true });
}
