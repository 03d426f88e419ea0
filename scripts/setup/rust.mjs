/**
 * @file A Rust compiler for wasm32-unknown-unknown. In order of preference: the one on PATH, as it is; the same after
 * `rustup target add`; Debian's, with a standard library that we build (sysroot.mjs).
 */

import { existsSync } from "node:fs";
import { homedir } from "node:os";
import { delimiter, join } from "node:path";
import { output, step, Stop } from "../say.mjs";
import { apt, withConsent } from "./consent.mjs";
import { builtSysroot, buildSysroot, hasTarget, sourcesOf, TARGET } from "./sysroot.mjs";

const DEBIAN = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/** What a person is told where Rust cannot be had. */
export const MISSING = `A Rust compiler for ${TARGET} is needed. Install one of:
  - rustup (https://rustup.rs), then: rustup target add ${TARGET}
  - on Debian, as root: apt-get install --no-install-recommends ${DEBIAN.join(" ")}`;

/** The environment in which cargo and wasm-pack build for WASM. @param debian where Debian has its compiler */
export async function rust(debian = "/usr/bin/rustc") {
  const env = { ...process.env };
  // These would replace the flags of .cargo/config.toml.
  delete env.RUSTFLAGS;
  delete env.CARGO_ENCODED_RUSTFLAGS;
  if (hasTarget("rustc")) return env;

  const sources = () => sourcesOf("rustc") ?? sourcesOf(debian);
  const another = () => sources() ?? builtSysroot();
  if (!another() && output("rustup", ["--version"])) {
    await step(`adding ${TARGET} to rustup`, () =>
      withConsent(
        "The WASM target of Rust is missing",
        [["rustup", "target", "add", TARGET]],
        `Where rustup cannot download it, on Debian, as root:\n    apt-get install --no-install-recommends ${DEBIAN.join(" ")}`,
      ),
    );
    if (hasTarget("rustc")) return env;
    console.log("  it could not be added; Debian's compiler is the other way");
  }
  if (!another()) {
    if (!output("apt-get", ["--version"])) throw new Stop(MISSING);
    await step(`installing ${DEBIAN.join(", ")} (about half a minute)`, () =>
      withConsent(
        "Debian's Rust compiler and its sources are needed",
        apt(DEBIAN),
        `Or install rustup (https://rustup.rs), then: rustup target add ${TARGET}`,
      ),
    );
    if (!sources()) throw new Stop(MISSING);
  }
  const bin =
    builtSysroot() ??
    (await step(
      "building Rust's standard library for WASM, once, into your cache (about a minute)",
      () => buildSysroot(sources()),
    ));
  env.PATH = `${bin}${delimiter}${env.PATH}`;
  env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER = linker();
  return env;
}

/** Debian's wasm-ld, or the rust-lld of a rustup toolchain. */
function linker() {
  const rustup = process.env.RUSTUP_HOME || join(homedir(), ".rustup");
  const host = /host: (.*)/.exec(output("rustc", ["-vV"]) ?? "")?.[1];
  const found = [
    output("which", ["wasm-ld"]),
    join(rustup, `toolchains/stable-${host}/lib/rustlib/${host}/bin/rust-lld`),
  ].find((path) => path && existsSync(path));
  if (!found)
    throw new Stop("A linker for WASM is needed. On Debian, as root: apt-get install lld");
  return found;
}
