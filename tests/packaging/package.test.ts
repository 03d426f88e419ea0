import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect, test } from "vitest";

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

test("the tarball holds what a user needs, under 1 MB", () => {
  const text = execFileSync("npm", ["pack", "--dry-run", "--json", "--ignore-scripts"], {
    cwd: root,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [{ files, size }] = JSON.parse(text) as [{ files: { path: string }[]; size: number }];
  const paths = files.map(({ path }) => path);
  for (const path of [
    "package.json",
    "README.md",
    "LICENSE-MIT",
    "LICENSE-APACHE",
    "CHANGELOG.md",
    "dist/index.js",
    "dist/kernels.wasm",
  ]) {
    expect(paths).toContain(path);
  }
  expect(
    paths.filter((path) => !/^(dist\/|package\.json|README\.md|LICENSE-|CHANGELOG\.md)/.test(path)),
  ).toEqual([]);
  expect(size).toBeLessThan(1_000_000);
});

test("the entries are self-contained: they import nothing but the compiled module", () => {
  const imports = (file: string): string[] =>
    [...readFileSync(join(root, "dist", file), "utf8").matchAll(/^import .*?"([^"]+)"/gm)].map(
      (m) => m[1]!,
    );
  expect(imports("index.js")).toEqual([]);
  expect(imports("slim.js")).toEqual([]);
  expect(imports("theory.js")).toEqual(["unrolled"]); // the same Tensor and memory
  expect(imports("workerd.js")).toEqual(["./kernels.wasm"]);
  expect(imports("edge-light.js")).toEqual(["./kernels.wasm?module"]);
});
