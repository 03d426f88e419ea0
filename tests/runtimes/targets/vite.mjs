/** @file Vite, its dev server and its build, with and without vite-plugin-wasm. */

import * as chromium from "../browsers/chromium.mjs";
import { html, page } from "../files.mjs";
import { freePort } from "../project.mjs";
import { serving } from "../serve.mjs";

const VERSIONS = ["5.4.21", "6.4.6", "7.3.8", "8.3.8"];

const dev = (config) => async (project) => {
  const port = await freePort();
  const address = ["--host", "127.0.0.1", "--port", String(port), "--strictPort"];
  const command = [project.bin("vite"), "--config", config, ...address];
  return project.during(process.execPath, command, `http://127.0.0.1:${port}/`, chromium.visit);
};

const build = (config) => async (project) => {
  await project.node(project.bin("vite"), "build", "--config", config);
  return serving(project.path("dist"), chromium.visit);
};

const target = (version) => ({
  name: `Vite ${version.split(".")[0]}`,
  version,
  missing: chromium.missing,
  debian: chromium.debian,
  packages: { vite: version, "vite-plugin-wasm": "3.6.0" },
  files: {
    "index.html": html("/page.js"),
    "page.js": page,
    "plain.config.mjs": "export default {};\n",
    "plugin.config.mjs": `import wasm from "vite-plugin-wasm";
export default { plugins: [wasm()] };
`,
  },
  ways: {
    dev: dev("plain.config.mjs"),
    build: build("plain.config.mjs"),
    "dev with vite-plugin-wasm": dev("plugin.config.mjs"),
    "build with vite-plugin-wasm": build("plugin.config.mjs"),
  },
});

export default VERSIONS.map(target);
