/**
 * @file A Rust compiler for wasm32-unknown-unknown. In order of preference: the one on PATH, as it is; the same after
 * `rustup target add`; Debian's, with a standard library built from Debian's sources into a private sysroot.
 */

import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  rmSync,
  symlinkSync,
  writeFileSync,
  copyFileSync,
} from "node:fs";
import { homedir, tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { must, output, step, Stop } from "../say.mjs";
import { withConsent } from "./consent.mjs";

const TARGET = "wasm32-unknown-unknown";
const DEBIAN = ["rustc-web", "cargo-web", "rust-web-src", "lld"];

/** Where what is built once and used by every clone is kept. */
export const cache = join(process.env.XDG_CACHE_HOME || join(homedir(), ".cache"), "unrolled");

const MISSING = `A Rust compiler for ${TARGET} is needed. Install one of:
  - rustup (https://rustup.rs), then: rustup target add ${TARGET}
  - on Debian and Ubuntu, as root: apt-get install --no-install-recommends ${DEBIAN.join(" ")}`;

/** The environment in which cargo and wasm-pack build for WASM. */
export async function rust() {
  const env = { ...process.env };
  delete env.RUSTFLAGS; // it would replace the flags of .cargo/config.toml
  if (hasTarget("rustc")) return env;

  const sources = () => sourcesOf("rustc") ?? sourcesOf("/usr/bin/rustc");
  if (!sources() && !builtSysroot() && output("rustup", ["--version"])) {
    const added = await step(`adding ${TARGET} to rustup`, () =>
      withConsent("The WASM target of Rust is missing", [["rustup", "target", "add", TARGET]]),
    );
    if (added && hasTarget("rustc")) return env;
  }
  if (!sources() && !builtSysroot()) {
    if (!output("apt-get", ["--version"])) throw new Stop(MISSING);
    await step(`installing ${DEBIAN.join(", ")}`, () =>
      withConsent("Debian's Rust compiler and its sources are needed", [
        ["apt-get", "update"],
        ["apt-get", "install", "-y", "--no-install-recommends", ...DEBIAN],
      ]),
    );
    if (!sources()) throw new Stop(MISSING);
  }
  const bin =
    builtSysroot() ??
    (await step("building Rust's standard library for WASM", () => buildSysroot(sources())));
  env.PATH = `${bin}${delimiter}${env.PATH}`;
  env.CARGO_TARGET_WASM32_UNKNOWN_UNKNOWN_LINKER = linker();
  return env;
}

const sysrootOf = (rustc) => output(rustc, ["--print", "sysroot"]);
const versionOf = (rustc) => output(rustc, ["--version"])?.split(" ")[1];

function hasTarget(rustc) {
  const sysroot = sysrootOf(rustc);
  const lib = sysroot && join(sysroot, "lib/rustlib", TARGET, "lib");
  return Boolean(
    lib && existsSync(lib) && readdirSync(lib).some((name) => name.startsWith("libstd-")),
  );
}

/** A compiler whose own standard library is here as source, dependencies included. */
function sourcesOf(rustc) {
  const [version, sysroot] = [versionOf(rustc), sysrootOf(rustc)];
  if (!version) return undefined;
  const library = [
    `${sysroot}/lib/rustlib/src/rust/library`,
    `/usr/src/rustc-${version}/library`,
  ].find((path) => existsSync(join(path, "vendor")));
  const path = rustc.includes("/") ? rustc : output("which", [rustc]);
  return library && { rustc: path, version, sysroot, library };
}

/** The folder of the wrapped compiler, if it was built and fits the compiler that is installed. */
function builtSysroot() {
  for (const rustc of ["rustc", "/usr/bin/rustc"]) {
    const bin = join(cache, `rust-${versionOf(rustc)}`, "bin");
    if (existsSync(bin) && hasTarget(join(bin, "rustc"))) return bin;
  }
  return undefined;
}

/** Builds the standard library and puts it beside links to the compiler's own, where a one-line wrapper points. */
async function buildSysroot({ rustc, version, sysroot, library }) {
  const work = mkdtempSync(join(tmpdir(), "unrolled-std-"));
  mkdirSync(join(work, "src"));
  mkdirSync(join(work, ".cargo"));
  writeFileSync(join(work, "src/lib.rs"), "");
  writeFileSync(
    join(work, "Cargo.toml"),
    '[package]\nname = "empty"\nversion = "0.0.0"\nedition = "2021"\n',
  );
  writeFileSync(
    join(work, ".cargo/config.toml"),
    `[source.crates-io]\nreplace-with = "vendored"\n[source.vendored]\ndirectory = "${join(library, "vendor")}"\n`,
  );
  await must(
    join(dirname(rustc), "cargo"),
    ["build", "--release", "-Zbuild-std=std,panic_abort", "--target", TARGET],
    {
      cwd: work,
      quiet: true,
      // Bitcode is what later builds with link-time optimisation ask for.
      env: {
        ...process.env,
        RUSTC: rustc,
        RUSTC_BOOTSTRAP: "1",
        RUSTFLAGS: "-Cembed-bitcode=yes",
        CARGO_TARGET_DIR: join(work, "target"),
      },
    },
  );
  const made = join(work, "sysroot");
  const lib = join(made, "lib/rustlib", TARGET, "lib");
  mkdirSync(lib, { recursive: true });
  mkdirSync(join(made, "bin"));
  const host = /host: (.*)/.exec(output(rustc, ["-vV"]))[1];
  symlinkSync(join(sysroot, "lib/rustlib", host), join(made, "lib/rustlib", host));
  const deps = join(work, "target", TARGET, "release/deps");
  for (const name of readdirSync(deps)) {
    if (name.endsWith(".rlib") && !name.startsWith("libempty"))
      copyFileSync(join(deps, name), join(lib, name));
  }
  const home = join(cache, `rust-${version}`);
  writeFileSync(join(made, "bin/rustc"), `#!/bin/sh\nexec "${rustc}" --sysroot "${home}" "$@"\n`, {
    mode: 0o755,
  });
  symlinkSync(join(dirname(rustc), "cargo"), join(made, "bin/cargo"));
  mkdirSync(cache, { recursive: true });
  rmSync(home, { recursive: true, force: true });
  await must("cp", ["-a", made, home], { quiet: true });
  rmSync(work, { recursive: true, force: true });
  return join(home, "bin");
}

/** rust-lld from a rustup toolchain, or Debian's wasm-ld. */
function linker() {
  const toolchains = join(process.env.RUSTUP_HOME || join(homedir(), ".rustup"), "toolchains");
  const found = existsSync(toolchains)
    ? readdirSync(toolchains).map((name) => {
        const host = name.replace(/^[^-]+-/, "");
        return join(toolchains, name, "lib/rustlib", host, "bin/rust-lld");
      })
    : [];
  const lld = ["wasm-ld", "wasm-ld-19", "wasm-ld-16", "wasm-ld-14"].map((name) =>
    output("which", [name]),
  );
  const linker = [...lld, ...found].find((path) => path && existsSync(path));
  if (!linker)
    throw new Stop(
      "A linker for WASM is needed. On Debian and Ubuntu, as root: apt-get install lld",
    );
  return linker;
}
