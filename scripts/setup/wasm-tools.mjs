/** @file wasm-pack and wasm-bindgen, of the versions that the crate wants. */

import { existsSync, readFileSync } from "node:fs";
import { delimiter, join } from "node:path";
import { execute, must, output, root, step } from "../say.mjs";
import { cache } from "./rust.mjs";

const WASM_PACK = "0.15.1";

/** Adds both to PATH, building them once into the user's cache where they are missing. */
export async function wasmTools(env) {
  const manifest = readFileSync(join(root, "crates/wasm/Cargo.toml"), "utf8");
  const bindgen = /wasm-bindgen = "=([^"]+)"/.exec(manifest)[1];
  const has = (tool, version, options) => output(tool, ["--version"], options)?.includes(version);
  if (has("wasm-pack", "wasm-pack") && has("wasm-bindgen", bindgen)) return env;

  const home = join(cache, `wasm-tools-${WASM_PACK}-${bindgen}`);
  const bin = join(home, "bin");
  for (const [crate, version, tool] of [
    ["wasm-bindgen-cli", bindgen, "wasm-bindgen"],
    ["wasm-pack", WASM_PACK, "wasm-pack"],
  ]) {
    if (existsSync(join(bin, tool))) continue;
    await step(`building ${crate} ${version}, once, into ${home}`, () =>
      install(crate, version, home),
    );
  }
  return { ...env, PATH: `${bin}${delimiter}${env.PATH}` };
}

async function install(crate, version, home) {
  const env = { ...process.env };
  delete env.RUSTFLAGS;
  const args = ["install", crate, "--version", `=${version}`, "--debug", "--root", home];
  // A registry mirror may lag behind the versions in the crate's own lock file: then without it.
  const locked = await execute("cargo", [...args, "--locked"], { env, silent: true });
  if (locked.code === 0) return;
  await must("cargo", args, { env, quiet: true });
}
