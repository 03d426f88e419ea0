/** @file Bundlers for pages: what they write to out/ runs in a browser. */

import * as chromium from "../browsers/chromium.mjs";
import { html, page } from "../files.mjs";
import { serving } from "../serve.mjs";

/** @param ways write out/page.js, or a page of their own; they give the folder */
const target = ({ name, packages, files, ways }) => ({
  name,
  version: Object.values(packages)[0],
  missing: chromium.missing,
  debian: chromium.debian,
  packages,
  files: { "page.js": page, "out/index.html": html("page.js"), ...files },
  ways: Object.fromEntries(
    Object.entries(ways).map(([way, bundle]) => [
      way,
      async (project) => {
        const out = await bundle(project);
        return serving(project.path(out), chromium.visit);
      },
    ]),
  ),
});

const configured = `const path = require("node:path");
module.exports = (mode) => ({ mode, entry: "./page.js", output: { path: path.resolve("out"), filename: "page.js" } });
`;

/** Webpack and its rewrite take the same configuration, by way of their JavaScript API. */
const packer = (name, module, version) =>
  target({
    name,
    packages: { [module]: version },
    files: {
      "configuration.cjs": configured,
      "bundle.cjs": `const configuration = require("./configuration.cjs");
const packer = require("${module}");
(packer.rspack ?? packer)(configuration(process.argv[2]), (error, stats) => {
  if (error ?? stats.hasErrors()) throw error ?? new Error(stats.toString("errors-only"));
});
`,
    },
    ways: {
      development: (project) => project.node("bundle.cjs", "development").then(() => "out"),
      production: (project) => project.node("bundle.cjs", "production").then(() => "out"),
    },
  });

const parcel = target({
  name: "Parcel",
  packages: { parcel: "2.16.4" },
  files: { "index.html": html("page.js") },
  ways: Object.fromEntries(
    [true, false].map((packageExports) => [
      packageExports ? "with packageExports" : "as it comes",
      async (project) => {
        project.write({
          "package.json": { name: "bare", "@parcel/resolver-default": { packageExports } },
        });
        const flags = ["--no-cache", "--no-source-maps", "--dist-dir", "parcel"];
        await project.node(project.bin("parcel"), "build", "index.html", ...flags);
        return "parcel";
      },
    ]),
  ),
});

const rollup = target({
  name: "Rollup",
  packages: { rollup: "4.68.8", "@rollup/plugin-node-resolve": "16.0.3" },
  files: {
    "rollup.config.mjs": `import resolve from "@rollup/plugin-node-resolve";
export default { input: "page.js", output: { file: "out/page.js" }, plugins: [resolve()] };
`,
  },
  ways: {
    build: (project) => project.node(project.bin("rollup"), "--config").then(() => "out"),
  },
});

const esbuild = target({
  name: "esbuild",
  packages: { esbuild: "0.28.2" },
  ways: {
    build: async (project) => {
      const flags = ["--bundle", "--minify", "--format=esm", "--outfile=out/page.js"];
      await project.run(project.path("node_modules/.bin/esbuild"), ["page.js", ...flags]);
      return "out";
    },
  },
});

export default [
  packer("webpack", "webpack", "5.112.1"),
  packer("Rspack", "@rspack/core", "2.3.3"),
  rollup,
  esbuild,
  parcel,
];
