/**
 * @file Rust's standard library for WASM, for a compiler that came without it but with its sources. It goes into the
 * user's cache, beside a link to the compiler's own libraries; a wrapper named rustc points there, because that is what
 * wasm-pack asks for the target, and because /usr is not ours.
 */

import {
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  renameSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { must, output } from "../say.mjs";
import { cache } from "./cache.mjs";

export const TARGET = "wasm32-unknown-unknown";

const sysrootOf = (rustc) => output(rustc, ["--print", "sysroot"]);
const versionOf = (rustc) => output(rustc, ["--version"])?.split(" ")[1];
const homeOf = (version) => join(cache, `rust-${version}`);

/** Whether the compiler has a standard library for WASM. */
export function hasTarget(rustc) {
  const lib = join(sysrootOf(rustc) ?? "none", "lib/rustlib", TARGET, "lib");
  return existsSync(lib) && readdirSync(lib).some((name) => name.startsWith("libstd-"));
}

/** A compiler whose own standard library is here as source, dependencies included. */
export function sourcesOf(rustc) {
  const [version, sysroot] = [versionOf(rustc), sysrootOf(rustc)];
  if (!version) return undefined;
  const library = [
    join(sysroot, "lib/rustlib/src/rust/library"),
    `/usr/src/rustc-${version}/library`,
  ].find((path) => existsSync(join(path, "vendor")));
  const path = rustc.includes("/") ? rustc : output("which", [rustc]);
  return library && { rustc: path, version, sysroot, library };
}

/** The folder of the wrapper, if one was built for a compiler that is still here. */
export function builtSysroot() {
  return ["rustc", "/usr/bin/rustc"]
    .map((rustc) => join(homeOf(versionOf(rustc)), "bin"))
    .find((bin) => hasTarget(join(bin, "rustc")));
}

/** Builds it, and returns the folder of the wrapper. */
export async function buildSysroot({ rustc, version, sysroot, library }) {
  const work = mkdtempSync(join(tmpdir(), "unrolled-std-"));
  const deps = await compile(work, rustc, library);

  const home = homeOf(version);
  const part = `${home}.part`;
  rmSync(part, { recursive: true, force: true });
  const lib = join(part, "lib/rustlib", TARGET, "lib");
  mkdirSync(lib, { recursive: true });
  for (const name of readdirSync(deps)) {
    const wanted = name.endsWith(".rlib") && !name.startsWith("libempty");
    if (wanted) copyFileSync(join(deps, name), join(lib, name));
  }
  const host = /host: (.*)/.exec(output(rustc, ["-vV"]))[1];
  symlinkSync(join(sysroot, "lib/rustlib", host), join(part, "lib/rustlib", host));

  mkdirSync(join(part, "bin"));
  const wrapper = `#!/bin/sh\nexec "${rustc}" --sysroot "${home}" "$@"\n`;
  writeFileSync(join(part, "bin/rustc"), wrapper, { mode: 0o755 });
  symlinkSync(join(dirname(rustc), "cargo"), join(part, "bin/cargo"));

  // In one move, so that an interrupted build leaves nothing that looks whole.
  rmSync(home, { recursive: true, force: true });
  renameSync(part, home);
  rmSync(work, { recursive: true, force: true });
  return join(home, "bin");
}

/** Lets cargo build `std` for an empty crate, offline, and returns the folder of the libraries. */
async function compile(work, rustc, library) {
  const write = (name, ...lines) => writeFileSync(join(work, name), lines.join("\n"));
  mkdirSync(join(work, "src"));
  mkdirSync(join(work, ".cargo"));
  write("src/lib.rs", "");
  write("Cargo.toml", "[package]", 'name = "empty"', 'edition = "2021"');
  write(
    ".cargo/config.toml",
    "[source.crates-io]",
    'replace-with = "vendored"',
    "[source.vendored]",
    `directory = "${join(library, "vendor")}"`,
  );
  const args = ["build", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET];
  await must(join(dirname(rustc), "cargo"), args, {
    cwd: work,
    quiet: true,
    env: {
      ...process.env,
      RUSTC: rustc,
      RUSTC_BOOTSTRAP: "1", // for -Z
      RUSTFLAGS: "-Cembed-bitcode=yes", // for later builds with link-time optimisation
      CARGO_TARGET_DIR: join(work, "target"),
    },
  });
  return join(work, "target", TARGET, "release/deps");
}
